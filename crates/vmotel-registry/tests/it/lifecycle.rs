//! Series come, go, and come back.

use std::{collections::BTreeMap, thread, time::Duration};

use proptest::prelude::*;
use vmotel_model::{MetricSource as _, VisitConfig};
use vmotel_registry::{Counter, RegistryConfig};

use crate::support::{Ledger, lines, registry, scrape, scrape_with};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_idle_series_goes_and_comes_back_at_zero_with_a_new_start() {
    let (registry, clock) = registry(RegistryConfig {
        idle: Some(5 * SECOND),
        ..RegistryConfig::default()
    });
    let family = registry.counter_family("c", ["a"]).unwrap();
    family.add(["x"], 7);
    let mut ledger = Ledger::default();
    ledger.collect(&registry);
    clock.advance(3 * SECOND);
    family.add(["y"], 1);
    ledger.collect(&registry);
    assert_eq!(ledger.last.len(), 2);
    clock.advance(3 * SECOND);
    // Handed out a last time, as what came in since the last time must not be lost.
    ledger.collect(&registry);
    assert_eq!(ledger.last.len(), 2);
    ledger.collect(&registry);
    assert_eq!(ledger.last, [("c".to_owned(), "a=\"y\"".to_owned())]);
    assert_eq!(registry.stats().removed, 1);
    family.add(["x"], 2);
    ledger.collect(&registry);
    let starts: Vec<_> = ledger
        .values
        .iter()
        .filter(|((_, labels, _), _)| labels == "a=\"x\"")
        .collect();
    assert_eq!(
        starts.iter().map(|(_, value)| **value).collect::<Vec<_>>(),
        [7.0, 2.0]
    );
    assert!(starts[1].0.2 > 6 * SECOND.as_nanos() as u64);
}

#[test]
fn a_handle_outlives_its_idle_series() {
    let (registry, clock) = registry(RegistryConfig {
        idle: Some(SECOND),
        ..RegistryConfig::default()
    });
    let handle = registry.counter("c{a=\"x\"}").unwrap();
    let gauge = registry.gauge("g").unwrap();
    handle.add(7);
    gauge.set(3.0);
    let mut ledger = Ledger::default();
    for _ in 0..4 {
        ledger.collect(&registry);
        clock.advance(2 * SECOND);
    }
    assert!(ledger.last.is_empty());
    handle.add(5);
    gauge.set(3.0);
    ledger.collect(&registry);
    assert_eq!(ledger.last.len(), 2);
    assert_eq!(ledger.total("a=\"x\""), 12.0);
    // Another one of the same labels is the same series.
    registry.counter("c{a=\"x\"}").unwrap().add(1);
    handle.add(1);
    assert_eq!(
        scrape(&registry),
        "# TYPE c Counter\nc{a=\"x\"} 7\n# TYPE g Gauge\ng 3\n"
    );
}

#[test]
fn a_gauge_that_is_set_to_what_it_was_is_not_idle() {
    let (registry, clock) = registry(RegistryConfig {
        idle: Some(SECOND),
        ..RegistryConfig::default()
    });
    let family = registry.gauge_family("g", ["a"]).unwrap();
    for _ in 0..10 {
        family.set(["x"], 1.0);
        clock.advance(2 * SECOND);
        assert_eq!(scrape(&registry), "# TYPE g Gauge\ng{a=\"x\"} 1\n");
    }
}

#[test]
fn a_finished_series_is_handed_out_a_last_time() {
    let (registry, _) = registry(RegistryConfig::default());
    let family = registry.counter_family("c", ["a"]).unwrap();
    family.add(["x"], 7);
    assert!(family.finish(["x"]));
    assert!(!family.finish(["z"]));
    family.add(["x"], 1);
    assert_eq!(scrape(&registry), "# TYPE c Counter\nc{a=\"x\"} 8\n");
    assert_eq!(scrape(&registry), "");
    family.add(["x"], 2);
    assert_eq!(scrape(&registry), "# TYPE c Counter\nc{a=\"x\"} 2\n");
    assert_eq!(registry.stats().series, 1);
}

