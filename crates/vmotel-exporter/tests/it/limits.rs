//! The limits on labels, and the engine's own behind them.

use opentelemetry::KeyValue;
use vmotel_exporter::{Engine, Exporter, Format};

use super::{builder, value};

fn overflow(exporter: &Exporter, metric: &str) -> Option<f64> {
    let text = exporter.scrape(Format::Text).unwrap();
    value(
        &text,
        &format!("{metric}{{otel_metric_overflow=\"true\",otel_scope_name=\"shop\"}}"),
    )
}

#[test]
fn the_engines_limit_is_raised_for_bounded_instruments_only() {
    for (engine, beyond) in [(Engine::Native, 1_000.0), (Engine::Sdk, 9_000.0)] {
        let exporter = builder()
            .with_engine(engine)
            .with(|config| config.limits.labels.per_metric = 10_999)
            .build()
            .unwrap();
        exporter.limits().add_instrument("bounded");
        let meter = exporter.meter("shop");
        let (bounded, own) = (
            meter.u64_counter("bounded").build(),
            meter.u64_counter("own").build(),
        );
        for number in 0..11_000 {
            bounded.add(1, &[KeyValue::new("k", number)]);
            own.add(1, &[KeyValue::new("k", number)]);
        }
        assert_eq!(overflow(&exporter, "bounded_total"), None, "{engine:?}");
        assert_eq!(overflow(&exporter, "own_total"), Some(beyond), "{engine:?}");
        bounded.add(1, &[KeyValue::new("k", 11_000)]);
        assert_eq!(overflow(&exporter, "bounded_total"), Some(1.0), "{engine:?}");
    }
}

/// What the limits let through in all has room, beside as much of other instruments.
#[test]
fn the_registry_has_room_for_all_that_is_bounded() {
    let exporter = builder()
        .with(|config| {
            config.limits.labels.per_metric = 150_000;
            config.limits.labels.total = 150_000;
        })
        .build()
        .unwrap();
    exporter.limits().add_instrument("bounded");
    let bounded = exporter.meter("shop").u64_counter("bounded").build();
    for number in 0..150_001 {
        bounded.add(1, &[KeyValue::new("k", number)]);
    }
    assert_eq!(exporter.registry().unwrap().stats().overflowed, 0);
    assert_eq!(overflow(&exporter, "bounded_total"), None);
}

#[test]
fn limits_on_all_fold_the_guilty_label_of_any_instrument() {
    let exporter = builder()
        .with_limits_on_all(true)
        .with(|config| config.limits.labels.per_label = 10)
        .build()
        .unwrap();
    exporter.limits().add_instrument("bounded");
    let meter = exporter.meter("shop");
    // What the families bound is passed over: it would be folded, and counted, twice.
    for name in ["bounded", "own"] {
        let counter = meter.u64_counter(name).build();
        for number in 0..100 {
            counter.add(1, &[KeyValue::new("ok", true), KeyValue::new("user", number)]);
        }
    }
    let text = exporter.scrape(Format::Text).unwrap();
    let series = |name: &str| {
        text.lines()
            .filter(|line| line.starts_with(&format!("{name}{{")))
            .count()
    };
    assert_eq!((series("bounded_total"), series("own_total")), (100, 11));
    let of = |name: &str| value(&text, name).unwrap();
    assert_eq!(
        of("own_total{ok=\"true\",otel_scope_name=\"shop\",user=\"other\"}"),
        90.0
    );
    assert_eq!(
        of("own_total{ok=\"true\",otel_scope_name=\"shop\",user=\"9\"}"),
        1.0
    );
    let folded = "vmotel_exporter_label_values_folded_total";
    assert!(of(&format!("{folded}{{label=\"user\",metric=\"own of shop\"}}")) >= 1.0);
    assert_eq!(
        of(&format!("{folded}{{label=\"ok\",metric=\"own of shop\"}}")),
        0.0
    );
    assert!(!text.contains("metric=\"bounded"), "{text}");
    assert_eq!(of("vmotel_exporter_label_sets"), 11.0);
    assert_eq!(of("vmotel_exporter_overflowed_measurements_total"), 0.0);
}

#[test]
fn the_environment_sets_the_limits() {
    let lookup = |name: &str| (name == "VMOTEL_CARDINALITY_PER_METRIC").then(|| "50".to_owned());
    let exporter = builder().with_lookup(lookup).build().unwrap();
    assert_eq!(exporter.limits().most_sets(), 51);

    let bad = |name: &str| (name == "VMOTEL_CARDINALITY_PER_METRIC").then(|| "lots".to_owned());
    let error = builder().with_lookup(bad).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "VMOTEL_CARDINALITY_PER_METRIC has the value \"lots\", expected 1 to 1000000"
    );
    let error = builder()
        .with(|config| config.limits.labels.total = 0)
        .build()
        .unwrap_err();
    assert_eq!(error.to_string(), "total is 0, expected 1 to 10000000");
}

#[test]
fn self_metrics_name_the_guilty_label() {
    let exporter = builder()
        .with(|config| config.limits.labels.per_label = 10)
        .build()
        .unwrap();
    let metric = exporter
        .limits()
        .controller()
        .metric("requests", &["method", "user"])
        .unwrap();
    for number in 0..100 {
        let _ = metric.check(&["GET", &number.to_string()]);
    }
    let text = exporter.scrape(Format::Text).unwrap();
    let of = |name: &str| value(&text, name).unwrap();
    let folded = "vmotel_exporter_label_values_folded_total";
    assert_eq!(
        of(&format!("{folded}{{label=\"user\",metric=\"requests\"}}")),
        90.0
    );
    assert_eq!(
        of(&format!("{folded}{{label=\"method\",metric=\"requests\"}}")),
        0.0
    );
    let distinct = of("vmotel_exporter_label_values{label=\"user\",metric=\"requests\"}");
    assert!((distinct - 100.0).abs() < 10.0, "{distinct}");
    assert_eq!(of("vmotel_exporter_label_sets"), 11.0);
}
