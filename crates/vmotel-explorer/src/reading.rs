//! One sample: what a visit tells of each family.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher as _},
};

use foldhash::quality::RandomState;
use memchr::memmem;
use vmotel_model::{Family, Kind, MetricSink, Number, Point, Series};

/// What a visit tells of a family.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) series: u64,
    /// The sum over all series: values of counters and gauges, counts of histograms and summaries.
    pub(crate) value: f64,
    /// The sum of all observations of histograms and summaries.
    pub(crate) sum: f64,
    /// Series that the sample before did not have.
    pub(crate) new: u64,
    /// Whether each series was looked up, or only their number compared.
    pub(crate) is_exact: bool,
    /// Whether one of the series takes what is beyond a limit.
    pub(crate) overflows: bool,
}

/// The label of the series that takes what is beyond a limit (OpenTelemetry specification, "Cardinality limits").
const OVERFLOW: &str = "otel_metric_overflow";

/// The series of the sample before, by hash.
#[derive(Debug, Default)]
pub(crate) struct Known {
    families: HashMap<String, KnownFamily>,
    seed: RandomState,
    began: bool,
}

#[derive(Debug, Default)]
struct KnownFamily {
    /// Sorted; none if there was no room for them.
    hashes: Option<Vec<u64>>,
    series: u64,
}

/// Takes a sample.
pub(crate) struct Sample<'a> {
    known: &'a mut Known,
    next: HashMap<String, KnownFamily>,
    readings: Vec<Reading>,
    /// Those of the family under way; none once there was no room.
    hashes: Option<Vec<u64>>,
    /// The series that may still be kept.
    room: usize,
    max_families: usize,
    left_out: u64,
    skips: bool,
}

impl<'a> Sample<'a> {
    pub(crate) fn new(known: &'a mut Known, max_families: usize, max_series: usize) -> Self {
        Self {
            known,
            next: HashMap::new(),
            readings: Vec::new(),
            hashes: None,
            room: max_series,
            max_families,
            left_out: 0,
            skips: false,
        }
    }

    /// Returns the readings and the number of families left out.
    pub(crate) fn finish(mut self) -> (Vec<Reading>, u64) {
        self.end_family();
        self.known.families = self.next;
        self.known.began = true;
        (self.readings, self.left_out)
    }

    fn end_family(&mut self) {
        let mut hashes = self.hashes.take();
        if let Some(hashes) = &mut hashes {
            hashes.sort_unstable();
            hashes.dedup();
        }
        let Some(reading) = self.readings.last_mut().filter(|_| !self.skips) else {
            return;
        };
        let before = self.known.families.get(&reading.name);
        let new = match (&hashes, before.map(|before| &before.hashes)) {
            (Some(now), None) => Some(now.len()),
            (Some(now), Some(Some(before))) => Some(count_new(now, before)),
            _ => None,
        };
        reading.is_exact = new.is_some();
        let grown = reading
            .series
            .saturating_sub(before.map_or(0, |before| before.series));
        // All are new to the first sample, which tells nothing.
        reading.new = match new {
            _ if !self.known.began => 0,
            Some(new) => new as u64,
            None => grown,
        };
        let family = KnownFamily {
            hashes,
            series: reading.series,
        };
        self.next.insert(reading.name.clone(), family);
    }

    fn note(&mut self, series: &Series<'_>) {
        let Some(hashes) = &mut self.hashes else {
            return;
        };
        if self.room == 0 {
            self.room = hashes.len();
            self.hashes = None;
            return;
        }
        self.room -= 1;
        hashes.push(hash(&self.known.seed, series));
    }
}

/// Returns how many of `now` are not in `before`; both are sorted.
fn count_new(now: &[u64], before: &[u64]) -> usize {
    let mut before = before.iter().peekable();
    now.iter()
        .filter(|hash| {
            while before.next_if(|old| old < hash).is_some() {}
            before.peek() != Some(hash)
        })
        .count()
}

fn hash(seed: &RandomState, series: &Series<'_>) -> u64 {
    let mut hasher = seed.build_hasher();
    match series.text {
        Some(text) => hasher.write(text.labels()),
        None => series.labels.for_each(&mut |name, value| {
            hasher.write(name.as_bytes());
            hasher.write_u8(0xff);
            hasher.write(value.as_bytes());
            hasher.write_u8(0xff);
        }),
    }
    hasher.finish()
}

impl MetricSink for Sample<'_> {
    fn family(&mut self, family: &Family<'_>) {
        self.end_family();
        self.skips = self.readings.len() >= self.max_families;
        if self.skips {
            self.left_out += 1;
            return;
        }
        let before = self.known.families.get(family.name);
        let before = before.map_or(0, |before| before.series);
        let room = usize::try_from(before).unwrap_or(usize::MAX).min(self.room);
        self.hashes = Some(Vec::with_capacity(room));
        self.readings.push(Reading {
            name: family.name.to_owned(),
            kind: family.kind,
            unit: family.unit.to_owned(),
            help: family.help.to_owned(),
            series: 0,
            value: 0.0,
            sum: 0.0,
            new: 0,
            is_exact: true,
            overflows: false,
        });
    }

    fn series(&mut self, series: &Series<'_>) {
        if self.skips {
            return;
        }
        if let Some(reading) = self.readings.last_mut() {
            let (value, sum) = measure(&series.point);
            reading.series += 1;
            reading.value += value;
            reading.sum += sum;
            reading.overflows = reading.overflows || overflows(series);
        }
        self.note(series);
    }
}

