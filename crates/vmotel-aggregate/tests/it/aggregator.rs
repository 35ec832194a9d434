//! The aggregator against a plain map.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use opentelemetry::KeyValue;
use proptest::prelude::*;
use vmotel_aggregate::{Aggregator, AggregatorConfig, AggregatorError, AggregatorStats, Definition};
use vmotel_model::{Clock, Family, MetricSink, MetricSource, Number, Point, Series, Timestamp, VisitConfig};

#[derive(Debug, Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1_000_000_000, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// What a visit hands over: `labels` to value, and start.
#[derive(Debug, Default, PartialEq)]
struct Seen(BTreeMap<String, (f64, Option<Timestamp>)>);

impl MetricSink for Seen {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &Series<'_>) {
        let mut labels = String::new();
        series
            .labels
            .for_each(&mut |name, value| labels.push_str(&format!("{name}={value} ")));
        let value = match series.point {
            Point::Number(Number::U64(n)) => n as f64,
            Point::Number(Number::I64(n)) => n as f64,
            Point::Number(Number::F64(n)) => n,
            Point::Histogram(histogram) => histogram.count as f64,
            point => panic!("no such point here: {point:?}"),
        };
        let before = self.0.insert(labels.trim_end().to_owned(), (value, series.start));
        assert_eq!(before, None, "two series with equal labels");
    }
}

fn read(aggregator: &Aggregator, name: &str) -> BTreeMap<String, f64> {
    seen(aggregator, name)
        .0
        .into_iter()
        .map(|(labels, (value, _))| (labels, value))
        .collect()
}

fn seen(aggregator: &Aggregator, name: &str) -> Seen {
    let config = VisitConfig::default();
    let snapshot = aggregator.snapshot(&config);
    let mut seen = Seen::default();
    for index in (0..snapshot.len()).filter(|index| snapshot.family(*index).name == name) {
        snapshot.visit(index, &mut seen);
    }
    seen
}

fn aggregator(limit: usize, idle: Option<u64>) -> (Aggregator, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let config = AggregatorConfig {
        limit,
        idle: idle.map(Duration::from_secs),
    };
    (Aggregator::new(config, Arc::<ManualClock>::clone(&clock)), clock)
}

fn set(value: usize) -> [KeyValue; 1] {
    [KeyValue::new("k", value.to_string())]
}

#[test]
fn the_five_kinds_are_read_with_names_and_labels() {
    let (aggregator, _) = aggregator(10, None);
    let labels = [KeyValue::new("b.c", "x"), KeyValue::new("a", 1)];
    aggregator
        .counter(Definition::new("jobs"))
        .unwrap()
        .add(3, &labels);
    aggregator
        .float_counter(Definition::new("spent").with_unit("s"))
        .unwrap()
        .add(0.5, &labels);
    aggregator.up_down_counter("open").unwrap().add(-2, &labels);
    aggregator.gauge("level").unwrap().set(7.25, &labels);
    aggregator
        .histogram("wait", [1.0, 2.0])
        .unwrap()
        .record_weighted(1.5, 4, &labels);

    let config = VisitConfig::default();
    let snapshot = aggregator.snapshot(&config);
    let names: Vec<_> = (0..snapshot.len())
        .map(|index| snapshot.family(index).name.to_owned())
        .collect();
    assert_eq!(
        names,
        ["jobs_total", "level", "open", "spent_seconds_total", "wait"]
    );
    for (name, value) in names.iter().zip([3.0, 7.25, -2.0, 0.5, 4.0]) {
        assert_eq!(
            read(&aggregator, name),
            BTreeMap::from([("a=1 b_c=x".to_owned(), value)]),
            "{name}"
        );
    }
}

#[test]
fn beyond_the_limit_the_overflow_series_takes_all_and_known_sets_go_on() {
    let (aggregator, _) = aggregator(100, None);
    let counter = aggregator.counter("c").unwrap();
    for round in 0..10 {
        (0..5000).for_each(|value| counter.add(round + 1, &set(value)));
    }
    let read = read(&aggregator, "c_total");
    assert_eq!(read.len(), 101);
    assert_eq!(read.values().sum::<f64>(), 5000.0 * 55.0);
    assert_eq!(read["k=0"], 55.0);
    assert_eq!(read["otel_metric_overflow=true"], 4900.0 * 55.0);
    assert_eq!(aggregator.stats().overflowed, 4900 * 10);
}

