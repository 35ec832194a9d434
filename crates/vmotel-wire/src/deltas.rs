//! Deltas: what was added to cumulative values since the visit before.

mod difference;

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, hash_map::Entry};
use vmotel_model::{Kind, Number, Point, Series, Timestamp};

use self::difference::{difference, with_difference};
use crate::merge::point::OwnedPoint;

/// The series that are remembered beside those of the largest visit, at least: they are absent now and may come back.
const ABSENT: usize = 1024;

/// The values of the visit before, so that counters and histograms can be sent as deltas; for [`OtlpSink::deltas`](crate::otlp::OtlpSink::deltas).
///
/// - The first delta of a series is its whole value.
/// - A value that has become smaller, or whose start is another, began anew: the delta is all of it.
/// - A series that a visit lacks is remembered, so that nothing is counted twice when it comes back. At most as many are as the largest
///   visit had, and 1,024; then those that were absent for longest go.
///
/// Memory: about 100 bytes per counter, and the buckets of each histogram once more. A value counts as sent once it was encoded: what
/// becomes of the request later is not seen here.
///
/// ```
/// use vmotel_model::{Family, Kind, MetricSink, Number, Pairs, Point, Series, Timestamp};
/// use vmotel_wire::{Deltas, PushConfig, otlp::{Buffers, OtlpSink}};
///
/// let (config, mut buffers, mut deltas) = (PushConfig::default(), Buffers::default(), Deltas::default());
/// let mut push = |value, time| {
///     let mut body = Vec::new();
///     let mut emit = |request: vmotel_wire::Request<'_>| body = request.body.to_vec();
///     let mut sink = OtlpSink::new(&config, Timestamp(time), &mut buffers, &mut emit);
///     sink.deltas(&mut deltas);
///     sink.family(&Family { name: "orders_total", kind: Kind::Counter, unit: "", help: "" });
///     sink.series(&Series {
///         labels: &Pairs(&[]),
///         text: None,
///         point: Point::Number(Number::U64(value)),
///         start: None,
///     });
///     let _ = sink.finish();
///     body
/// };
/// let is_in = |value: u8, body: &[u8]| body.windows(9).any(|field| field == [6 << 3 | 1, value, 0, 0, 0, 0, 0, 0, 0]);
/// assert!(is_in(3, &push(3, 10_000_000_000)));
/// assert!(is_in(4, &push(7, 20_000_000_000)), "3 of the 7 were told before");
/// ```
#[derive(Debug, Default)]
pub struct Deltas {
    known: HashMap<u64, Known, FixedState>,
    /// The number of the visit at work.
    visit: u64,
    /// How many series it has had, and how many the largest had.
    present: usize,
    most: usize,
    /// The number of the name of the family at work.
    family: u64,
}

/// A series as it was sent last.
#[derive(Debug)]
struct Known {
    value: Value,
    start: Option<Timestamp>,
    time: Timestamp,
    visit: u64,
}

/// Of one number, which most series are, without a second place in memory.
#[derive(Debug)]
enum Value {
    Number(Number),
    Other(Box<OwnedPoint>),
}

impl Value {
    fn new(point: &Point<'_>) -> Self {
        match point {
            Point::Number(number) => Self::Number(*number),
            point => Self::Other(Box::new(OwnedPoint::new(point))),
        }
    }
}

impl Deltas {
    /// Returns true if the values of a type are sent as deltas: of what only grows.
    pub(crate) const fn has(kind: Kind) -> bool {
        matches!(kind, Kind::Counter | Kind::Histogram)
    }

    /// Begins a visit.
    pub(crate) fn begin(&mut self) {
        self.visit += 1;
        self.present = 0;
    }

    pub(crate) fn family(&mut self, name: &str) {
        self.family = number(0, [name]);
    }

    /// Calls `f` with the series as it is sent at `time`, and remembers its value.
    pub(crate) fn of(&mut self, series: &Series<'_>, time: Timestamp, f: &mut dyn FnMut(&Series<'_>)) {
        if matches!(series.point, Point::Number(Number::F64(value)) if value.is_nan()) {
            // It tells nothing, and is left out by the encoder.
            return f(series);
        }
        self.present += 1;
        let mut id = self.family;
        series
            .labels
            .for_each(&mut |name, value| id = number(id, [name, value]));
        let visit = self.visit;
        let known = match self.known.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(Known {
                    value: Value::new(&series.point),
                    start: series.start,
                    time,
                    visit,
                });
                return f(series);
            }
        };
        let since = Some(known.time);
        let goes_on = known.start == series.start;
        let mut send = |point: Point<'_>| {
            f(&Series {
                labels: series.labels,
                text: series.text,
                point,
                start: since,
            });
        };
        match (&mut known.value, &series.point) {
            (Value::Number(before), Point::Number(now)) => {
                let delta = if goes_on { difference(*before, *now) } else { *now };
                *before = *now;
                send(Point::Number(delta));
            }
            (Value::Other(before), now) if goes_on => {
                with_difference(before, now, &mut send);
                **before = OwnedPoint::new(now);
            }
            (value, now) => {
                *value = Value::new(now);
                send(*now);
            }
        }
        (known.start, known.time, known.visit) = (series.start, time, visit);
    }

    /// Ends a visit; forgets series that have been absent for long where there are many of them.
    pub(crate) fn end(&mut self) {
        self.most = self.most.max(self.present);
        let limit = 2 * self.most + ABSENT;
        if self.known.len() <= limit {
            return;
        }
        let mut visits: Vec<u64> = self.known.values().map(|known| known.visit).collect();
        let at = visits.len() - limit;
        let (_, &mut last, _) = visits.select_nth_unstable(at);
        // None of this visit: they are fewer than the limit.
        self.known.retain(|_, known| known.visit > last);
    }
}

/// Returns the number of a series, from that of its name and its labels.
fn number<const N: usize>(before: u64, parts: [&str; N]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u64(before);
    for part in parts {
        hasher.write(part.as_bytes());
        // Where one part ends and the next begins is part of it.
        hasher.write_usize(part.len());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