/// Says whether a series takes what is beyond a limit.
fn overflows(series: &Series<'_>) -> bool {
    match series.text {
        // A label value cannot hold an unescaped quote.
        Some(text) => memmem::find(text.labels(), b"otel_metric_overflow=\"true\"").is_some(),
        None => {
            let mut found = false;
            let mut look = |name: &str, value: &str| found |= name == OVERFLOW && value == "true";
            series.labels.for_each(&mut look);
            found
        }
    }
}

/// Returns the value of a point, or its count and sum.
pub(crate) fn measure(point: &Point<'_>) -> (f64, f64) {
    match point {
        Point::Number(Number::U64(value)) => (*value as f64, 0.0),
        Point::Number(Number::I64(value)) => (*value as f64, 0.0),
        Point::Number(Number::F64(value)) => (*value, 0.0),
        Point::Histogram(point) => (point.count as f64, point.sum.unwrap_or(f64::NAN)),
        Point::Exponential(point) => (point.count as f64, point.sum.unwrap_or(f64::NAN)),
        Point::Vmrange(point) => (point.count as f64, point.sum),
        Point::Summary(point) => (point.count as f64, point.sum),
        _ => (f64::NAN, f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use vmotel_model::Pairs;

    use super::*;

    /// Samples families of these names with series `id="from"` to `id="to"`.
    fn sample(
        known: &mut Known,
        room: usize,
        families: &[(&str, std::ops::Range<u32>)],
    ) -> Vec<(u64, u64, bool)> {
        let mut sample = Sample::new(known, 3, room);
        for (name, ids) in families {
            sample.family(&Family {
                name,
                kind: Kind::Counter,
                unit: "",
                help: "",
            });
            for id in ids.clone() {
                sample.series(&Series {
                    labels: &Pairs(&[("id", &id.to_string())]),
                    text: None,
                    point: Point::Number(Number::U64(2)),
                    start: None,
                });
            }
        }
        let (readings, _) = sample.finish();
        readings.iter().map(|r| (r.series, r.new, r.is_exact)).collect()
    }

    #[test]
    fn new_series_are_told_from_those_that_stayed() {
        let mut known = Known::default();
        assert_eq!(sample(&mut known, 99, &[("a", 0..5)]), [(5, 0, true)]);
        assert_eq!(
            sample(&mut known, 99, &[("a", 3..8), ("b", 0..2)]),
            [(5, 3, true), (2, 2, true)]
        );
        assert_eq!(sample(&mut known, 99, &[("a", 3..8)]), [(5, 0, true)]);
    }

    #[test]
    fn beyond_the_room_by_growth_alone() {
        let mut known = Known::default();
        sample(&mut known, 10, &[("a", 0..8), ("b", 0..3)]);
        // 3 went and 5 came: the growth tells 2 of them.
        let now = sample(&mut known, 10, &[("a", 0..8), ("b", 3..8), ("c", 0..1)]);
        assert_eq!(now, [(8, 0, true), (5, 2, false), (1, 1, true)]);
    }

    /// A series of a source that keeps texts, and one of a source that does not.
    #[test]
    fn overflow_is_noticed() {
        let labels = |value| [(OVERFLOW, value), ("path", "/")];
        let texts: [(&[u8], bool); 4] = [
            (b"x ", false),
            (br#"x{otel_metric_overflow="true",path="/"} "#, true),
            (br#"x{path="otel_metric_overflow=\"true\""} "#, false),
            (br#"x{otel_metric_overflow="false"} "#, false),
        ];
        let point = Point::Number(Number::U64(1));
        for (text, expected) in texts {
            let text = vmotel_model::SeriesText::new(text, 1);
            let series = Series {
                labels: &Pairs(&[]),
                text: Some(text),
                point,
                start: None,
            };
            assert_eq!(overflows(&series), expected, "{text:?}");
        }
        for (value, expected) in [("true", true), ("false", false)] {
            let series = Series {
                labels: &Pairs(&labels(value)),
                text: None,
                point,
                start: None,
            };
            assert_eq!(overflows(&series), expected);
        }
    }

    #[test]
    fn families_beyond_the_limit_are_counted() {
        let mut known = Known::default();
        let mut sample = Sample::new(&mut known, 2, 9);
        for name in ["a", "b", "c", "d"] {
            sample.family(&Family {
                name,
                kind: Kind::Gauge,
                unit: "",
                help: "",
            });
        }
        let (readings, left_out) = sample.finish();
        assert_eq!((readings.len(), left_out), (2, 2));
    }
}
