//! Attribute sets made once and found again.

use std::{convert::Infallible, fmt, num::NonZeroUsize, sync::Arc};

use opentelemetry::KeyValue;
use quick_cache::{Equivalent, sync::Cache};

use crate::AttributeSet;

/// A bounded cache from a key of the caller's to a finished attribute set.
///
/// A set is sorted, without duplicates, hashed and immutable, so a hit saves all of that. Sets with equal attributes, in any
/// order and under any key, are one: the same pointer. A miss runs the generator once, however many threads ask; what is used
/// least goes when the cache is full.
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
        Self {
            by_key: Cache::new(capacity.get()),
            sets: Cache::new(capacity.get()),
        }
    }

    /// Returns the set under `key`; makes it of the attributes that `generate` returns if it is not there.
    #[doc(alias = "get_attributes")]
    pub fn get_or_insert_with(
        &self,
        key: &str,
        generate: impl FnOnce() -> Vec<KeyValue>,
    ) -> Arc<AttributeSet> {
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
