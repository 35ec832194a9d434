//! The aggregator behind a controller, against a model that keeps every event.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use opentelemetry::{KeyValue, Value};
use vmotel_aggregate::{Aggregator, AggregatorConfig, Counter};
use vmotel_cardinality::{Controller, ControllerConfig, Fold};
use vmotel_model::{Clock, Family, MetricSink, MetricSource, Number, Point, Series, Timestamp, VisitConfig};

#[derive(Debug, Default)]
struct ManualClock(AtomicU64);

impl ManualClock {
    fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1_000_000_000, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    /// No two readings are equal, as on a real clock.
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

type Labels = BTreeMap<String, String>;

/// A server that stores what each collection hands over.
#[derive(Debug, Default)]
struct Server {
    series: HashMap<Labels, (u64, Timestamp)>,
    /// What was added up in all, by labels.
    totals: BTreeMap<Labels, u64>,
    /// The series of the collection under way.
    current: BTreeSet<Labels>,
    most: usize,
}

impl MetricSink for Server {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &Series<'_>) {
        let mut labels = Labels::new();
        series.labels.for_each(&mut |name, value| {
            labels.insert(name.to_owned(), value.to_owned());
        });
        let Point::Number(Number::U64(value)) = series.point else {
            panic!("a counter has numbers");
        };
        let start = series.start.expect("a counter has a start");
        let (last, begun) = self
            .series
            .insert(labels.clone(), (value, start))
            .unwrap_or_default();
        let added = if begun == start {
            assert!(value >= last, "{labels:?} went down within one life");
            value - last
        } else {
            assert!(start > begun, "{labels:?} began twice at one time");
            value
        };
        *self.totals.entry(labels.clone()).or_default() += added;
        assert!(self.current.insert(labels), "two series with equal labels");
    }
}

impl Server {
    fn scrape(&mut self, aggregator: &Aggregator) {
        self.current.clear();
        let config = VisitConfig::default();
        let snapshot = aggregator.snapshot(&config);
        for index in 0..snapshot.len() {
            snapshot.visit(index, self);
        }
        self.most = self.most.max(self.current.len());
    }

    fn sum(&self) -> u64 {
        self.totals.values().sum()
    }

    fn marginal(&self, names: &[&str]) -> BTreeMap<Vec<String>, u64> {
        let mut marginal = BTreeMap::new();
        for (labels, value) in &self.totals {
            let key = names
                .iter()
                .map(|name| labels.get(*name).cloned().unwrap_or_default())
                .collect();
            *marginal.entry(key).or_default() += value;
        }
        marginal
    }
}

fn build(config: ControllerConfig) -> (Aggregator, Arc<ManualClock>, Counter) {
    let clock = Arc::new(ManualClock(AtomicU64::new(1)));
    let controller = Controller::new(config).expect("the limits are in range");
    let aggregator = Aggregator::with_controller(
        AggregatorConfig::default(),
        Arc::<ManualClock>::clone(&clock),
        controller,
    );
    let counter = aggregator.counter("events").expect("a good name");
    (aggregator, clock, counter)
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % limit
    }
}

