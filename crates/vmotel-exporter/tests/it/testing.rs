//! What a user's tests of metrics rest on: isolation, both engines, golden files.

use std::{fs, thread};

use opentelemetry::KeyValue;
use vmotel_exporter::{
    Engine, Format, assert_golden, assert_metric,
    testing::{Samples, TestMeter, check, check_golden},
};

/// A program whose series do not come into being in the order of their labels.
fn program(test: &TestMeter) {
    let meter = test.meter();
    let orders = meter.u64_counter("orders").with_description("Orders").build();
    for (way, n) in [("invoice", 1), ("card", 2), ("", 4)] {
        orders.add(n, &[KeyValue::new("way", way), KeyValue::new("gift", false)]);
    }
    let time = meter.f64_histogram("checkout.time").with_unit("s");
    let time = time.with_boundaries(vec![0.5, 1.0]).build();
    time.record(0.75, &[KeyValue::new("way", "invoice")]);
    time.record(0.25, &[KeyValue::new("way", "card")]);
    meter.i64_up_down_counter("carts").build().add(-3, &[]);
    meter.f64_gauge("load").build().record(0.1 + 0.2, &[]);
}

#[test]
fn both_engines_show_the_golden_text() {
    for engine in [Engine::Sdk, Engine::Native] {
        let test = TestMeter::with_engine(engine);
        program(&test);
        assert_golden!(test, "tests/golden/program.txt");
        assert_metric!(test, "orders_total", [("way", "card"), ("gift", "false")], 2);
        assert_metric!(
            test,
            "checkout_time_seconds_bucket",
            [("le", "+Inf"), ("way", "card")],
            1_u64
        );
        assert_metric!(test, "carts", -3);
        assert_metric!(test, "load", 0.3);
        // The exporter itself, and the text of a scrape in another format.
        assert_metric!(test.exporter(), "carts", -3);
        let openmetrics = test.exporter().scrape(Format::OpenMetrics).expect("a scrape");
        assert_metric!(openmetrics, "orders_total", [("gift", "false")], 4);
        assert_eq!(test.value("orders_total", &[("way", "card")]), None);
    }
}

#[test]
fn a_golden_text_that_differs_is_shown() {
    let test = TestMeter::new();
    program(&test);
    test.meter().i64_up_down_counter("carts").build().add(1, &[]);
    // A copy, as the file itself is written anew where that is asked for.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program.txt");
    fs::write(&path, include_str!("../golden/program.txt")).unwrap();
    let difference = check_golden(&test, &path).unwrap_err();
    assert!(
        difference.ends_with("VMOTEL_BLESS=1 writes it anew\n- carts -3\n+ carts -2"),
        "{difference}"
    );
    let missing = check_golden(&test, "no/such/file".as_ref()).unwrap_err();
    assert!(missing.starts_with("cannot read no/such/file: "), "{missing}");
}

#[test]
fn meters_of_tests_do_not_see_each_other() {
    let counts = |n: u64| {
        let test = TestMeter::new();
        let counter = test.meter().u64_counter("calls").build();
        (0..n).for_each(|_| counter.add(1, &[]));
        assert_metric!(test, "calls_total", n);
        assert_eq!(test.samples().0.len(), 1);
    };
    thread::scope(|scope| (1..=8).for_each(|n| drop(scope.spawn(move || counts(n)))));
    // Nothing of it is global.
    opentelemetry::global::meter("other")
        .u64_counter("calls")
        .build()
        .add(1, &[]);
    assert_eq!(TestMeter::new().samples(), Samples::default());
}

#[test]
fn a_missing_series_fails_with_what_there_is() {
    let test = TestMeter::new();
    program(&test);
    let failure = check(&test, "orders", &[("way", "card"), ("gift", "false")], 2.into()).unwrap_err();
    assert!(
        failure.contains("\n  orders_total{gift=\"false\",way=\"card\"} 2    another name than orders\n"),
        "{failure}"
    );
}
