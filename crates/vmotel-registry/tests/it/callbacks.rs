//! What is read at collection.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use vmotel_registry::Registry;

use crate::support::scrape;

#[test]
fn a_callback_is_called_once_per_collection_until_it_is_dropped() {
    let registry = Registry::new();
    let calls = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&calls);
    let observation = registry
        .gauge_callback("queue_length{queue=\"mail\"}", move || {
            (read.fetch_add(1, Ordering::Relaxed) + 1) as f64
        })
        .unwrap();
    assert_eq!(
        scrape(&registry),
        "# TYPE queue_length Gauge\nqueue_length{queue=\"mail\"} 1\n"
    );
    assert_eq!(
        scrape(&registry),
        "# TYPE queue_length Gauge\nqueue_length{queue=\"mail\"} 2\n"
    );
    drop(observation);
    scrape(&registry);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[test]
fn a_callback_that_panics_is_counted_and_the_scrape_is_complete() {
    let registry = Registry::new();
    registry.on_collect("bad", || panic!("on purpose")).keep();
    registry.gauge_callback("good", || 1.0).unwrap().keep();
    assert_eq!(scrape(&registry), "# TYPE good Gauge\ngood 1\n");
    let stats = registry.stats();
    assert_eq!(
        (stats.callback_panics, stats.last_panic.as_deref()),
        (1, Some("bad"))
    );
}

#[test]
fn a_callback_may_use_the_registry() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry
        .on_collect("nested", move || {
            inner.counter("made_total").unwrap().inc();
            assert_eq!(scrape(&inner), "");
        })
        .keep();
    assert_eq!(scrape(&registry), "# TYPE made_total Counter\nmade_total 1\n");
    assert_eq!(registry.stats().callback_panics, 0);
}
