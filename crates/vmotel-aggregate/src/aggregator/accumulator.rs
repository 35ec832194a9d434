//! The kinds of cells behind a series, seen alike.

use std::sync::Arc;

use opentelemetry::{KeyValue, metrics::Meter};
use vmotel_cells::{Cells, Counter, FloatCounter, Gauge, Histogram, HistogramSnapshot, UpDownCounter};
use vmotel_model::{HistogramPoint, Kind, Number, Point};

use super::Definition;

/// A cell that can be made, read, and topped up with what came too late.
pub(crate) trait Accumulator: Clone + Send + Sync + 'static {
    /// What a read returns.
    type Value: Clone + PartialEq + Send + Sync + 'static;
    /// What all series of a family share.
    type Shape: Clone + Send + Sync + 'static;

    const KIND: Kind;

    fn create(cells: &Cells, shape: &Self::Shape) -> Self;
    fn read(&self) -> Self::Value;
    /// Adds the difference of two reads of another accumulator.
    fn add_difference(&self, now: &Self::Value, before: &Self::Value);
    /// Returns how much a change matters when the heaviest series are kept; it ranks, and is never exported.
    fn weight(now: &Self::Value, before: Option<&Self::Value>) -> u64;
    fn point<'a>(value: &'a Self::Value, shape: &'a Self::Shape) -> Point<'a>;

    /// Returns a replayer into an instrument of `meter`; none where the API of OpenTelemetry takes no sums.
    fn replayer(_meter: &Meter, _definition: &Definition) -> Option<Replayer<Self>> {
        None
    }
}

/// Adds what came between two reads to an instrument of somebody else's.
pub(crate) type Replayer<A> =
    Box<dyn Fn(&<A as Accumulator>::Value, Option<&<A as Accumulator>::Value>, &[KeyValue]) + Send + Sync>;

/// A replayer into the instrument that `$build` makes.
macro_rules! replayer {
    ($build:ident, |$now:ident, $before:ident| $difference:expr) => {
        fn replayer(meter: &Meter, definition: &Definition) -> Option<Replayer<Self>> {
            let target = meter
                .$build(definition.name.clone())
                .with_unit(definition.unit.clone())
                .with_description(definition.help.clone())
                .build();
            Some(Box::new(move |$now, before, attributes| {
                let $before = before.copied().unwrap_or_default();
                target.add($difference, attributes);
            }))
        }
    };
}

macro_rules! number {
    ($cell:ty, $value:ty, $kind:expr, $create:ident, $number:ident, |$this:ident, $now:ident, $before:ident| $difference:expr$(, $replayer:item)?) => {
        impl Accumulator for $cell {
            type Value = $value;
            type Shape = ();

            const KIND: Kind = $kind;

            fn create(cells: &Cells, (): &()) -> Self {
                cells.$create()
            }

            fn read(&self) -> $value {
                self.get()
            }

            fn add_difference(&self, $now: &$value, $before: &$value) {
                let $this = self;
                $difference;
            }

            fn weight(now: &$value, before: Option<&$value>) -> u64 {
                // Saturates where a change is negative or beyond the range.
                (*now as f64 - before.copied().unwrap_or_default() as f64)
                    .abs()
                    .max(1.0) as u64
            }

            fn point<'a>(value: &'a $value, (): &'a ()) -> Point<'a> {
                Point::Number(Number::$number(*value))
            }

            $($replayer)?
        }
    };
}

number!(
    Counter,
    u64,
    Kind::Counter,
    counter,
    U64,
    |cell, now, before| cell.add(now.wrapping_sub(*before)),
    replayer!(u64_counter, |now, before| now.wrapping_sub(before));
);
number!(
    FloatCounter,
    f64,
    Kind::Counter,
    float_counter,
    F64,
    |cell, now, before| cell.add(now - before),
    replayer!(f64_counter, |now, before| now - before);
);
number!(
    UpDownCounter,
    i64,
    Kind::UpDownCounter,
    up_down_counter,
    I64,
    |cell, now, before| cell.add(now.wrapping_sub(*before)),
    replayer!(i64_up_down_counter, |now, before| now.wrapping_sub(before));
);
number!(Gauge, f64, Kind::Gauge, gauge, F64, |cell, now, _before| cell
    .set(*now));

impl Accumulator for Histogram {
    type Value = HistogramSnapshot;
    type Shape = Arc<[f64]>;

    const KIND: Kind = Kind::Histogram;

    fn create(cells: &Cells, bounds: &Arc<[f64]>) -> Self {
        cells
            .histogram(Arc::clone(bounds))
            .expect("the bounds were checked when the family was made")
    }

    fn read(&self) -> HistogramSnapshot {
        self.snapshot()
    }

    fn add_difference(&self, now: &HistogramSnapshot, before: &HistogramSnapshot) {
        self.absorb(now, before);
    }

    fn weight(now: &HistogramSnapshot, before: Option<&HistogramSnapshot>) -> u64 {
        now.count() - before.map_or(0, HistogramSnapshot::count)
    }

    fn point<'a>(value: &'a HistogramSnapshot, bounds: &'a Arc<[f64]>) -> Point<'a> {
        Point::Histogram(HistogramPoint {
            bounds,
            counts: value.counts(),
            sum: Some(value.sum()),
            count: value.count(),
        })
    }
}
