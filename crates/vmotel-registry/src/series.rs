//! The series of one family: found by their labels, created, removed and recycled.

mod chunk;
mod collection;
mod creation;
mod directory;
mod hash;
mod key;
mod limbo;
mod limiter;
mod observed;
mod recent;
mod schema;
mod starts;
mod table;
mod texts;

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use vmotel_cells::{Pin, Words, pin};

pub(crate) use self::{
    chunk::Chunk,
    hash::Salt,
    key::{Key, Labels, cut},
    limiter::Limiter,
    recent::{Form, Input, Location, Moment, Question, ROOM},
    schema::Schema,
};
use self::{
    collection::Collection,
    creation::{Creation, Found},
    directory::Directory,
    hash::Seed,
    schema::Schemas,
    table::Table,
};
use crate::{definition::Definition, stats::Shared, store::Store};

/// All series of one family.
///
/// Recording into a known series takes no lock. `creation` is held while a series is made or removed, never during a scrape of
/// existing ones; `collection` only by who collects.
pub(crate) struct Series<S: Store> {
    pub(crate) definition: Definition,
    pub(crate) shape: S::Shape,
    pub(crate) shared: Arc<Shared>,
    limiter: Option<Limiter>,
    /// Goes up when a series is removed.
    epoch: AtomicU64,
    seed: Seed,
    table: Table,
    words: Words,
    chunks: Directory<Chunk<S>>,
    schemas: Schemas,
    creation: Mutex<Creation>,
    collection: Mutex<Collection<S>>,
    /// The series for what is beyond the limit.
    overflow: OnceLock<u32>,
    /// True while there is no room: what is new then goes to the overflow series without a lock.
    full: AtomicBool,
}

impl<S: Store> Series<S> {
    pub(crate) fn new(
        definition: Definition,
        shape: S::Shape,
        shared: Arc<Shared>,
        limiter: Option<Limiter>,
    ) -> Self {
        Self {
            limiter,
            definition,
            shape,
            shared,
            epoch: AtomicU64::new(0),
            seed: Seed::new(),
            table: Table::new(),
            words: Words::new(),
            chunks: Directory::new(),
            schemas: Schemas::new(),
            creation: Mutex::default(),
            collection: Mutex::new(Collection::new()),
            overflow: OnceLock::new(),
            full: AtomicBool::new(false),
        }
    }

