//! Caches of moka.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hash},
    ops::Deref,
    sync::Arc,
    time::Instant,
};

use moka::{notification::RemovalCause, sync::Cache};
use opentelemetry::StringValue;

use super::{CacheMetrics, CacheSize};
use crate::Observation;

impl<K, V, S> CacheSize for Cache<K, V, S>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    fn entries(&self) -> u64 {
        self.entry_count()
    }

    fn weight(&self) -> Option<u64> {
        Some(self.weighted_size())
    }
}

/// moka's cache with its look-ups recorded; clones share everything.
///
/// Hits, misses and the time to load are recorded by [`get`](Self::get) and [`get_with`](Self::get_with), size and weight are
/// observed, and evictions by the listener of [`CacheMetrics::eviction_listener`], which moka takes when a cache is built.
/// What is called on the cache itself, as `insert`, goes through unrecorded.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::{CacheMetrics, MeteredCache};
///
/// let metrics = CacheMetrics::new(&opentelemetry::global::meter("shop"));
/// let cache = moka::sync::Cache::builder()
///     .max_capacity(1_000)
///     .eviction_listener(metrics.eviction_listener("products"))
///     .build();
/// let cache = MeteredCache::new("products", cache, &metrics);
/// assert_eq!(cache.get(&7), None);
/// assert_eq!(cache.get_with(7, || "a lamp"), "a lamp");
/// assert_eq!(cache.get(&7), Some("a lamp"));
/// ```
#[derive(Clone)]
pub struct MeteredCache<K, V, S = RandomState> {
    cache: Cache<K, V, S>,
    metrics: CacheMetrics,
    name: StringValue,
    _observed: Arc<Observation>,
}

impl<K, V, S> fmt::Debug for MeteredCache<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredCache")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<K, V, S> Deref for MeteredCache<K, V, S> {
    type Target = Cache<K, V, S>;

    fn deref(&self) -> &Self::Target {
        &self.cache
    }
}

impl<K, V, S> MeteredCache<K, V, S>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    /// Creates it around a cache.
    #[must_use]
    pub fn new(name: impl Into<StringValue>, cache: Cache<K, V, S>, metrics: &CacheMetrics) -> Self {
        // Shared, so that a look-up allocates nothing.
        let name = StringValue::from(Arc::<str>::from(name.into().as_str()));
        Self {
            _observed: Arc::new(metrics.observe(name.clone(), cache.clone())),
            cache,
            metrics: metrics.clone(),
            name,
        }
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &K) -> Option<V> {
        let value = self.cache.get(key);
        if value.is_some() {
            self.metrics.record_hit(self.name.clone());
        } else {
            self.metrics.record_miss(self.name.clone());
        }
        value
    }

    /// Returns the value of a key, loaded by `load` if it is not there: a miss, with the time to load as the operation `load`.
    ///
    /// Who waits while another one loads has a hit.
    pub fn get_with(&self, key: K, load: impl FnOnce() -> V) -> V {
        let mut has_loaded = false;
        let value = self.cache.get_with(key, || {
            has_loaded = true;
            #[expect(clippy::disallowed_methods, reason = "loading takes real time")]
            let begin = Instant::now();
            let value = load();
            self.metrics
                .record_latency(self.name.clone(), "load", begin.elapsed());
            value
        });
        if has_loaded {
            self.metrics.record_miss(self.name.clone());
        } else {
            self.metrics.record_hit(self.name.clone());
        }
        value
    }
}

impl CacheMetrics {
    /// Returns a listener that counts the evictions of a cache, for the builder of moka's cache. What was replaced or
    /// invalidated by the service is no eviction.
    pub fn eviction_listener<K, V>(
        &self,
        name: impl Into<StringValue>,
    ) -> impl Fn(Arc<K>, V, RemovalCause) + Send + Sync + 'static {
        let metrics = self.clone();
        let name = StringValue::from(Arc::<str>::from(name.into().as_str()));
        move |_, _, cause| {
            if cause.was_evicted() {
                metrics.record_eviction(name.clone());
            }
        }
    }
}
