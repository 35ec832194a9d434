//! The cache family.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    StringValue,
    metrics::{Counter, Histogram, Meter},
};

use crate::{
    catalog,
    instrument::{attribute, f64_histogram, u64_counter},
    labels,
};

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
    hits: Counter<u64>,
    misses: Counter<u64>,
    evictions: Counter<u64>,
    duration: Histogram<f64>,
}

impl CacheMetrics {
    /// Creates the family.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self {
            instruments: Arc::new(Instruments {
                hits: u64_counter(meter, &catalog::CACHE_HITS_TOTAL),
                misses: u64_counter(meter, &catalog::CACHE_MISSES_TOTAL),
                evictions: u64_counter(meter, &catalog::CACHE_EVICTIONS_TOTAL),
                duration: f64_histogram(meter, &catalog::CACHE_OPERATION_DURATION_SECONDS),
            }),
        }
    }

    /// Records a look-up that found its entry.
    pub fn record_hit(&self, cache: impl Into<StringValue>) {
        self.instruments.hits.add(1, &[attribute(labels::CACHE, cache)]);
    }

    /// Records a look-up that did not find its entry.
    pub fn record_miss(&self, cache: impl Into<StringValue>) {
        self.instruments.misses.add(1, &[attribute(labels::CACHE, cache)]);
    }

    /// Records that an entry was removed to make room.
    pub fn record_eviction(&self, cache: impl Into<StringValue>) {
        self.instruments
            .evictions
            .add(1, &[attribute(labels::CACHE, cache)]);
    }

    /// Records how long an operation took, such as `get` or `set`.
    pub fn record_latency(
        &self,
        cache: impl Into<StringValue>,
        operation: impl Into<StringValue>,
        duration: Duration,
    ) {
        let attributes = [
            attribute(labels::CACHE, cache),
            attribute(labels::OPERATION, operation),
        ];
        self.instruments
            .duration
            .record(duration.as_secs_f64(), &attributes);
    }
}