    /// Returns the schema of these labels, in any order, and for each of its keys the index of its label.
    ///
    /// Of equal keys the last wins. None if the family has too many different sets of label names.
    pub(crate) fn schema(&self, keys: &[&str]) -> (Option<Arc<Schema>>, Vec<usize>) {
        let mut order: Vec<usize> = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            match order.binary_search_by(|&other| keys[other].cmp(key)) {
                Ok(at) => order[at] = index,
                Err(at) => order.insert(at, index),
            }
        }
        let sorted: Vec<&str> = order.iter().map(|&index| keys[index]).collect();
        (self.schemas.get_or_make(&pin(), &sorted, &[]), order)
    }

    /// Returns what an input of values of this schema begins with, and the secrets for the values of its labels.
    pub(crate) fn salts(&self, schema: u16, labels: usize) -> (u64, Vec<Salt>) {
        let salts = (0..labels).map(|place| self.seed.salt(place));
        (self.seed.start(schema), salts.collect())
    }

    /// Returns the number of the schema of attributes, whose values had these types before they became texts (0 is text), and
    /// for each of its keys the index of its attribute.
    ///
    /// Of equal keys the last wins. None if the family has too many different sets of label names.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn typed_schema(&self, attributes: &[(usize, &str, u8)]) -> (Option<u16>, Vec<usize>) {
        let mut order: Vec<usize> = Vec::with_capacity(attributes.len());
        for (at, (_, key, _)) in attributes.iter().enumerate() {
            match order.binary_search_by(|&other| attributes[other].1.cmp(key)) {
                Ok(found) => order[found] = at,
                Err(found) => order.insert(found, at),
            }
        }
        let keys: Vec<&str> = order.iter().map(|&at| attributes[at].1).collect();
        let mut types: Vec<u8> = order.iter().map(|&at| attributes[at].2).collect();
        if types.iter().all(|kind| *kind == 0) {
            types.clear();
        }
        let schema = self.schemas.get_or_make(&pin(), &keys, &types);
        let order = order.iter().map(|&at| attributes[at].0).collect();
        (schema.map(|schema| schema.number), order)
    }

    /// Calls `f` with the place of the overflow series.
    #[cold]
    pub(crate) fn with_overflow<R>(&self, pin: &Pin, f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R) -> R {
        self.shared.overflowed.add(1);
        let mut creation = self.creation();
        let (id, chunk, at) = self.overflow(pin, &mut creation);
        if S::OBSERVED {
            creation.observed.see(id, chunk, at);
        }
        drop(creation);
        f(chunk, at)
    }

    /// Calls `f` with the place of the series of this key, which is made if it is not there; beyond the limit, with that of the
    /// overflow series. The series is not recycled meanwhile.
    pub(crate) fn with<R>(&self, key: &Key, f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R) -> R {
        let pin = pin();
        self.count_cut(key);
        let hash = key.hash(&self.seed);
        match self.find(&pin, key, hash) {
            Some((_, chunk, at)) => f(chunk, at),
            None => {
                let made = self.create(&pin, key, hash);
                f(made.chunk, made.at)
            }
        }
    }

    /// Returns the family as it is now, under a pin: a series that is removed later is not recycled.
    #[inline(always)]
    pub(crate) fn moment(&self, _pin: &Pin) -> Moment {
        Moment {
            epoch: self.epoch.load(Ordering::Acquire),
            seed: self.seed,
        }
    }

    /// Returns the place of a series that a thread has found before.
    #[inline(always)]
    pub(crate) fn at(&self, location: Location) -> Option<(&Arc<Chunk<S>>, usize)> {
        Some((self.chunks.chunk(location.chunk as usize)?, location.at as usize))
    }

    /// As [`Series::with`], under a pin that the caller has, with labels where they lie; what this thread finds it keeps for the
    /// question, with the values that `read` reads.
    #[inline]
    pub(crate) fn with_labels<'v, R>(
        &self,
        pin: &Pin,
        question: Question,
        read: impl FnOnce(&mut Input<'_>),
        labels: &Labels<impl Fn(usize) -> &'v str>,
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let hash = if question.is_of_texts {
            question.hash
        } else {
            labels.hash(&self.seed)
        };
        let mut key = Key::empty();
        labels.pack(&mut key);
        if S::OBSERVED {
            return self.observe(pin, &key, hash, f);
        }
        self.count_cut(&key);
        if let Some((id, chunk, at)) = self.find(pin, &key, hash) {
            question.keep(read, id);
            return f(chunk, at);
        }
        let made = self.create(pin, &key, hash);
        f(made.chunk, made.at)
    }

    #[inline(always)]
    fn count_cut(&self, key: &Key) {
        if key.is_cut {
            self.shared.cut.add(1);
        }
    }

    #[inline(always)]
    fn find(&self, pin: &Pin, key: &Key, hash: u64) -> Option<Found<'_, S>> {
        self.table.find(
            pin,
            hash,
            #[inline(always)]
            |id| {
                let (chunk, at) = self.chunks.get(id)?;
                self.has_key(chunk, at, key).then_some((id, chunk, at))
            },
        )
    }

    #[inline(always)]
    fn has_key(&self, chunk: &Chunk<S>, at: usize, key: &Key) -> bool {
        let words = key.words();
        let start = chunk.keys[at].load(Ordering::Relaxed);
        let stored = self.words.get(start, words.len());
        stored.is_some_and(|stored| {
            stored
                .iter()
                .zip(words)
                .all(|(stored, word)| stored.load(Ordering::Relaxed) == *word)
        })
    }

    /// Returns the key of a series that is not recycled meanwhile.
    fn key(&self, chunk: &Chunk<S>, at: usize) -> Key {
        let start = chunk.keys[at].load(Ordering::Relaxed);
        let words = self.key_words(start).iter();
        Key::from_words(words.map(|word| word.load(Ordering::Relaxed)).collect())
    }

    /// Reads the bytes of a key.
    fn read_key(&self, start: u32, bytes: &mut Vec<u8>) {
        bytes.clear();
        for word in self.key_words(start) {
            bytes.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
    }

    /// Returns the words of a key.
    fn key_words(&self, start: u32) -> &[AtomicU64] {
        let first = self.words.get(start, 1).and_then(<[_]>::first);
        let count = first.map_or(0, |first| key::word_count(first.load(Ordering::Relaxed)));
        self.words.get(start, count).unwrap_or_default()
    }

    fn creation(&self) -> MutexGuard<'_, Creation> {
        self.creation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collection(&self) -> MutexGuard<'_, Collection<S>> {
        self.collection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the series of this key; none if it is there already. Of several calls at one time one makes it.
    pub(crate) fn make(&self, key: &Key) -> Option<Handle<S>> {
        let pin = pin();
        let hash = key.hash(&self.seed);
        if self.find(&pin, key, hash).is_some() {
            return None;
        }
        let made = self.create(&pin, key, hash);
        made.is_new.then(|| Handle::new(made.chunk, made.at))
    }

    /// Returns the most series, the overflow series not counted.
    fn limit(&self) -> usize {
        self.definition.limit.unwrap_or(self.shared.config.per_metric)
    }

    /// Hands the series of this key out a last time at the next collection; then it goes. Returns false if there is none.
    pub(crate) fn finish(&self, key: &Key) -> bool {
        let pin = pin();
        let mut creation = self.creation();
        let found = self.find(&pin, key, key.hash(&self.seed));
        found.inspect(|(id, ..)| creation.finishing.push(*id)).is_some()
    }

    /// Returns the number of series that can be found.
    pub(crate) fn len(&self) -> usize {
        self.creation().live
    }
}

/// A handle of one series: it is not recycled while there is one.
pub(crate) struct Handle<S: Store> {
    chunk: Arc<Chunk<S>>,
    at: usize,
}

impl<S: Store> Handle<S> {
    /// Takes a handle; the series is not recycled meanwhile.
    pub(crate) fn new(chunk: &Arc<Chunk<S>>, at: usize) -> Self {
        chunk.handles(at).fetch_add(1, Ordering::Relaxed);
        Self {
            chunk: Arc::clone(chunk),
            at,
        }
    }

    #[inline(always)]
    pub(crate) fn store(&self) -> &S {
        &self.chunk.store
    }

    #[inline(always)]
    pub(crate) fn shape(&self) -> &S::Shape {
        &self.chunk.shape
    }

    /// Counts a measurement that is not a usable number.
    #[cold]
    pub(crate) fn refuse(&self) {
        self.chunk.shared.refused.add(1);
    }

    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.at
    }
}

impl<S: Store> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self::new(&self.chunk, self.at)
    }
}

impl<S: Store> Drop for Handle<S> {
    fn drop(&mut self) {
        // Release: what was recorded happens before the series is recycled.
        self.chunk.handles(self.at).fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