/// Sends `events` with one exploding label out of four from two threads, and holds what is exported to the truth.
fn explode(events: u64, per_metric: usize) {
    let (aggregator, clock, counter) = build(ControllerConfig {
        per_label: 100,
        per_metric,
        ..ControllerConfig::default()
    });
    let mut server = Server::default();
    let rounds = 100;
    let mut truth: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    let resident = resident_bytes();
    let mut grown = 0;
    for round in 0..rounds {
        thread::scope(|scope| {
            let parts: Vec<_> = (0..2)
                .map(|part| {
                    let counter = counter.clone();
                    scope.spawn(move || {
                        let mut truth: BTreeMap<[u64; 3], u64> = BTreeMap::new();
                        for number in (0..events / rounds).filter(|number| number % 2 == part) {
                            let number = round * (events / rounds) + number;
                            let innocent = [number % 3, number / 3 % 2, number / 6 % 4];
                            counter.add(
                                number % 5,
                                &[
                                    KeyValue::new("method", ["GET", "POST", "PUT"][innocent[0] as usize]),
                                    KeyValue::new("user", format!("user-{number}")),
                                    KeyValue::new("ok", ["true", "false"][innocent[1] as usize]),
                                    KeyValue::new("zone", ["a", "b", "c", "d"][innocent[2] as usize]),
                                ],
                            );
                            *truth.entry(innocent).or_default() += number % 5;
                        }
                        truth
                    })
                })
                .collect();
            for part in parts {
                for (key, value) in part.join().expect("no panic") {
                    let key = vec![
                        ["GET", "POST", "PUT"][key[0] as usize].to_owned(),
                        ["true", "false"][key[1] as usize].to_owned(),
                        ["a", "b", "c", "d"][key[2] as usize].to_owned(),
                    ];
                    *truth.entry(key).or_default() += value;
                }
            }
        });
        if round % 10 == 0 {
            clock.forward(10);
        }
        server.scrape(&aggregator);
        assert!(
            server.current.len() <= per_metric + 1,
            "{} series",
            server.current.len()
        );
        if round == 9 {
            grown = resident_bytes().saturating_sub(resident);
        }
    }
    // What evicted series still had comes with the next scrapes.
    server.scrape(&aggregator);
    server.scrape(&aggregator);
    assert_eq!(server.sum(), truth.values().sum::<u64>());
    assert_eq!(server.marginal(&["method", "ok", "zone"]), truth);
    let report = aggregator.controller().expect("it was given").report(1);
    assert_eq!(report.metrics[0].labels[0].name, "user");
    let distinct = report.metrics[0].labels[0].distinct;
    // Five standard errors of the estimate.
    assert!(
        (distinct / events as f64 - 1.0).abs() < 0.082,
        "{distinct} of {events}"
    );
    let later = resident_bytes().saturating_sub(resident);
    let figures = format!(
        "{events} unique values: at most {} series of {per_metric} + 1, resident +{} KiB after a tenth, +{} KiB at the end",
        server.most,
        grown / 1024,
        later / 1024
    );
    #[expect(clippy::print_stdout, reason = "the figures of the run")]
    {
        println!("{figures}");
    }
    // The truth above grows by nothing: only what the aggregator keeps counts.
    assert!(later < grown + 16 * 1024 * 1024, "{later} bytes after {grown}");
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.trim().split(' ').next()?.parse().ok())
        .unwrap_or_default();
    kib * 1024
}

#[test]
fn one_exploding_label_of_four_leaves_the_others_exact() {
    explode(100_000, 2_000);
}

#[test]
#[ignore = "deep run: 10^7 unique values take a minute or more"]
fn ten_million_unique_values() {
    explode(10_000_000, 2_000);
}

#[test]
fn random_schedules_conserve_sums_and_keep_the_limit() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let limit = 4 + random.below(40) as usize;
        let (aggregator, clock, counter) = build(ControllerConfig {
            per_label: 2 + random.below(20) as usize,
            per_metric: limit,
            total: 3 + random.below(60) as usize,
            idle_epochs: random.below(3) as u32,
            value_length: 24,
            fold: if seed % 2 == 0 {
                Fold::Other
            } else {
                Fold::Buckets {
                    count: 3,
                    seed: [7; 16],
                }
            },
            ..ControllerConfig::default()
        });
        let mut server = Server::default();
        let mut handles = Vec::new();
        let mut recorded = 0;
        for _ in 0..400 {
            match random.below(40) {
                0 => {
                    clock.forward(random.below(15));
                    server.scrape(&aggregator);
                    assert!(
                        server.current.len() <= limit + 1,
                        "{} of {limit}",
                        server.current.len()
                    );
                }
                1 if handles.len() < 8 => handles.push(counter.with(&[
                    KeyValue::new("a", random.below(2).to_string()),
                    KeyValue::new("c", random.below(200).to_string()),
                ])),
                2 => drop(handles.pop()),
                3..=9 if !handles.is_empty() => {
                    let at = random.below(handles.len() as u64) as usize;
                    handles[at].add(3);
                    recorded += 3;
                }
                _ => {
                    // Skewed, of several types, some too long, some empty, in several orders.
                    let value = random.below(100);
                    let c = random.below(200);
                    let mut set = [
                        KeyValue::new("a", Value::from(random.below(2) as i64)),
                        KeyValue::new("b", "x".repeat(random.below(30) as usize)),
                        KeyValue::new("c", c.to_string()),
                    ];
                    if c.is_multiple_of(2) {
                        set.reverse();
                    }
                    counter.add(value, &set[..1 + random.below(3) as usize]);
                    recorded += value;
                }
            }
        }
        drop(handles);
        for _ in 0..4 {
            server.scrape(&aggregator);
        }
        assert_eq!(server.sum(), recorded, "seed {seed}");
    }
}

