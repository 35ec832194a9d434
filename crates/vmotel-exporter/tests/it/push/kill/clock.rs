//! A source that tells the time of each of its collections, so that what is stored can be held against it.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime},
};

use vmotel_model::{
    Family, Kind, MetricSink, MetricSource, Number, Pairs, Point, Series, Snapshot, VisitConfig,
};
use vmotel_testkit::VictoriaMetrics;

/// A stored sample has the time of its collection; this long may pass between two readings of the clock on a loaded machine.
const NEAR: u64 = 10_000;

/// A gauge of many series, all with the milliseconds since 1970 at which they were collected.
#[derive(Debug)]
pub(super) struct Clock {
    labels: Vec<String>,
    collected: Mutex<Vec<u64>>,
    pause: Duration,
}

impl Clock {
    pub(super) fn new(series: usize) -> Self {
        Self::slow(series, Duration::ZERO)
    }

    /// Returns a clock whose collections take this long.
    pub(super) fn slow(series: usize, pause: Duration) -> Self {
        Self {
            pause,
            labels: (0..series).map(|number| number.to_string()).collect(),
            collected: Mutex::default(),
        }
    }

    /// Returns the values of all collections so far, each once.
    pub(super) fn collected(&self) -> Vec<u64> {
        self.collected.lock().unwrap().clone()
    }

    /// Returns what the first series has, by value.
    pub(super) fn stored(&self, server: &VictoriaMetrics) -> BTreeMap<u64, i64> {
        let series = server
            .export_deduplicated("clock_milliseconds{number=\"0\"}")
            .unwrap();
        by_value(series.first().map_or(&[], |series| &series.samples))
    }

    /// Checks that every series has each of these values once, at the time that it tells, which is the same for all.
    pub(super) fn assert_stored(&self, server: &VictoriaMetrics, collected: &[u64]) {
        let all = server.export_deduplicated("clock_milliseconds").unwrap();
        assert_eq!(all.len(), self.labels.len());
        let times = by_value(&all[0].samples);
        for (value, time) in &times {
            assert!(
                time.unsigned_abs().abs_diff(*value) < NEAR,
                "{value} was stored at {time}"
            );
        }
        for series in &all {
            let values = series.samples.iter().filter(|(_, value)| value.is_some()).count();
            let found = by_value(&series.samples);
            let missing: Vec<_> = collected
                .iter()
                .filter(|value| !found.contains_key(value))
                .collect();
            assert!(
                missing.is_empty(),
                "{} of {} are missing in {:?}: {missing:?}",
                missing.len(),
                collected.len(),
                series.labels
            );
            assert_eq!(
                (values, found.len()),
                (collected.len(), collected.len()),
                "{:?}",
                series.labels
            );
            assert_eq!(found, times, "{:?}", series.labels);
        }
    }
}

/// Staleness markers have no value.
fn by_value(samples: &[(i64, Option<f64>)]) -> BTreeMap<u64, i64> {
    samples
        .iter()
        .filter_map(|(time, value)| Some((value.as_ref().copied()? as u64, *time)))
        .collect()
}

impl MetricSource for Clock {
    #[expect(clippy::disallowed_methods, reason = "it is a clock")]
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = since.unwrap_or(Duration::ZERO).as_millis() as u64;
        let mut collected = self.collected.lock().unwrap();
        // Collections within one millisecond would look like one.
        let now = collected.last().map_or(now, |last| now.max(last + 1));
        collected.push(now);
        drop(collected);
        thread::sleep(self.pause);
        Box::new(Reading { clock: self, now })
    }
}

struct Reading<'a> {
    clock: &'a Clock,
    now: u64,
}

impl Snapshot for Reading<'_> {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "clock_milliseconds",
            kind: Kind::Gauge,
            unit: "",
            help: "",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        for number in &self.clock.labels {
            sink.series(&Series {
                labels: &Pairs(&[("number", number)]),
                text: None,
                point: Point::Number(Number::U64(self.now)),
                start: None,
            });
        }
    }

    fn distinct(&self, _: usize) -> bool {
        true
    }
}
