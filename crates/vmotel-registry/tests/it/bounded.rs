//! Behind a controller.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use vmotel_cardinality::{Controller, ControllerConfig};
use vmotel_registry::{Registry, RegistryConfig};

use crate::support::{Ledger, ManualClock};

fn bounded(config: ControllerConfig) -> (Registry, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let controller = Controller::new(config).expect("the limits are in range");
    let own = Arc::<ManualClock>::clone(&clock);
    let registry = Registry::with_controller_and_clock(RegistryConfig::default(), controller, own);
    (registry, clock)
}

#[test]
fn an_attack_folds_the_offending_label_only() {
    let (registry, _) = bounded(ControllerConfig {
        per_label: 10,
        ..ControllerConfig::default()
    });
    let family = registry.counter_family("c", ["status", "user"]).unwrap();
    for i in 0..5000_usize {
        let status = if i % 10 == 0 { "500" } else { "200" };
        family.add([status, &format!("user{i}")], 1);
    }
    let mut ledger = Ledger::default();
    ledger.collect(&registry);
    assert!(ledger.last.len() < 30, "{:?}", ledger.last);
    assert_eq!(ledger.sum(), 5000.0);
    let errors: f64 = ledger
        .values
        .iter()
        .filter(|((_, labels, _), _)| labels.contains("500"))
        .map(|(_, value)| value)
        .sum();
    assert_eq!(errors, 500.0, "the error rate stays true");
    assert_eq!(registry.stats().overflowed, 0);
}

#[test]
fn heavier_values_take_places_and_nothing_is_lost() {
    let (registry, clock) = bounded(ControllerConfig {
        per_label: 5,
        epoch: Duration::from_secs(10),
        ..ControllerConfig::default()
    });
    let family = registry.counter_family("c", ["user"]).unwrap();
    let early = family.with(["early0"]);
    let mut ledger = Ledger::default();
    let mut total = 0;
    for round in 0..12_u64 {
        for i in 0..5 {
            family.add([&format!("early{i}")], 1);
            total += 1;
        }
        for i in 0..400 {
            family.add([&format!("heavy{}", i % 4)], 1);
            total += 1;
        }
        early.add(round);
        total += round;
        clock.advance(Duration::from_secs(11));
        ledger.collect(&registry);
    }
    (0..3).for_each(|_| ledger.collect(&registry));
    let names: BTreeSet<_> = ledger.last.iter().map(|(_, labels)| labels.as_str()).collect();
    assert!(names.iter().any(|labels| labels.contains("heavy")), "{names:?}");
    assert!(names.len() <= 6, "{names:?}");
    assert_eq!(ledger.sum(), total as f64);
    assert!(registry.stats().removed > 0);
}
