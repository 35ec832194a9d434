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
    key::{Key, Labels, cut},
    limiter::Limiter,
    schema::Schema,
};
use self::{
    collection::Collection,
    creation::{Creation, Found},
    directory::Directory,
    hash::Seed,
    recent::Moment,
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
    /// Tells this family from all others of the process, former ones too.
    number: u64,
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
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            limiter,
            definition,
            shape,
            shared,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
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
        self.with_hashed(&pin, key, key.hash(&self.seed), self.moment(), f)
    }

    /// As [`Series::with`], under a pin that the caller has, with labels where they lie.
    #[inline(always)]
    pub(crate) fn with_labels<'v, R>(
        &self,
        pin: &Pin,
        labels: &Labels<impl Fn(usize) -> &'v str>,
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let hash = labels.hash(&self.seed);
        if S::OBSERVED {
            return self.observe(pin, &labels.key(), hash, f);
        }
        let moment = self.moment();
        if let Some(id) = recent::find(moment, hash, labels)
            && let Some((chunk, at)) = self.chunks.get(id)
        {
            return f(chunk, at);
        }
        self.with_hashed(pin, &labels.key(), hash, moment, f)
    }

    /// Returns the moment that what is found from now on is found at. Under a pin: a series that is removed later is not recycled.
    #[inline(always)]
    fn moment(&self) -> Moment {
        Moment {
            family: self.number,
            epoch: self.epoch.load(Ordering::Acquire),
        }
    }

    #[inline]
    fn with_hashed<R>(
        &self,
        pin: &Pin,
        key: &Key,
        hash: u64,
        moment: Moment,
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        self.count_cut(key);
        let found = self.table.find(pin, hash, |id| self.has_key(id, key));
        match found.and_then(|id| Some((id, self.chunks.get(id)?))) {
            Some((id, (chunk, at))) => {
                recent::keep(moment, hash, key, id);
                f(chunk, at)
            }
            None => {
                let made = self.create(pin, key, hash);
                f(made.chunk, made.at)
            }
        }
    }

    #[inline(always)]
    fn count_cut(&self, key: &Key) {
        if key.is_cut {
            self.shared.cut.add(1);
        }
    }

    #[inline(always)]
    fn find(&self, pin: &Pin, key: &Key, hash: u64) -> Option<Found<'_, S>> {
        let id = self.table.find(pin, hash, |id| self.has_key(id, key))?;
        let (chunk, at) = self.chunks.get(id)?;
        Some((id, chunk, at))
    }

    #[inline(always)]
    fn has_key(&self, id: u32, key: &Key) -> bool {
        let Some((chunk, at)) = self.chunks.get(id) else {
            return false;
        };
        let words = key.words();
        let stored = self
            .words
            .get(chunk.keys[at].load(Ordering::Relaxed), words.len());
        stored.is_some_and(|stored| {
            stored
                .iter()
                .zip(words)
                .all(|(stored, word)| stored.load(Ordering::Relaxed) == word)
        })
    }

    /// Returns the key of a series that is not recycled meanwhile.
    fn key(&self, chunk: &Chunk<S>, at: usize) -> Key {
        let start = chunk.keys[at].load(Ordering::Relaxed);
        let mut bytes = Vec::new();
        self.read_key(start, &mut bytes);
        Key::from_bytes(bytes)
    }

    /// Reads the bytes of a key.
    fn read_key(&self, start: u32, bytes: &mut Vec<u8>) {
        bytes.clear();
        let Some([first]) = self.words.get(start, 1) else {
            return;
        };
        let count = key::word_count(first.load(Ordering::Relaxed));
        for word in self.words.get(start, count).unwrap_or_default() {
            bytes.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
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
        let found = self
            .table
            .find(&pin, key.hash(&self.seed), |id| self.has_key(id, key));
        found.inspect(|id| creation.finishing.push(*id)).is_some()
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
