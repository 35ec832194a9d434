//! Replays against a meter that adds up in a plain map.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, InstrumentBuilder, InstrumentProvider, Meter, SyncInstrument, UpDownCounter},
};
use proptest::prelude::*;
use vmotel_aggregate::{Aggregator, AggregatorConfig, AggregatorError, Definition};
use vmotel_cardinality::{Controller, ControllerConfig};
use vmotel_model::{MetricSource, VisitConfig};

use crate::aggregator::ManualClock;

/// Sums by metric and attributes.
type Sums = Arc<Mutex<BTreeMap<(String, String), f64>>>;

/// A pipeline of somebody else's: adds, under the name, unit and description that it was given.
#[derive(Debug, Default)]
struct Foreign(Sums);

#[derive(Debug)]
struct Instrument(String, Sums);

impl Instrument {
    fn new<T>(builder: &InstrumentBuilder<'_, T>, foreign: &Foreign) -> Arc<Self> {
        let text = |text: &Option<Cow<'static, str>>| text.clone().unwrap_or_default();
        let (name, unit) = (&builder.name, text(&builder.unit));
        let head = format!("{name} {unit} {}", text(&builder.description));
        Arc::new(Self(head.trim_end().to_owned(), Arc::clone(&foreign.0)))
    }

    fn add(&self, n: f64, attributes: &[KeyValue]) {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|a| format!("{}={}", a.key, a.value))
            .collect();
        *self
            .1
            .lock()
            .expect("not poisoned")
            .entry((self.0.clone(), attributes.join(" ")))
            .or_default() += n;
    }
}

impl SyncInstrument<u64> for Instrument {
    fn measure(&self, n: u64, attributes: &[KeyValue]) {
        self.add(n as f64, attributes);
    }
}

impl SyncInstrument<i64> for Instrument {
    fn measure(&self, n: i64, attributes: &[KeyValue]) {
        self.add(n as f64, attributes);
    }
}

impl SyncInstrument<f64> for Instrument {
    fn measure(&self, n: f64, attributes: &[KeyValue]) {
        assert!(n >= 0.0, "a counter got {n}");
        self.add(n, attributes);
    }
}

impl InstrumentProvider for Foreign {
    fn u64_counter(&self, builder: InstrumentBuilder<'_, Counter<u64>>) -> Counter<u64> {
        Counter::new(Instrument::new(&builder, self))
    }

    fn f64_counter(&self, builder: InstrumentBuilder<'_, Counter<f64>>) -> Counter<f64> {
        Counter::new(Instrument::new(&builder, self))
    }

    fn i64_up_down_counter(&self, builder: InstrumentBuilder<'_, UpDownCounter<i64>>) -> UpDownCounter<i64> {
        UpDownCounter::new(Instrument::new(&builder, self))
    }
}

fn foreign() -> (Meter, Sums) {
    let foreign = Foreign::default();
    let sums = Arc::clone(&foreign.0);
    (Meter::new(Arc::new(foreign)), sums)
}

fn aggregator(config: AggregatorConfig) -> (Aggregator, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Aggregator::new(config, Arc::<ManualClock>::clone(&clock)), clock)
}

fn of(value: &str) -> [KeyValue; 1] {
    [KeyValue::new("a", value.to_owned())]
}

fn get(sums: &Sums, name: &str, attributes: &str) -> f64 {
    let key = (name.to_owned(), attributes.to_owned());
    sums.lock()
        .expect("not poisoned")
        .get(&key)
        .copied()
        .unwrap_or(f64::NAN)
}

