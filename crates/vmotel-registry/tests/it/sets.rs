//! Sets, and what is unregistered.

use vmotel_registry::Registry;

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
