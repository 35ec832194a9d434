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

#[test]
fn the_process_is_read_at_each_collection() {
    let registry = Registry::new();
    let observation = registry.process_metrics().unwrap();
    let text = scrape(&registry);
    let value = |text: &str, name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .unwrap()
    };
    if cfg!(target_os = "linux") {
        assert!(value(&text, "process_resident_memory_bytes") > 100_000.0);
        assert!(value(&text, "process_num_threads") >= 1.0);
        let own = vmotel_process::Process::current().read();
        let start = own.start_time.unwrap().as_secs_f64();
        assert!((value(&text, "process_start_time_seconds") - start).abs() < 1.0);
        let cpu = own.cpu.unwrap().total().as_secs_f64();
        assert!(value(&scrape(&registry), "process_cpu_seconds_total") <= cpu + 1.0);
    }
    drop(observation);
}
