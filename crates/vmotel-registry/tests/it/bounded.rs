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

/// The OpenTelemetry front on a registry whose limits hold for all of it.
#[cfg(feature = "opentelemetry")]
mod front {
    use opentelemetry::{KeyValue, metrics::MeterProvider};
    use vmotel_registry::{RegistryMeterProvider, Stream};

    use super::*;

    fn overflow(ledger: &Ledger) -> Vec<(&str, f64)> {
        let folded =
            |((_, labels, _), _): &(&(String, String, u64), &f64)| labels.contains("otel_metric_overflow");
        let values = ledger.values.iter().filter(folded);
        values
            .map(|((name, ..), value)| (name.as_str(), *value))
            .collect()
    }

    #[test]
    fn the_limit_of_all_series_holds_for_instruments() {
        let registry = Registry::with_config(RegistryConfig {
            total: 7,
            ..RegistryConfig::default()
        });
        let meter = RegistryMeterProvider::new(&registry).meter("shop");
        let counters = ["a", "b"].map(|name| meter.u64_counter(name).build());
        for n in 0..10 {
            for counter in &counters {
                counter.add(1, &[KeyValue::new("n", n)]);
            }
        }
        let mut ledger = Ledger::default();
        ledger.collect(&registry);
        assert_eq!(registry.stats().series, 7);
        assert_eq!(ledger.last.len(), 9, "each with one for what is beyond");
        assert_eq!(overflow(&ledger), [("a_total", 6.0), ("b_total", 7.0)]);
        assert_eq!((ledger.sum(), registry.stats().overflowed), (20.0, 13));
    }

    #[test]
    fn a_view_limits_one_instrument() {
        let registry = Registry::new();
        let provider = RegistryMeterProvider::new(&registry).with_view(|instrument| {
            (instrument.name == "a").then(|| Stream {
                cardinality_limit: Some(3),
                ..Stream::default()
            })
        });
        let meter = provider.meter("shop");
        let counters = ["a", "b"].map(|name| meter.u64_counter(name).build());
        for n in 0..10 {
            for counter in &counters {
                counter.add(1, &[KeyValue::new("n", n)]);
            }
        }
        let mut ledger = Ledger::default();
        ledger.collect(&registry);
        assert_eq!(registry.stats().series, 13);
        assert_eq!(overflow(&ledger), [("a_total", 7.0)]);
    }

    #[test]
    fn a_controller_folds_the_offending_attribute_only() {
        let (registry, clock) = bounded(ControllerConfig {
            per_label: 10,
            epoch: Duration::from_secs(10),
            ..ControllerConfig::default()
        });
        let meter = RegistryMeterProvider::new(&registry).meter("shop");
        let counter = meter.u64_counter("logins").build();
        let durations = meter.f64_histogram("latency").build();
        let mut ledger = Ledger::default();
        for round in 0..3 {
            for i in 0..2000_usize {
                let status = if i % 10 == 0 { 500 } else { 200 };
                let user = KeyValue::new("user", format!("user{round}-{i}"));
                counter.add(1, &[user.clone(), KeyValue::new("status", status)]);
                durations.record(1.0, &[KeyValue::new("status", status), user]);
            }
            clock.advance(Duration::from_secs(11));
            ledger.collect(&registry);
            assert!(ledger.last.len() < 60, "{:?}", ledger.last);
        }
        (0..3).for_each(|_| ledger.collect(&registry));
        assert_eq!(ledger.sum(), 12_000.0);
        let errors = ledger
            .values
            .iter()
            .filter(|((_, labels, _), _)| labels.contains("500"));
        assert_eq!(
            errors.map(|(_, value)| value).sum::<f64>(),
            1200.0,
            "the error rate stays true"
        );
        assert_eq!(registry.stats().overflowed, 0);
        // The report names the instrument by its scope.
        let report = registry.controller().expect("it has one").report(5);
        assert!(format!("{report:?}").contains("logins of shop"), "{report:?}");
    }
}