#[test]
fn a_heavy_value_takes_the_place_of_a_light_one() {
    let (aggregator, clock, counter) = build(ControllerConfig {
        per_label: 2,
        ..ControllerConfig::default()
    });
    let user = |name: &'static str| [KeyValue::new("user", name)];
    counter.add(1, &user("ann"));
    counter.add(1, &user("bob"));
    let mut server = Server::default();
    let named = |server: &Server| -> Vec<String> {
        server
            .current
            .iter()
            .filter_map(|labels| labels.get("user").cloned())
            .collect()
    };
    for _ in 0..1_000 {
        counter.add(1, &user("eve"));
    }
    server.scrape(&aggregator);
    assert_eq!(named(&server), ["ann", "bob", "other"]);
    clock.forward(10);
    server.scrape(&aggregator); // the last value of whom eve replaces
    counter.add(5, &user("eve"));
    server.scrape(&aggregator);
    assert!(named(&server).contains(&"eve".to_owned()), "{:?}", server.current);
    assert_eq!(server.current.len(), 3);
    assert_eq!(server.sum(), 1_007);
    assert_eq!(aggregator.stats().evicted, 1);
}

#[test]
fn a_dry_run_folds_nothing_up_to_the_aggregators_limit() {
    let clock = Arc::new(ManualClock(AtomicU64::new(1)));
    let controller = Controller::new(ControllerConfig {
        per_label: 2,
        dry_run: true,
        ..ControllerConfig::default()
    })
    .expect("the limits are in range");
    let config = AggregatorConfig {
        limit: 10,
        ..AggregatorConfig::default()
    };
    let aggregator = Aggregator::with_controller(config, clock, controller.clone());
    let counter = aggregator.counter("events").expect("a good name");
    for number in 0..20 {
        counter.add(1, &[KeyValue::new("user", number.to_string())]);
    }
    let mut server = Server::default();
    server.scrape(&aggregator);
    assert_eq!((server.current.len(), server.sum()), (11, 20));
    assert!(controller.stats().folded_values >= 18);
}

#[test]
fn scrapes_and_evictions_beside_writers_lose_nothing() {
    const WRITERS: u64 = 3;
    let limit = 60;
    let (aggregator, clock, counter) = build(ControllerConfig {
        per_label: 20,
        per_metric: limit,
        idle_epochs: 1,
        hysteresis: 1.0,
        ..ControllerConfig::default()
    });
    let mut server = Server::default();
    let running = Arc::new(AtomicU64::new(WRITERS));
    let recorded: u64 = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (counter, running) = (counter.clone(), Arc::clone(&running));
                scope.spawn(move || {
                    let mut random = Random(writer);
                    let mut recorded = 0;
                    for number in 0..60_000_u64 {
                        // The popular users change, so that places change hands all the time.
                        let user = number / 5_000 * 7 + random.below(1 + random.0 % 40);
                        let value = random.below(10);
                        counter.add(
                            value,
                            &[
                                KeyValue::new("ok", ["true", "false"][(number % 2) as usize]),
                                KeyValue::new("user", user.to_string()),
                            ],
                        );
                        recorded += value;
                    }
                    running.fetch_sub(1, Ordering::Relaxed);
                    recorded
                })
            })
            .collect();
        while running.load(Ordering::Relaxed) > 0 {
            clock.forward(10);
            server.scrape(&aggregator);
            assert!(
                server.current.len() <= limit + 1,
                "{} series",
                server.current.len()
            );
        }
        writers
            .into_iter()
            .map(|writer| writer.join().expect("no panic"))
            .sum()
    });
    for _ in 0..4 {
        server.scrape(&aggregator);
    }
    assert!(aggregator.stats().evicted > 100, "{:?}", aggregator.stats());
    assert_eq!(server.sum(), recorded);
    let by_ok: u64 = server.marginal(&["ok"]).values().sum();
    assert_eq!(by_ok, recorded);
}
