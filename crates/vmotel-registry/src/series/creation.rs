//! Making and removing series: under one lock for each family.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use vmotel_cells::{Pin, Words};
use vmotel_model::Timestamp;

use super::{Chunk, Key, Series, directory::CAPACITY, key::word_count, observed::Observed};
use crate::store::Store;

/// What is held while a series is made or removed.
#[derive(Debug, Default)]
pub(crate) struct Creation {
    /// Series that can be found.
    pub(super) live: usize,
    /// Numbers given out so far.
    next: u32,
    /// Numbers that came back.
    free: Vec<u32>,
    next_word: u32,
    /// Ranges of words that came back, by length.
    free_words: HashMap<usize, Vec<u32>>,
    /// Series to hand out a last time.
    pub(super) finishing: Vec<u32>,
    /// What callbacks have observed since the last collection.
    pub(super) observed: Observed,
    /// The family has left the registry: nothing is made any more, and the registry's limit is not concerned.
    detached: bool,
}

/// The number of a series, its chunk and its place there.
pub(super) type Found<'a, S> = (u32, &'a Arc<Chunk<S>>, usize);

/// Where the series of a key is.
pub(super) struct Place<'a, S: Store> {
    pub(super) id: u32,
    pub(super) chunk: &'a Arc<Chunk<S>>,
    pub(super) at: usize,
    /// False if another call made it meanwhile.
    pub(super) is_new: bool,
}

impl<'a, S: Store> Place<'a, S> {
    pub(super) const fn new((id, chunk, at): Found<'a, S>, is_new: bool) -> Self {
        Self {
            id,
            chunk,
            at,
            is_new,
        }
    }
}

impl Creation {
    /// Returns how many numbers were ever given out.
    #[cfg(test)]
    pub(super) fn places(&self) -> u32 {
        self.next
    }

    fn take_words(&mut self, len: usize) -> Option<u32> {
        if let Some(start) = self.free_words.get_mut(&len).and_then(Vec::pop) {
            return Some(start);
        }
        let start = Words::fit(self.next_word, len)?;
        self.next_word = start.checked_add(u32::try_from(len).ok()?)?;
        Some(start)
    }
}

