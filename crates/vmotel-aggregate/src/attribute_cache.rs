//! Attribute sets made once and found again.

mod front;

use std::{
    convert::Infallible,
    fmt,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use opentelemetry::KeyValue;
use quick_cache::{Equivalent, sync::Cache};

use self::front::Found;
use crate::{AttributeSet, attribute_set::hash_text};

/// A bounded cache from a key of the caller's to a finished attribute set.
///
/// A set is sorted, without duplicates, hashed and immutable, so a hit saves all of that. Sets with equal attributes, in any
/// order and under any key, are one: the same pointer. A miss runs the generator once, however many threads ask; what is used
/// least goes when the cache is full.
///
/// Each thread has what it looked up last at hand, without a lock: at most 128 sets, for all caches together, which live until
/// others take their places or the thread ends.
///
/// # Examples
/// ```
/// use std::{num::NonZeroUsize, sync::Arc};
/// use opentelemetry::KeyValue;
/// use vmotel_aggregate::AttributeCache;
///
/// let cache = AttributeCache::new(NonZeroUsize::new(1000).expect("not zero"));
/// let get = cache.get_or_insert_with("GET /", || vec![KeyValue::new("method", "GET"), KeyValue::new("path", "/")]);
/// let again = cache.get_or_insert_with("GET /", || unreachable!("it is known"));
/// let other_key = cache.get_or_insert_with("/ GET", || vec![KeyValue::new("path", "/"), KeyValue::new("method", "GET")]);
/// assert!(Arc::ptr_eq(&get, &again) && Arc::ptr_eq(&get, &other_key));
/// ```
#[doc(alias = "LabelOptimizer")]
pub struct AttributeCache {
    /// Tells this cache from others in the places of a thread.
    id: u64,
    by_key: Cache<Box<str>, Arc<AttributeSet>>,
    sets: Cache<AttributeSet, Arc<AttributeSet>>,
}

/// A key as the caller has it, found in the cache without a copy.
#[derive(Hash)]
struct BorrowedKey<'a>(&'a str);

impl Equivalent<Box<str>> for BorrowedKey<'_> {
    fn equivalent(&self, key: &Box<str>) -> bool {
        *self.0 == **key
    }
}

