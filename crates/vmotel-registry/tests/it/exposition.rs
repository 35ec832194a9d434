//! What is exposed.

use vmotel_registry::{Registry, RegistryConfig, RegistryError};

use crate::support::{Ledger, scrape, scrape_with};

fn fill(registry: &Registry) -> Result<(), RegistryError> {
    registry.describe("http_requests_total", "Requests \\ answered");
    let requests = registry.counter_family("http_requests_total", ["status", "method"])?;
    requests.add(["200", "GET"], 5);
    requests.add(["500", "GET"], 1);
    requests.with(["200", "POST"]).add(u64::MAX);
    registry
        .counter(r#"http_requests_total{method="GET",status="200"}"#)?
        .inc();
    registry.counter("http_requests_total")?.add(9);
    registry.float_counter("amount_total{c=\"CHF\"}")?.add(0.25);
    registry
        .gauge(("temperature", &[("room", "\"a\\b\"\n")]))?
        .set(-3.5);
    let latency = registry.bucket_histogram_family("latency_seconds", ["route"], [0.1, 1.0])?;
    latency.record(["/"], 0.1);
    latency.record(["/"], 5.0);
    latency.with(["/"]).record(0.5);
    Ok(())
}

const TEXT: &str = r#"# TYPE amount_total Counter
amount_total{c="CHF"} 0.25
# HELP http_requests_total Requests \ answered
# TYPE http_requests_total Counter
http_requests_total{method="GET",status="200"} 6
http_requests_total{method="GET",status="500"} 1
http_requests_total{method="POST",status="200"} 18446744073709551615
http_requests_total 9
# TYPE latency_seconds Histogram
latency_seconds_bucket{route="/",le="0.1"} 1
latency_seconds_bucket{route="/",le="1"} 1
latency_seconds_bucket{route="/",le="+Inf"} 1
latency_seconds_sum{route="/"} 5.6
latency_seconds_count{route="/"} 3
# TYPE temperature Gauge
temperature{room="\"a\\b\"\n"} -3.5
"#;

#[test]
fn text_is_as_expected_with_ready_text_and_without() {
    for ready_text in [true, false] {
        let registry = Registry::with_config(RegistryConfig {
            ready_text,
            ..RegistryConfig::default()
        });
        fill(&registry).unwrap();
        assert_eq!(scrape(&registry), TEXT);
        // Texts are kept, so look again.
        assert_eq!(scrape(&registry), TEXT);
    }
}

#[test]
fn constant_labels_and_other_configurations_get_their_own_text() {
    use vmotel_model::VisitConfig;

    let registry = Registry::new();
    registry.counter("a_total{x=\"1\"}").unwrap().inc();
    let plain = VisitConfig::default();
    let mut labelled = VisitConfig::default();
    labelled.constant_labels = vec![("service".to_owned(), "api".to_owned())];
    for _ in 0..2 {
        for (config, expected) in [
            (&plain, "a_total{x=\"1\"} 1\n"),
            (&labelled, "a_total{service=\"api\",x=\"1\"} 1\n"),
        ] {
            let out = scrape_with(&registry, config);
            assert_eq!(
                out.lines().last().map(|line| format!("{line}\n")).unwrap(),
                expected
            );
        }
    }
}

#[test]
fn thousands_of_series_are_found_again_and_handed_out_once() {
    let registry = Registry::new();
    let family = registry.counter_family("c", ["a", "b"]).unwrap();
    for round in 1..=3_u64 {
        for i in 0..5000 {
            family.add([&format!("a{}", i % 70), &format!("{}", i / 70)], round);
        }
    }
    assert_eq!(family.len(), 5000);
    let mut ledger = Ledger::default();
    ledger.collect(&registry);
    assert_eq!(ledger.last.len(), 5000);
    assert!(ledger.values.values().all(|value| *value == 6.0));
}

#[test]
fn errors_name_the_metric_and_what_is_expected() {
    let registry = Registry::new();
    fill(&registry).unwrap();
    let check = |error: RegistryError, expected: &str| assert_eq!(error.to_string(), expected);
    check(
        registry.gauge("http_requests_total").unwrap_err(),
        r#"the metric "http_requests_total" is a counter here, expected the same and not a gauge"#,
    );
    check(
        registry.new_counter("http_requests_total").unwrap_err(),
        r#"the series "http_requests_total" is here already, expected a new one"#,
    );
    assert!(
        registry
            .new_counter("http_requests_total{method=\"PUT\"}")
            .is_ok()
    );
    check(
        registry
            .bucket_histogram("latency_seconds{route=\"/\"}", [0.1])
            .unwrap_err(),
        r#"the metric "latency_seconds" is here with the bounds [0.1, 1.0], expected the same and not [0.1]"#,
    );
    check(
        registry.bucket_histogram("h", [2.0, 1.0]).unwrap_err(),
        r#"the metric "h" has the bound 1, expected finite bounds in ascending order"#,
    );
    check(
        registry.counter_family("c", ["a", "a"]).unwrap_err(),
        r#"the metric "c" has the label "a" twice, expected each label once"#,
    );
    check(
        registry.counter("up").unwrap_err(),
        r#"the metric name "up" becomes "up", which the scraping server writes itself; choose another name"#,
    );
}

#[test]
fn unusable_numbers_are_refused_and_counted() {
    let registry = Registry::new();
    let amount = registry.float_counter("amount_total").unwrap();
    let latency = registry.bucket_histogram("latency", [1.0]).unwrap();
    assert!(!amount.add(-1.0) && !amount.add(f64::NAN) && !amount.add(f64::INFINITY));
    assert!(!latency.record(f64::NAN));
    assert!(amount.add(1.5) && latency.record(-1.0));
    assert_eq!(registry.stats().refused, 4);
    assert_eq!((amount.get(), latency.counts()), (1.5, vec![1, 0]));
}

#[test]
fn long_values_are_cut_and_counted() {
    let registry = Registry::new();
    let visits = registry.counter_family("visits_total", ["page", "who"]).unwrap();
    let (fits, long) = ("x".repeat(4096), "x".repeat(4097));
    visits.add(["/", &fits], 1);
    assert_eq!(registry.stats().cut, 0);
    visits.add(["/", &long], 2);
    visits.add(["/", &long], 4);
    assert_eq!((registry.stats().cut, registry.stats().series), (2, 1));
    assert_eq!(visits.with(["/", &fits]).get(), 7);
}