#[test]
fn idle_series_go_and_come_back_with_a_new_start() {
    let (aggregator, clock) = aggregator(2, Some(10));
    let counter = aggregator.counter("c").unwrap();
    counter.add(5, &set(1));
    let held = counter.with(&set(2));
    held.add(1);
    assert_eq!(read(&aggregator, "c_total").len(), 2);
    clock.forward(11);
    counter.add(1, &set(3));
    assert_eq!(
        read(&aggregator, "c_total"),
        BTreeMap::from([
            ("k=2".to_owned(), 1.0),
            ("otel_metric_overflow=true".to_owned(), 1.0)
        ])
    );
    counter.add(7, &set(1));
    let seen = seen(&aggregator, "c_total");
    assert_eq!(seen.0["k=1"], (7.0, Some(Timestamp(11_000_000_000))));
    assert_eq!(
        aggregator.stats(),
        AggregatorStats {
            overflowed: 1,
            evicted: 1,
            refused: 0
        }
    );
}

#[test]
fn nothing_is_lost_while_series_are_evicted_beside_writers() {
    let (aggregator, clock) = aggregator(64, Some(1));
    let counter = aggregator.counter("c").unwrap();
    // What was handed out of series that have gone; a lower value or a new start means that one has gone.
    let mut gone = 0.0;
    let mut last: BTreeMap<String, (f64, Option<Timestamp>)> = BTreeMap::new();
    let mut look = |gone: &mut f64| {
        let now = seen(&aggregator, "c_total").0;
        for (labels, (value, start)) in &last {
            if now.get(labels).is_none_or(|(_, later)| later != start) {
                *gone += value;
            }
        }
        last = now;
    };
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|t| {
                let counter = counter.clone();
                scope.spawn(move || {
                    (0..200_000_usize).for_each(|i| counter.add(1, &set((i / 500 + t * 7) % 48)))
                })
            })
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            clock.forward(1);
            look(&mut gone);
        }
    });
    // Two more looks: late adds are admitted again at the next one.
    look(&mut gone);
    look(&mut gone);
    let live: f64 = last.values().map(|(value, _)| value).sum();
    assert_eq!(gone + live, 800_000.0);
    assert!(aggregator.stats().evicted > 0);
}

#[test]
fn close_refuses_counts_and_keeps_what_was_recorded() {
    let (aggregator, _) = aggregator(10, None);
    let counter = aggregator.counter("c").unwrap();
    let handle = counter.with(&set(1));
    handle.add(2);
    aggregator.close();
    aggregator.close();
    handle.add(1);
    counter.add(1, &set(1));
    assert_eq!(aggregator.stats().refused, 2);
    assert_eq!(
        read(&aggregator, "c_total"),
        BTreeMap::from([("k=1".to_owned(), 2.0)])
    );
    assert_eq!(
        aggregator.counter("d").unwrap_err().to_string(),
        "metric d: the aggregator is closed"
    );
}

#[test]
fn unusable_input_is_refused_by_name() {
    let (aggregator, _) = aggregator(10, None);
    let float = aggregator.float_counter("f").unwrap();
    [-1.0, f64::NAN, f64::INFINITY]
        .iter()
        .for_each(|value| float.add(*value, &[]));
    aggregator.gauge("g").unwrap().set(f64::NAN, &[]);
    aggregator
        .histogram("h", [])
        .unwrap()
        .record(f64::NEG_INFINITY, &[]);
    assert_eq!(aggregator.stats().refused, 5);
    assert!(read(&aggregator, "f_total").is_empty());
    assert_eq!(
        aggregator.counter("f").unwrap_err(),
        AggregatorError::Taken { name: "f".to_owned() }
    );
    assert!(matches!(aggregator.counter(""), Err(AggregatorError::Name(_))));
    assert_eq!(
        aggregator.histogram("i", [2.0, 1.0]).unwrap_err().to_string(),
        "metric i: histogram bound 1: expected more than the bound before it, 2"
    );
}

/// An add: which attributes, in which order, and how much.
fn add() -> impl Strategy<Value = (Vec<(u8, u8)>, u64)> {
    (proptest::collection::vec((0..4_u8, 0..3_u8), 0..4), 0..100_u64)
}

proptest! {
    #[test]
    fn sums_equal_a_plain_map(adds in proptest::collection::vec(add(), 0..300)) {
        let (aggregator, _) = aggregator(10_000, None);
        let counter = aggregator.counter("c").unwrap();
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        for (attributes, n) in adds {
            let pairs: Vec<_> = attributes.iter().map(|(k, v)| KeyValue::new(format!("k{k}"), format!("v{v}"))).collect();
            counter.add(n, &pairs);
            let last_wins: BTreeMap<u8, u8> = attributes.into_iter().collect();
            let labels: Vec<_> = last_wins.iter().map(|(k, v)| format!("k{k}=v{v}")).collect();
            *expected.entry(labels.join(" ")).or_default() += n as f64;
        }
        prop_assert_eq!(read(&aggregator, "c_total"), expected);
    }
}