#[test]
fn each_kind_arrives_once_with_its_definition() {
    let (aggregator, _) = aggregator(AggregatorConfig::default());
    let wait = Definition::new("wait").with_unit("s").with_help("Waiting");
    let wait = aggregator.float_counter(wait).unwrap();
    let (meter, sums) = foreign();
    let replay = aggregator.replay_into(&meter).unwrap();
    let jobs = aggregator.counter("jobs").unwrap();
    let open = aggregator.up_down_counter("open").unwrap();
    for round in 1..=3 {
        jobs.add(2, &of("x"));
        open.add(-1, &of("x"));
        wait.add(0.5, &of("x"));
        replay.flush();
        replay.flush();
        let all = ["jobs", "open", "wait s Waiting"].map(|name| get(&sums, name, "a=x"));
        let n = f64::from(round);
        assert_eq!(all, [2.0 * n, -n, 0.5 * n]);
    }
    let config = VisitConfig::default();
    assert_eq!(aggregator.snapshot(&config).len(), 0, "nothing is counted twice");
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let (meter, _) = foreign();
    let (one, _) = aggregator(AggregatorConfig::default());
    one.gauge("level").unwrap();
    let kind = vmotel_model::Kind::Gauge;
    let name = "level".to_owned();
    assert_eq!(
        one.replay_into(&meter).unwrap_err(),
        AggregatorError::NoReplay { name, kind }
    );

    let (other, _) = aggregator(AggregatorConfig::default());
    let replay = other.replay_into(&meter).unwrap();
    assert_eq!(other.replay_into(&meter).unwrap_err(), AggregatorError::Replayed);
    let refused = other.histogram("seconds", [1.0]).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("metric seconds: kind Histogram cannot be replayed"),
        "{refused}"
    );
    assert_eq!(
        replay.every(Duration::ZERO).unwrap_err(),
        AggregatorError::Interval
    );
}

#[test]
fn a_thread_replays_until_the_end_and_closing_twice_is_no_harm() {
    let (aggregator, _) = aggregator(AggregatorConfig::default());
    let jobs = aggregator.counter("jobs").unwrap();
    let (meter, sums) = foreign();
    let replay = aggregator
        .replay_into(&meter)
        .unwrap()
        .every(Duration::from_millis(1))
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50_000).for_each(|i| jobs.add(1, &of(&(i % 7).to_string()))));
        }
    });
    replay.close();
    replay.close();
    jobs.add(1, &of("late"));
    drop(replay);
    let total: f64 = sums.lock().unwrap().values().sum();
    assert_eq!(total, 200_000.0);
    assert_eq!(aggregator.stats().refused, 1);
}

proptest! {
    /// Whatever is evicted, folded or comes late through a handle: the foreign sums are those that were recorded.
    #[test]
    fn random_schedules_conserve_sums(
        steps in prop::collection::vec((0..6_u8, 0..12_u8, 1..100_u64), 1..200),
        bounded in any::<bool>(),
    ) {
        let clock = Arc::new(ManualClock::default());
        let config = AggregatorConfig { limit: 5, idle: Some(Duration::from_secs(20)) };
        let aggregator = if bounded {
            let limits = ControllerConfig { per_label: 3, per_metric: 5, ..ControllerConfig::default() };
            Aggregator::with_controller(config, Arc::<ManualClock>::clone(&clock), Controller::new(limits).unwrap())
        } else {
            Aggregator::new(config, Arc::<ManualClock>::clone(&clock))
        };
        let jobs = aggregator.counter("jobs").unwrap();
        let (meter, sums) = foreign();
        let replay = aggregator.replay_into(&meter).unwrap();
        let (mut recorded, mut handle) = (0, None);
        for (step, set, n) in steps {
            let attributes = of(&set.to_string());
            match step {
                0 | 1 => jobs.add(n, &attributes),
                2 => handle = Some(jobs.with(&attributes)),
                3 => handle.get_or_insert_with(|| jobs.with(&attributes)).add(n),
                4 => replay.flush(),
                _ => clock.forward(15),
            }
            if matches!(step, 0 | 1 | 3) {
                recorded += n;
            }
        }
        drop(handle);
        // What came late to an evicted series is admitted at one flush and delivered there or at the next one.
        replay.close();
        replay.flush();
        let total: f64 = sums.lock().unwrap().values().sum();
        prop_assert_eq!(total, recorded as f64);
    }
}
