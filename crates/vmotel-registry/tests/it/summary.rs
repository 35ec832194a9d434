//! The window of a summary.

use std::time::Duration;

use vmotel_registry::{RegistryConfig, SummaryConfig};

use crate::support::registry;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn quantiles_forget_what_is_older_than_the_window() {
    let (registry, clock) = registry(RegistryConfig::default());
    let config = SummaryConfig {
        quantiles: vec![0.0, 0.5, 1.0],
        window: 2 * MINUTE,
    };
    let summary = registry.summary("s", &config).unwrap();
    let values = || summary.quantiles().iter().map(|q| q.value).collect::<Vec<_>>();
    assert!(values().is_empty());
    (1..=9).for_each(|n| assert!(summary.record(f64::from(n))));
    assert_eq!(values(), [1.0, 5.0, 9.0]);
    clock.advance(MINUTE);
    assert_eq!(values(), [1.0, 5.0, 9.0], "half a window");
    (11..=19).for_each(|n| assert!(summary.record(f64::from(n))));
    assert_eq!(values(), [1.0, 10.0 + 1.0, 19.0], "both halves");
    clock.advance(MINUTE);
    assert_eq!(values(), [11.0, 15.0, 19.0], "the first half is gone");
    clock.advance(5 * MINUTE);
    assert!(values().is_empty());
    assert_eq!(
        (summary.count(), summary.sum()),
        (18, 180.0),
        "sum and count stay"
    );
}

#[test]
fn a_window_turns_while_nobody_collects() {
    let (registry, clock) = registry(RegistryConfig::default());
    let summary = registry.summary("s", &SummaryConfig::default()).unwrap();
    for minute in 0..30 {
        (0..32).for_each(|_| assert!(summary.record(f64::from(minute))));
        clock.advance(MINUTE);
    }
    let quantiles = summary.quantiles();
    assert!(quantiles[0].value >= 25.0, "{quantiles:?}");
}

#[test]
fn quantiles_are_checked() {
    let (registry, _) = registry(RegistryConfig::default());
    let config = SummaryConfig {
        quantiles: vec![0.5, 1.5],
        ..SummaryConfig::default()
    };
    assert_eq!(
        registry.summary("s", &config).unwrap_err().to_string(),
        "the metric \"s\" has the quantiles [0.5, 1.5] over 300s, expected ascending ones from 0 to 1 over more than nothing"
    );
}
