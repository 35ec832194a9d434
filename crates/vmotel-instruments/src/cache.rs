//! The cache family.

#[cfg(feature = "moka")]
mod moka;

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    StringValue,
    metrics::{Counter, Histogram, Meter},
};
use vmotel_cardinality::Limits;

#[cfg(feature = "moka")]
pub use self::moka::MeteredCache;
use crate::{
    Observation, catalog,
    gate::{Attributes, Gate},
    instrument::{attribute, f64_histogram, observe_each_u64, u64_counter},
    labels,
    sources::Sources,
};

/// A cache that tells its size; asked at each collection, so it must not block.
pub trait CacheSize: Send + Sync + 'static {
    /// Returns the number of entries.
    fn entries(&self) -> u64;

    /// Returns what the entries weigh; `None` if they are not weighed.
    fn weight(&self) -> Option<u64> {
        None
    }
}

/// The cache family: hits, misses, evictions, time of operations, by name of the cache.
///
/// The metrics and their labels are those of [`catalog::CACHE`]. A handle is cheap to clone; create the family once per
/// meter.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_instruments::CacheMetrics;
///
/// let cache = CacheMetrics::new(&opentelemetry::global::meter("shop"));
/// cache.record_hit("sessions");
/// cache.record_latency("sessions", "get", Duration::from_micros(80));
/// ```
#[derive(Debug, Clone)]
pub struct CacheMetrics {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    look_ups: Gate,
    operations: Gate,
    hits: Counter<u64>,
    misses: Counter<u64>,
    evictions: Counter<u64>,
    duration: Histogram<f64>,
    sizes: Sizes,
}

struct Sizes(Sources<dyn CacheSize>);

impl std::fmt::Debug for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sizes").finish_non_exhaustive()
    }
}

impl CacheMetrics {
    /// Creates the family with the limits of the process ([`Limits::global`]).
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_limits(meter, &Limits::global())
    }

    /// Creates the family with limits of its own.
    #[must_use]
    pub fn with_limits(meter: &Meter, limits: &Limits) -> Self {
        let look_ups = [
            &catalog::CACHE_HITS_TOTAL,
            &catalog::CACHE_MISSES_TOTAL,
            &catalog::CACHE_EVICTIONS_TOTAL,
        ];
        let sizes = Sources::default();
        observe(meter, &sizes);
        Self {
            instruments: Arc::new(Instruments {
                look_ups: Gate::new(limits, &look_ups),
                operations: Gate::new(limits, &[&catalog::CACHE_OPERATION_DURATION_SECONDS]),
                hits: u64_counter(meter, &catalog::CACHE_HITS_TOTAL),
                misses: u64_counter(meter, &catalog::CACHE_MISSES_TOTAL),
                evictions: u64_counter(meter, &catalog::CACHE_EVICTIONS_TOTAL),
                duration: f64_histogram(meter, &catalog::CACHE_OPERATION_DURATION_SECONDS),
                sizes: Sizes(sizes),
            }),
        }
    }

    /// Records a look-up that found its entry.
    pub fn record_hit(&self, cache: impl Into<StringValue>) {
        self.instruments.hits.add(1, self.name(cache).as_slice());
    }

    /// Records a look-up that did not find its entry.
    pub fn record_miss(&self, cache: impl Into<StringValue>) {
        self.instruments.misses.add(1, self.name(cache).as_slice());
    }

    /// Records that an entry was removed to make room.
    pub fn record_eviction(&self, cache: impl Into<StringValue>) {
        self.instruments.evictions.add(1, self.name(cache).as_slice());
    }

    /// Records how long an operation took, such as `get` or `set`.
    pub fn record_latency(
        &self,
        cache: impl Into<StringValue>,
        operation: impl Into<StringValue>,
        duration: Duration,
    ) {
        let attributes = self.instruments.operations.bound([
            attribute(labels::CACHE, cache),
            attribute(labels::OPERATION, operation),
        ]);
        self.instruments
            .duration
            .record(duration.as_secs_f64(), attributes.as_slice());
    }

    /// Observes the size of a cache under this name until the returned observation is dropped; a cache of the same name
    /// before it is observed no more.
    pub fn observe(&self, cache: impl Into<StringValue>, size: impl CacheSize) -> Observation {
        self.instruments.sizes.0.add(cache.into(), Arc::new(size))
    }

    fn name(&self, cache: impl Into<StringValue>) -> Attributes<1> {
        self.instruments.look_ups.bound([attribute(labels::CACHE, cache)])
    }
}

fn observe(meter: &Meter, caches: &Sources<dyn CacheSize>) {
    let of_entries = caches.clone();
    observe_each_u64(meter, &catalog::CACHE_ENTRIES, move |observe| {
        of_entries
            .for_each(|name, cache| observe(cache.entries(), &[attribute(labels::CACHE, name.clone())]));
    });
    let of_weight = caches.clone();
    observe_each_u64(meter, &catalog::CACHE_WEIGHT, move |observe| {
        of_weight.for_each(|name, cache| {
            if let Some(weight) = cache.weight() {
                observe(weight, &[attribute(labels::CACHE, name.clone())]);
            }
        });
    });
}
