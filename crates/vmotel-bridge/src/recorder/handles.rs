//! Handles of the registry as those of the facade.

use std::sync::{Mutex, PoisonError};

use metrics::{CounterFn, GaugeFn, HistogramFn};
use vmotel_registry::{BucketHistogram, Counter, Gauge, Histogram};

/// A counter that can be told its value.
pub(super) struct AbsoluteCounter {
    counter: Counter,
    /// One at a time looks what is missing.
    telling: Mutex<()>,
}

impl AbsoluteCounter {
    pub(super) const fn new(counter: Counter) -> Self {
        Self {
            counter,
            telling: Mutex::new(()),
        }
    }
}

impl CounterFn for AbsoluteCounter {
    fn increment(&self, value: u64) {
        self.counter.add(value);
    }

    /// The greater of the value and what is counted; who increments meanwhile comes on top of it.
    fn absolute(&self, value: u64) {
        let _telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = value.checked_sub(self.counter.get()) {
            self.counter.add(missing);
        }
    }
}

pub(super) struct SharedGauge(pub(super) Gauge);

impl GaugeFn for SharedGauge {
    fn increment(&self, value: f64) {
        self.0.add(value);
    }

    fn decrement(&self, value: f64) {
        self.0.sub(value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
    }
}

pub(super) enum AnyHistogram {
    Vmrange(Histogram),
    Explicit(BucketHistogram),
}

impl HistogramFn for AnyHistogram {
    fn record(&self, value: f64) {
        // What is not recorded, NaN and for `vmrange` what is negative, the registry counts.
        match self {
            Self::Vmrange(histogram) => histogram.record(value),
            Self::Explicit(histogram) => histogram.record(value),
        };
    }
}
