//! Where the SDK departs from the specification, and the registry does not: each case with its sentence.

use super::*;

/// A provider whose instruments have at most so many sets of attributes each.
fn limited(per_metric: usize) -> (RegistryMeterProvider, Registry) {
    let config = RegistryConfig {
        per_metric,
        ..RegistryConfig::default()
    };
    let registry = Registry::with_config(config);
    (RegistryMeterProvider::new(&registry), registry)
}

/// Specification, "Attribute collections": "if a key is set more than once, the last value wins". The SDK keeps sets with both.
#[test]
fn of_duplicate_keys_the_last_wins_here() {
    let (_, registry) = native();
    let meter = RegistryMeterProvider::new(&registry).meter("shop");
    let counter = meter.u64_counter("requests").build();
    counter.add(
        1,
        &[
            KeyValue::new("a", "1"),
            KeyValue::new("b", "x"),
            KeyValue::new("a", "2"),
        ],
    );
    counter.add(1, &[KeyValue::new("b", "x"), KeyValue::new("a", "2")]);
    assert!(
        exposition(&registry)
            .contains(&"requests_total{a=\"2\",b=\"x\",otel_scope_name=\"shop\"} 2".to_owned())
    );
}

/// Specification, "Counter operations": "The increment value is expected to be non-negative". The SDK adds it, and the counter falls.
#[test]
fn a_counter_never_falls_here() {
    let (provider, registry) = native();
    let counter = provider.meter("shop").f64_counter("requests").build();
    counter.add(2.0, &[]);
    counter.add(-1.0, &[]);
    counter.add(f64::NAN, &[]);
    assert!(exposition(&registry).contains(&"requests_total{otel_scope_name=\"shop\"} 2".to_owned()));
    assert_eq!(registry.stats().refused, 2);
}

/// The SDK loses its pipeline: a lock stays poisoned. Specification, "Asynchronous instrument API": callbacks may fail.
#[test]
fn a_callback_that_panics_costs_no_other_series() {
    let (provider, registry) = native();
    let meter = provider.meter("shop");
    meter
        .u64_observable_gauge("bad")
        .with_callback(|_| panic!("on purpose"))
        .build();
    meter
        .u64_observable_gauge("good")
        .with_callback(|gauge| gauge.observe(1, &[]))
        .build();
    for round in 1..=2 {
        assert!(exposition(&registry).contains(&"good{otel_scope_name=\"shop\"} 1".to_owned()));
        let stats = registry.stats();
        assert_eq!(
            (stats.callback_panics, stats.last_panic.as_deref()),
            (round, Some("bad"))
        );
    }
}

/// The SDK adds u64 histograms up as integers and hands them over as doubles; beyond 2^53 counters stay whole on both.
#[test]
fn integers_beyond_doubles_stay_whole() {
    let (provider, registry) = native();
    let (sdk_provider, source) = sdk();
    for provider in [&provider as &dyn MeterProvider, &sdk_provider] {
        let meter = provider.meter("shop");
        meter.u64_counter("big").build().add((1 << 53) + 1, &[]);
        meter.u64_gauge("huge").build().record(u64::MAX, &[]);
        meter.i64_gauge("low").build().record(i64::MIN, &[]);
    }
    let text = exposition(&registry);
    assert!(
        text.contains(&"big_total{otel_scope_name=\"shop\"} 9007199254740993".to_owned()),
        "{text:#?}"
    );
    assert_eq!(text, exposition(&source));
}

#[test]
fn what_the_api_cannot_name_records_nothing() {
    let (provider, registry) = native();
    let meter = provider.meter("shop");
    for name in ["", "1st", "a b", "ä"] {
        meter.u64_counter(name).build().add(1, &[]);
    }
    meter
        .f64_histogram("h")
        .with_boundaries(vec![2.0, 1.0])
        .build()
        .record(1.0, &[]);
    meter
        .u64_counter("u")
        .with_unit("s".repeat(64))
        .build()
        .bind(&[])
        .add(1);
    assert_eq!(exposition(&registry), [""; 0]);
}

/// Specification, "Cardinality limits": "the hard limit on the number of metric data points". The SDK hands out what has no
/// attributes besides.
#[test]
fn what_has_no_attributes_counts_for_the_limit_here() {
    let (native, registry) = limited(1);
    let counter = native.meter("shop").u64_counter("requests").build();
    counter.add(1, &[KeyValue::new("a", "x")]);
    counter.add(2, &[]);
    counter.add(4, &[KeyValue::new("a", "y")]);
    let lines = exposition(&registry);
    let requests: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("requests_total{"))
        .collect();
    let folded = "requests_total{otel_metric_overflow=\"true\",otel_scope_name=\"shop\"} 6";
    assert_eq!(
        requests,
        ["requests_total{a=\"x\",otel_scope_name=\"shop\"} 1", folded]
    );
}

/// Specification, "Asynchronous instrument cardinality limits": "Aggregators of asynchronous instruments SHOULD prefer the
/// first-observed attributes in the callback when limiting cardinality". The SDK's gauges prefer those of callbacks before. And
/// "Asynchronous instrument": no data for sets "which are not observed during a successful callback".
#[test]
fn callbacks_begin_anew_at_each_collection_here() {
    let (native, registry) = limited(2);
    let rounds = Arc::new(Mutex::new(vec![
        vec![],
        vec!["d", "e", "a", "f"],
        vec!["d"],
        vec!["a", "b", "c"],
    ]));
    native
        .meter("shop")
        .u64_observable_gauge("level")
        .with_callback(move |gauge| {
            for (n, name) in (1..).zip(rounds.lock().expect("not poisoned").pop().unwrap_or_default()) {
                gauge.observe(n, &[KeyValue::new("n", name)]);
            }
        })
        .build();
    let series = || {
        let lines = exposition(&registry)
            .into_iter()
            .filter(|line| line.starts_with("level{"));
        lines
            .map(|line| line.replace("otel_scope_name=\"shop\"", ""))
            .collect::<Vec<_>>()
    };
    let folded = |n| format!("level{{otel_metric_overflow=\"true\",}} {n}");
    assert_eq!(
        series(),
        [
            "level{n=\"a\",} 1".to_owned(),
            "level{n=\"b\",} 2".to_owned(),
            folded(3)
        ]
    );
    assert_eq!(series(), ["level{n=\"d\",} 1"]);
    assert_eq!(
        series(),
        [
            "level{n=\"d\",} 1".to_owned(),
            "level{n=\"e\",} 2".to_owned(),
            folded(4)
        ]
    );
    assert_eq!(series(), [""; 0]);
    assert_eq!((registry.stats().series, registry.stats().overflowed), (0, 3));
}