/// Whoever holds a snapshot for long, for example as another source hangs, is in nobody's way.
#[test]
fn a_snapshot_beside_another_waits_for_nothing_and_takes_nothing_away() {
    let (registry, _) = registry(RegistryConfig::default());
    let family = registry.counter_family("c", ["a"]).unwrap();
    family.add(["x"], 7);
    family.add(["y"], 1);
    assert!(family.finish(["x"]));
    let plain = VisitConfig::default();
    let held = registry.snapshot(&plain);
    family.add(["x"], 2);
    let mut other = VisitConfig::default();
    other.constant_labels = vec![("job".to_owned(), "shop".to_owned())];
    thread::scope(|scope| {
        scope.spawn(|| {
            let shop = |values: [&str; 3]| {
                let [x, y, z] = values;
                format!("# TYPE c Counter\nc{{a=\"y\",job=\"shop\"}} {y}\n{z}c{{a=\"x\",job=\"shop\"}} {x}\n")
            };
            assert_eq!(scrape_with(&registry, &other), shop(["7", "1", ""]), "x leaves");
            assert!(family.finish(["y"]));
            family.add(["y"], 1);
            family.add(["z"], 5);
            let new = "c{a=\"z\",job=\"shop\"} 5\n";
            assert_eq!(
                scrape_with(&registry, &other),
                shop(["7", "2", new]),
                "y does not yet"
            );
        });
    });
    let text = "# TYPE c Counter\nc{a=\"y\"} 2\nc{a=\"z\"} 5\nc{a=\"x\"} 7\n";
    assert_eq!(lines(&*held), text);
    drop(held);
    let text = "# TYPE c Counter\nc{a=\"x\"} 2\nc{a=\"z\"} 5\nc{a=\"y\"} 2\n";
    assert_eq!(scrape(&registry), text, "y leaves, x is back");
    assert_eq!(
        scrape(&registry),
        "# TYPE c Counter\nc{a=\"x\"} 2\nc{a=\"z\"} 5\n"
    );
}

#[test]
fn what_is_beyond_the_limits_is_added_up() {
    let (registry, clock) = registry(RegistryConfig {
        per_metric: 2,
        total: 3,
        idle: Some(SECOND),
        ..RegistryConfig::default()
    });
    let family = registry.counter_family("c", ["a"]).unwrap();
    let other = registry.counter_family("d", ["a"]).unwrap();
    for i in 0..10_u64 {
        family.add([&i.to_string()], 1);
        other.add([&i.to_string()], 1);
    }
    let text = "# TYPE c Counter\nc{a=\"0\"} 1\nc{a=\"1\"} 1\nc{otel_metric_overflow=\"true\"} 8\n\
                # TYPE d Counter\nd{a=\"0\"} 1\nd{otel_metric_overflow=\"true\"} 9\n";
    assert_eq!(scrape(&registry), text);
    assert_eq!((registry.stats().overflowed, registry.stats().series), (17, 3));
    // When series go, there is room again; the overflow series stays.
    clock.advance(2 * SECOND);
    scrape(&registry);
    scrape(&registry);
    family.add(["7"], 1);
    assert_eq!(
        scrape(&registry),
        "# TYPE c Counter\nc{a=\"7\"} 1\nc{otel_metric_overflow=\"true\"} 8\n\
         # TYPE d Counter\nd{otel_metric_overflow=\"true\"} 9\n"
    );
}

#[derive(Debug, Clone)]
enum Step {
    Add(u8, u64),
    Take(u8),
    AddByHandle(usize, u64),
    Drop(usize),
    Finish(u8),
    Wait(u64),
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12_u8, 0..100_u64).prop_map(|(set, n)| Step::Add(set, n)),
        2 => (0..12_u8).prop_map(Step::Take),
        3 => (any::<usize>(), 0..100_u64).prop_map(|(handle, n)| Step::AddByHandle(handle, n)),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => (0..12_u8).prop_map(Step::Finish),
        2 => (0..4_u64).prop_map(Step::Wait),
        3 => Just(Step::Collect),
    ]
}

proptest! {
    /// Whatever comes and goes, what is handed out of a series, over all its starts, is what was added to it.
    #[test]
    fn nothing_is_lost_and_nothing_counted_twice(steps in proptest::collection::vec(step(), 0..300)) {
        let (registry, clock) = registry(RegistryConfig {
            idle: Some(5 * SECOND),
            ..RegistryConfig::default()
        });
        let family = registry.counter_family("c", ["a"]).unwrap();
        let mut model: BTreeMap<String, u64> = BTreeMap::new();
        let mut handles: Vec<(String, Counter)> = Vec::new();
        let mut ledger = Ledger::default();
        for step in steps {
            match step {
                Step::Add(set, n) => {
                    family.add([&set.to_string()], n);
                    *model.entry(set.to_string()).or_default() += n;
                }
                Step::Take(set) => handles.push((set.to_string(), family.with([&set.to_string()]))),
                Step::AddByHandle(which, n) if !handles.is_empty() => {
                    let (set, handle) = &handles[which % handles.len()];
                    handle.add(n);
                    *model.entry(set.clone()).or_default() += n;
                }
                Step::Drop(which) if !handles.is_empty() => {
                    handles.swap_remove(which % handles.len());
                }
                Step::Finish(set) => {
                    family.finish([&set.to_string()]);
                }
                Step::Wait(seconds) => clock.advance(seconds as u32 * SECOND),
                Step::Collect => ledger.collect(&registry),
                Step::AddByHandle(..) | Step::Drop(_) => {}
            }
        }
        // Late records need a collection to move on, and another one to be handed out.
        (0..3).for_each(|_| ledger.collect(&registry));
        for (set, total) in model {
            prop_assert_eq!(ledger.total(&format!("a={set:?}")), total as f64, "{}", set);
        }
    }
}
