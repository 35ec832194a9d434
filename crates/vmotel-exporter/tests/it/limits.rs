//! The limits on labels, and the SDK's own behind them.

use opentelemetry::KeyValue;
use vmotel_exporter::{Exporter, Format};

use super::{builder, value};

fn overflow(exporter: &Exporter, metric: &str) -> Option<f64> {
    let text = exporter.scrape(Format::Text).unwrap();
    value(
        &text,
        &format!("{metric}{{otel_metric_overflow=\"true\",otel_scope_name=\"shop\"}}"),
    )
}

#[test]
fn the_sdks_limit_is_raised_for_bounded_instruments_only() {
    let exporter = builder()
        .with(|config| config.limits.labels.per_metric = 2_999)
        .build()
        .unwrap();
    exporter.limits().add_instrument("bounded");
    let meter = exporter.meter("shop");
    let (bounded, own) = (
        meter.u64_counter("bounded").build(),
        meter.u64_counter("own").build(),
    );
    for number in 0..3_000 {
        bounded.add(1, &[KeyValue::new("k", number)]);
        own.add(1, &[KeyValue::new("k", number)]);
    }
    assert_eq!(overflow(&exporter, "bounded_total"), None);
    assert_eq!(overflow(&exporter, "own_total"), Some(1_000.0));
    bounded.add(1, &[KeyValue::new("k", 3_000)]);
    assert_eq!(overflow(&exporter, "bounded_total"), Some(1.0));
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