impl AttributeCache {
    /// Creates a cache for at most `capacity` keys and as many sets.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            by_key: Cache::new(capacity.get()),
            sets: Cache::new(capacity.get()),
        }
    }

    /// Returns the set under `key`; makes it of the attributes that `generate` returns if it is not there.
    #[doc(alias = "get_attributes")]
    #[inline]
    pub fn get_or_insert_with(
        &self,
        key: &str,
        generate: impl FnOnce() -> Vec<KeyValue>,
    ) -> Arc<AttributeSet> {
        self.with(key, generate, Arc::clone)
    }

    /// Gives the set under `key` to `look` and returns its result; makes the set of the attributes that `generate` returns if it
    /// is not there.
    ///
    /// It is [`Self::get_or_insert_with`] without the counting of a reference, which costs as much as the rest of a hit.
    ///
    /// # Examples
    /// ```
    /// use std::num::NonZeroUsize;
    /// use opentelemetry::{KeyValue, global};
    /// use vmotel_aggregate::AttributeCache;
    ///
    /// let cache = AttributeCache::new(NonZeroUsize::new(1000).expect("not zero"));
    /// let jobs = global::meter("doc").u64_counter("jobs").build();
    /// let count = || cache.with("mail", || vec![KeyValue::new("queue", "mail")], |set| {
    ///     jobs.add(1, set.as_slice());
    ///     set.as_slice().len()
    /// });
    /// assert_eq!((count(), count()), (1, 1));
    /// ```
    #[inline]
    #[expect(
        clippy::missing_panics_doc,
        reason = "only a broken invariant of its own would panic"
    )]
    pub fn with<R>(
        &self,
        key: &str,
        generate: impl FnOnce() -> Vec<KeyValue>,
        look: impl FnOnce(&Arc<AttributeSet>) -> R,
    ) -> R {
        let hash = hash_text(key);
        let mut look = Some(look);
        let found = front::find(self.id, hash, key, |set| look.take().map(|look| look(set)));
        if let Found::Hit(Some(result), touch) = found {
            if touch {
                self.touch(key);
            }
            return result;
        }
        let set = self.shared(key, generate);
        front::keep(self.id, hash, key, &set);
        let look = look.take().expect("it runs for a hit only, and this is a miss");
        look(&set)
    }

    /// Tells the shared cache that a key is still wanted, however rarely a thread has to ask for it.
    #[cold]
    fn touch(&self, key: &str) {
        let _ = self.by_key.get(&BorrowedKey(key));
    }

    fn shared(&self, key: &str, generate: impl FnOnce() -> Vec<KeyValue>) -> Arc<AttributeSet> {
        match self.by_key.get(&BorrowedKey(key)) {
            Some(set) => set,
            None => {
                let made = || Ok::<_, Infallible>(self.intern(&generate()));
                let Ok(set) = self.by_key.get_or_insert_with(&Box::<str>::from(key), made);
                set
            }
        }
    }

    /// Returns the one set of these attributes, in any order.
    #[must_use]
    pub fn intern(&self, attributes: &[KeyValue]) -> Arc<AttributeSet> {
        let set = AttributeSet::new(attributes);
        let Ok(shared) = self
            .sets
            .get_or_insert_with(&set, || Ok::<_, Infallible>(Arc::new(set.clone())));
        shared
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Returns true if there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for AttributeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributeCache")
            .field("keys", &self.by_key.len())
            .field("sets", &self.sets.len())
            .field("capacity", &self.by_key.capacity())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroUsize,
        sync::{
            Arc, Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use opentelemetry::KeyValue;

    use super::AttributeCache;

    fn cache(capacity: usize) -> AttributeCache {
        AttributeCache::new(NonZeroUsize::new(capacity).unwrap())
    }

    #[test]
    fn the_generator_runs_once_for_many_threads() {
        let (cache, calls, barrier) = (cache(10), AtomicUsize::new(0), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    cache.get_or_insert_with("key", || {
                        calls.fetch_add(1, Ordering::Relaxed);
                        vec![KeyValue::new("a", 1)]
                    })
                });
            }
        });
        assert_eq!(calls.into_inner(), 1);
    }

    #[test]
    fn a_look_may_look_again_and_caches_stay_apart() {
        let (one, other) = (cache(10), cache(10));
        let attributes = |n: i64| move || vec![KeyValue::new("n", n)];
        for _ in 0..3 {
            let sum = one.with("key", attributes(1), |outer| {
                let inner = other.get_or_insert_with("key", attributes(2));
                let new = one.get_or_insert_with("new", attributes(3));
                [outer, &inner, &new].map(|set| set.as_slice()[0].value.clone())
            });
            assert_eq!(sum, [1.into(), 2.into(), 3.into()]);
        }
    }

    #[test]
    fn what_a_thread_keeps_asking_for_stays_shared() {
        let cache = cache(100);
        let wanted = cache.get_or_insert_with("wanted", || vec![KeyValue::new("a", "wanted")]);
        for round in 0..200_i64 {
            for _ in 0..64 {
                cache.with(
                    "wanted",
                    || unreachable!("this thread has it"),
                    |set| {
                        assert!(Arc::ptr_eq(set, &wanted));
                    },
                );
            }
            // Other keys pass through on another thread, each several times.
            thread::scope(|scope| {
                scope.spawn(|| {
                    for key in round * 10..round * 10 + 60 {
                        cache.get_or_insert_with(&key.to_string(), || vec![KeyValue::new("a", key)]);
                    }
                });
            });
        }
        let elsewhere = thread::scope(|scope| {
            scope
                .spawn(|| cache.get_or_insert_with("wanted", || unreachable!("it is shared")))
                .join()
        });
        assert!(Arc::ptr_eq(&elsewhere.unwrap(), &wanted));
    }

    #[test]
    fn it_never_grows_beyond_its_capacity() {
        let cache = cache(100);
        for i in 0..10_000_i64 {
            let set = cache.get_or_insert_with(&format!("key {i}"), || vec![KeyValue::new("a", i)]);
            assert_eq!(set.as_slice(), [KeyValue::new("a", i)]);
            assert!(cache.len() <= 100, "{cache:?}");
        }
        assert!(!cache.is_empty());
    }

    #[test]
    fn equal_sets_are_one_whatever_their_order() {
        let cache = cache(100);
        let (a, b) = (KeyValue::new("a", 1), KeyValue::new("b", "x"));
        let one = cache.intern(&[a.clone(), b.clone()]);
        assert!(Arc::ptr_eq(&one, &cache.intern(&[b.clone(), a.clone()])));
        assert!(Arc::ptr_eq(&one, &cache.get_or_insert_with("k", || vec![b, a])));
    }
}
