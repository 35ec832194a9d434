//! Memory under a flood of unique values: a binary of its own, as it reads the resident memory of the process.

use std::collections::HashSet;
use std::fmt::Write as _;

use vmotel_cardinality::{Controller, ControllerConfig};

/// 10^7 unique values: the memory is that of the limits.
fn flood(values: u64) {
    let controller = Controller::new(ControllerConfig::default()).expect("the limits are in range");
    let metric = controller
        .metric("m", &["id"])
        .expect("a metric within the limit");
    let mut sets = HashSet::new();
    let mut text = String::new();
    let mut middle = 0;
    for number in 0..values {
        text.clear();
        write!(text, "user-{number}").expect("a String takes all text");
        sets.insert(metric.check(&[&text]).set());
        if number == values / 2 {
            middle = resident();
        }
        if number % 1_000_000 == 999_999 {
            drop(controller.tick());
        }
    }
    assert!(sets.len() <= 2_001 + 1_000 * (values / 1_000_000) as usize);
    assert!(controller.stats().sets <= 2_000);
    let distinct = controller.report(1).metrics[0].labels[0].distinct;
    assert!((distinct / values as f64 - 1.0).abs() < 0.05, "{distinct}");
    assert!(resident() <= middle + 1_024, "{middle} to {} KiB", resident());
}

/// Returns the resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[test]
fn a_flood_takes_bounded_memory() {
    flood(300_000);
}

#[test]
#[ignore = "reason: deep run"]
fn a_flood_takes_bounded_memory_deep() {
    flood(10_000_000);
}
