//! The instruments of an aggregator, and handles of their series.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use opentelemetry::KeyValue;
use vmotel_model::{Clock, Timestamp};

use super::{accumulator::Accumulator, family::Family, series::Series};
use crate::attribute_set::AttributeSet;

/// What all instruments have in common.
pub(crate) struct Instrument<A: Accumulator> {
    pub(crate) family: Arc<Family<A>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl<A: Accumulator> Instrument<A> {
    #[inline]
    fn update(&self, attributes: &[KeyValue], change: impl FnOnce(&A)) {
        self.family.update(attributes, || self.now(), change);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn handle(&self, attributes: &[KeyValue]) -> Handle<A> {
        let series = self.family.admit(AttributeSet::new(attributes), || self.now());
        Handle {
            family: Arc::clone(&self.family),
            cell: series.cell.clone(),
            series,
        }
    }

    #[inline]
    fn refuse(&self) {
        self.family.shared.refused.add(1);
    }
}

impl<A: Accumulator> Clone for Instrument<A> {
    fn clone(&self) -> Self {
        Self {
            family: Arc::clone(&self.family),
            clock: Arc::clone(&self.clock),
        }
    }
}

/// A series with its cell at hand; while it lives, the series is not evicted.
pub(crate) struct Handle<A: Accumulator> {
    cell: A,
    family: Arc<Family<A>>,
    series: Arc<Series<A>>,
}

impl<A: Accumulator> Handle<A> {
    #[inline]
    fn update(&self, change: impl FnOnce(&A)) {
        if self.family.shared.closed.load(Ordering::Relaxed) {
            self.family.shared.refused.add(1);
        } else {
            change(&self.cell);
        }
    }

    #[inline]
    fn refuse(&self) {
        self.family.shared.refused.add(1);
    }
}

impl<A: Accumulator> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
            family: Arc::clone(&self.family),
            series: Arc::clone(&self.series),
        }
    }
}

macro_rules! instrument {
    (
        $(#[$doc:meta])* $name:ident, $(#[$handle_doc:meta])* $handle:ident, $cell:ty,
        $(#[$method_doc:meta])* $method:ident($value:ident: $type:ty) if $accept:expr => |$on:ident| $change:expr
    ) => {
        $(#[$doc])*
        ///
        /// Clones share the values.
        #[derive(Clone)]
        pub struct $name(pub(crate) Instrument<$cell>);

        impl $name {
            $(#[$method_doc])*
            ///
            /// The attributes may come in any order; a known set costs no allocation and no lock.
            #[inline]
            pub fn $method(&self, $value: $type, attributes: &[KeyValue]) {
                if $accept {
                    self.0.update(attributes, |$on| $change);
                } else {
                    self.0.refuse();
                }
            }

            /// Returns a handle of the series with these attributes: recording through it costs no lookup.
            ///
            /// If the metric is at its limit and the set is new, the handle records into the overflow series.
            #[must_use]
            pub fn with(&self, attributes: &[KeyValue]) -> $handle {
                $handle(self.0.handle(attributes))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("name", &self.0.family.definition.name).finish()
            }
        }

        $(#[$handle_doc])*
        ///
        /// While a clone lives, the series is not evicted.
        #[derive(Clone)]
        pub struct $handle(Handle<$cell>);

        impl $handle {
            $(#[$method_doc])*
            #[inline]
            pub fn $method(&self, $value: $type) {
                if $accept {
                    self.0.update(|$on| $change);
                } else {
                    self.0.refuse();
                }
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle))
                    .field("attributes", &self.0.series.attributes)
                    .field("value", &Accumulator::read(&self.0.cell))
                    .finish()
            }
        }
    };
}

instrument! {
    /// A sum of `u64` per attribute set.
    Counter,
    /// The counter of one attribute set.
    CounterHandle,
    vmotel_cells::Counter,
    /// Adds `n`.
    add(n: u64) if true => |cell| cell.add(n)
}

instrument! {
    /// A sum of `f64` per attribute set, which only grows.
    FloatCounter,
    /// The counter of one attribute set.
    FloatCounterHandle,
    vmotel_cells::FloatCounter,
    /// Adds `n`; a negative number, NaN or infinity is refused and counted.
    add(n: f64) if n >= 0.0 && n.is_finite() => |cell| cell.add(n)
}

instrument! {
    /// A sum of `i64` per attribute set, which grows and shrinks.
    UpDownCounter,
    /// The counter of one attribute set.
    UpDownCounterHandle,
    vmotel_cells::UpDownCounter,
    /// Adds `n`.
    add(n: i64) if true => |cell| cell.add(n)
}

instrument! {
    /// A value per attribute set that is set.
    Gauge,
    /// The gauge of one attribute set.
    GaugeHandle,
    vmotel_cells::Gauge,
    /// Sets the value; NaN is refused and counted.
    set(value: f64) if !value.is_nan() => |cell| cell.set(value)
}

instrument! {
    /// A distribution per attribute set, in explicit buckets.
    Histogram,
    /// The histogram of one attribute set.
    HistogramHandle,
    vmotel_cells::Histogram,
    /// Records an observation; NaN and infinities are refused and counted.
    record(value: f64) if value.is_finite() => |cell| { cell.record(value); }
}

impl Histogram {
    /// Records an observation that stands for `weight` equal ones, as a sampler says.
    #[inline]
    pub fn record_weighted(&self, value: f64, weight: u64, attributes: &[KeyValue]) {
        if value.is_finite() {
            self.0.update(attributes, |cell| {
                cell.record_weighted(value, weight);
            });
        } else {
            self.0.refuse();
        }
    }
}

impl HistogramHandle {
    /// Records an observation that stands for `weight` equal ones, as a sampler says.
    #[inline]
    pub fn record_weighted(&self, value: f64, weight: u64) {
        if value.is_finite() {
            self.0.update(|cell| {
                cell.record_weighted(value, weight);
            });
        } else {
            self.0.refuse();
        }
    }
}