impl<S: Store> Series<S> {
    /// Makes the series of a key that was not found, unless it is there by now.
    #[cold]
    #[inline(never)]
    pub(super) fn create<'a>(&'a self, pin: &Pin, key: &Key, hash: u64) -> Place<'a, S> {
        if let Some(limiter) = &self.limiter {
            return self.create_bounded(pin, limiter, key);
        }
        if self.full.load(Ordering::Relaxed)
            && let Some(&id) = self.overflow.get()
            && let Some((chunk, at)) = self.chunks.get(id)
        {
            self.shared.overflowed.add(1);
            return Place::new((id, chunk, at), true);
        }
        let now = self.shared.clock.now();
        let mut creation = self.creation();
        if let Some(found) = self.find(pin, key, hash) {
            return Place::new(found, false);
        }
        if creation.live < self.limit()
            && let Some(made) = self.admit(pin, &mut creation, key, hash, now)
        {
            return Place::new(made, true);
        }
        self.full.store(true, Ordering::Relaxed);
        self.shared.overflowed.add(1);
        Place::new(self.overflow(pin, &mut creation), true)
    }

    /// Takes leave of the registry: what is recorded into new series from now on goes to the overflow series, which nobody reads.
    pub(crate) fn detach(&self) {
        let mut creation = self.creation();
        if !std::mem::replace(&mut creation.detached, true) {
            self.shared.release(creation.live);
        }
    }

    /// Makes the series of a key that is not there, if the registry has room.
    pub(super) fn admit(
        &self,
        pin: &Pin,
        creation: &mut Creation,
        key: &Key,
        hash: u64,
        now: Timestamp,
    ) -> Option<Found<'_, S>> {
        if creation.detached || !self.shared.charge() {
            return None;
        }
        let Some((id, chunk, at)) = self.put(creation, key, now) else {
            self.shared.release(1);
            return None;
        };
        // The overflow series is in the table, too.
        self.table.insert(pin, hash, id, creation.live + 1);
        creation.live += 1;
        Some((id, chunk, at))
    }

    /// Returns the overflow series, which is outside of the limit and stays.
    pub(super) fn overflow<'a>(&'a self, pin: &Pin, creation: &mut Creation) -> Found<'a, S> {
        let id = *self.overflow.get_or_init(|| {
            let schema = self
                .schemas
                .get_or_make_reserved(pin, self.definition.overflow_label());
            let key = Key::new(schema, 1, |_| "true");
            let hash = key.hash(&self.seed);
            if let Some((id, ..)) = self.find(pin, &key, hash) {
                return id;
            }
            // All numbers are taken only if 2^24 series are alive or held: then the first one has to take what is beyond.
            let Some((id, ..)) = self.put(creation, &key, self.shared.clock.now()) else {
                return 0;
            };
            self.table.insert(pin, hash, id, creation.live);
            id
        });
        let (chunk, at) = self
            .chunks
            .get(id)
            .expect("a number that was given out has a place");
        (id, chunk, at)
    }

    /// Gives a key a place; none if all numbers are taken.
    fn put(
        &self,
        creation: &mut Creation,
        key: &Key,
        now: Timestamp,
    ) -> Option<(u32, &Arc<Chunk<S>>, usize)> {
        let words = key.words();
        let (id, again) = match creation.free.pop() {
            Some(id) => (id, true),
            None if creation.next < CAPACITY => (creation.next, false),
            None => return None,
        };
        let Some(start) = creation.take_words(words.len()) else {
            if again {
                creation.free.push(id);
            }
            return None;
        };
        let (chunk, at) = self.chunks.get_or_make(id, |size| Chunk::new(size, self, now))?;
        let range = self.words.range(start, words.len())?;
        for (stored, word) in range.iter().zip(words) {
            stored.store(*word, Ordering::Relaxed);
        }
        chunk.keys[at].store(start, Ordering::Relaxed);
        chunk.starts.set(at, now);
        chunk.set_live(at);
        if again {
            chunk.changes.fetch_add(1, Ordering::Release);
        } else {
            creation.next += 1;
            chunk.filled.store(at as u32 + 1, Ordering::Release);
        }
        Some((id, chunk, at))
    }

    /// Makes a series impossible to find and to hand out. Returns false if it was so before.
    pub(super) fn unlink(&self, pin: &Pin, creation: &mut Creation, id: u32) -> bool {
        let Some((chunk, at)) = self.chunks.get(id) else {
            return false;
        };
        if self.overflow.get() == Some(&id) {
            return false;
        }
        if !chunk.clear_live(at) {
            return false;
        }
        chunk.changes.fetch_add(1, Ordering::Release);
        // What threads have found so far does not count any more. Before the grace period of the series begins.
        self.epoch.fetch_add(1, Ordering::Release);
        self.table.remove(pin, self.key(chunk, at).hash(&self.seed), id);
        creation.live -= 1;
        if !creation.detached {
            self.shared.release(1);
        }
        if let Some(limiter) = &self.limiter {
            limiter.forget(id);
        }
        true
    }

    /// Gives back the place and the words of a series that nobody can reach.
    pub(super) fn recycle(&self, creation: &mut Creation, id: u32) {
        let Some((chunk, at)) = self.chunks.get(id) else {
            return;
        };
        chunk.store.clear(&self.shape, at);
        let start = chunk.keys[at].load(Ordering::Relaxed);
        if let Some([first]) = self.words.get(start, 1) {
            let len = word_count(first.load(Ordering::Relaxed));
            creation.free_words.entry(len).or_default().push(start);
        }
        creation.free.push(id);
    }
}
