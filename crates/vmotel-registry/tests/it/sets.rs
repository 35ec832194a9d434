//! Sets, and what is unregistered.

use vmotel_registry::{Registry, RegistryConfig};

use crate::support::scrape;

#[test]
fn sets_are_handed_out_together_and_removed_alone() {
    let registry = Registry::new();
    registry.counter("a_total").unwrap().add(1);
    let set = registry.new_set();
    set.counter("a_total").unwrap().add(2);
    set.gauge("b").unwrap().set(1.0);
    // Two families of one name, which the encoders merge.
    let text = scrape(&registry);
    let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a_total 1", "a_total 2", "b 1"]);
    assert_eq!(scrape(&set), text);
    set.unregister_all();
    assert_eq!(scrape(&registry), "# TYPE a_total Counter\na_total 1\n");
    assert!(!registry.unregister("b"));
    assert!(registry.unregister("a_total"));
    assert_eq!(scrape(&registry), "");
    assert_eq!(registry.stats().series, 0);
}

#[test]
fn a_metric_that_was_unregistered_can_be_of_another_type() {
    let registry = Registry::new();
    let old = registry.counter("a").unwrap();
    old.inc();
    registry.unregister("a");
    registry.gauge("a").unwrap().set(5.0);
    old.inc();
    assert_eq!(scrape(&registry), "# TYPE a Gauge\na 5\n");
}

#[test]
fn a_registry_that_is_collected_twice_at_once_is_handed_out_once() {
    use vmotel_model::{MetricSource, VisitConfig};

    let registry = Registry::new();
    registry.counter("a").unwrap().inc();
    let config = VisitConfig::default();
    let one = registry.snapshot(&config);
    let other = registry.snapshot(&config);
    assert_eq!((one.len(), other.len()), (1, 0));
    drop((one, other));
    assert_eq!(registry.snapshot(&config).len(), 1);
}

#[test]
fn a_family_that_was_unregistered_takes_no_room_any_more() {
    let registry = Registry::with_config(RegistryConfig {
        total: 3,
        ..RegistryConfig::default()
    });
    let family = registry.counter_family("old", ["n"]).unwrap();
    let kept = family.with(["0"]);
    family.add(["1"], 1);
    assert!(registry.unregister("old"));
    assert_eq!(registry.stats().series, 0);
    // What comes in is void, and it is counted.
    for n in ["0", "1", "2", "3", "4"] {
        family.add([n], 1);
    }
    kept.inc();
    assert_eq!((registry.stats().series, registry.stats().overflowed), (0, 3));

    let new = registry.counter_family("new", ["n"]).unwrap();
    for n in ["0", "1", "2"] {
        new.add([n], 1);
    }
    assert_eq!((registry.stats().series, registry.stats().overflowed), (3, 3));
    family.finish(["0"]);
    assert_eq!(
        scrape(&registry),
        "# TYPE new Counter\nnew{n=\"0\"} 1\nnew{n=\"1\"} 1\nnew{n=\"2\"} 1\n"
    );
    // The room of each is given back once.
    registry.unregister("new");
    assert_eq!(registry.stats().series, 0);
}

#[test]
fn of_two_that_make_a_series_at_one_time_one_does() {
    use std::{sync::Barrier, thread};

    let registry = Registry::new();
    let barrier = Barrier::new(3);
    let rounds = 2_000;
    let made: Vec<Vec<bool>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    (0..rounds)
                        .map(|round| {
                            let labels = [("round", round.to_string())];
                            let labels = labels.each_ref().map(|(key, value)| (*key, value.as_str()));
                            barrier.wait();
                            registry.new_counter(("c_total", &labels)).is_ok()
                        })
                        .collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for round in 0..rounds {
        let winners = made.iter().filter(|made| made[round]).count();
        assert_eq!(winners, 1, "round {round}");
    }
    assert_eq!(registry.stats().series, rounds);
}
