//! The cache family.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    StringValue,
    metrics::{Counter, Histogram, Meter},
};
use vmotel_cardinality::Limits;

use crate::{
    catalog,
    gate::{Attributes, Gate},
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
    look_ups: Gate,
    operations: Gate,
    hits: Counter<u64>,
    misses: Counter<u64>,
    evictions: Counter<u64>,
    duration: Histogram<f64>,
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
        Self {
            instruments: Arc::new(Instruments {
                look_ups: Gate::new(limits, &look_ups),
                operations: Gate::new(limits, &[&catalog::CACHE_OPERATION_DURATION_SECONDS]),
                hits: u64_counter(meter, &catalog::CACHE_HITS_TOTAL),
                misses: u64_counter(meter, &catalog::CACHE_MISSES_TOTAL),
                evictions: u64_counter(meter, &catalog::CACHE_EVICTIONS_TOTAL),
                duration: f64_histogram(meter, &catalog::CACHE_OPERATION_DURATION_SECONDS),
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

    fn name(&self, cache: impl Into<StringValue>) -> Attributes<1> {
        self.instruments.look_ups.bound([attribute(labels::CACHE, cache)])
    }
}
