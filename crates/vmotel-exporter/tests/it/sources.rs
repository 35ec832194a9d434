use std::sync::Arc;

use vmotel_exporter::{Engine, Format};
use vmotel_model::{
    Family, Kind, MetricSink, MetricSource, Number, Pairs, Point, Series, Snapshot, VisitConfig,
};

use super::{builder, get, header, listen, value};

/// A source of one gauge, which may panic.
#[derive(Debug)]
struct Fake {
    panics: Option<&'static str>,
}

impl MetricSource for Fake {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        assert_ne!(self.panics, Some("snapshot"), "a bad snapshot");
        Box::new(self)
    }
}

impl Snapshot for &Fake {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "fake",
            kind: Kind::Gauge,
            unit: "",
            help: "",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let point = Point::Number(Number::U64(5));
        sink.series(&Series {
            labels: &Pairs(&[]),
            text: None,
            point,
            start: None,
        });
        assert_ne!(self.panics, Some("visit"), "a bad visit");
    }
}

#[test]
fn a_source_that_panics_does_not_take_the_others_along() {
    for panics in ["snapshot", "visit"] {
        let exporter = builder()
            .with_source("bad", Arc::new(Fake { panics: Some(panics) }))
            .build()
            .unwrap();
        exporter.meter("m").u64_counter("c").build().add(1, &[]);
        let address = listen(&exporter);
        for _ in 0..2 {
            let answer = get(&address, &[]);
            assert_eq!(answer.status, 200);
            assert_eq!(header(&answer, "x-vmotel-failed-sources"), "bad");
            assert!(answer.text().contains("c_total{"), "{panics}: {}", answer.text());
        }
        let text = get(&address, &[]).text();
        assert_eq!(
            value(
                &text,
                "vmotel_exporter_scrapes_total{format=\"text\",outcome=\"partial\"}"
            ),
            Some(2.0)
        );
        assert!(value(&text, "vmotel_exporter_source_faults_total{source=\"bad\"}") >= Some(2.0));
        assert_eq!(
            value(&text, "vmotel_exporter_source_up{source=\"vmotel_registry\"}"),
            Some(1.0)
        );
        let status = exporter.status();
        let bad = status.iter().find(|source| source.name == "bad").unwrap();
        assert!(
            !bad.up
                && bad
                    .last_fault
                    .as_deref()
                    .is_some_and(|fault| fault.contains("a bad ")),
            "{bad:?}"
        );
    }
}

#[test]
fn a_callback_that_panics_fails_the_scrape_of_the_sdk_and_not_the_process() {
    let exporter = builder().with_engine(Engine::Sdk).build().unwrap();
    let meter = exporter.meter("m");
    meter.u64_counter("c").build().add(1, &[]);
    let _gauge = meter
        .u64_observable_gauge("g")
        .with_callback(|_| panic!("no reading"))
        .build();
    let address = listen(&exporter);
    // The SDK is the only source: nothing of the application is left, and the server's `up` says so.
    for _ in 0..2 {
        let answer = get(&address, &[]);
        assert_eq!(answer.status, 500);
        assert_eq!(header(&answer, "x-vmotel-failed-sources"), "opentelemetry_sdk");
        let text = answer.text();
        assert!(
            text.starts_with("# error: the source \"opentelemetry_sdk\" failed: ")
                && text.contains("no reading"),
            "{text}"
        );
        assert_eq!(
            value(&text, "vmotel_exporter_source_up{source=\"opentelemetry_sdk\"}"),
            Some(0.0)
        );
    }
    // Another source keeps the scrape alive.
    exporter
        .add_source("fake", Arc::new(Fake { panics: None }))
        .unwrap();
    let answer = get(&address, &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(value(&answer.text(), "fake"), Some(5.0));
    assert_eq!(
        value(
            &answer.text(),
            "vmotel_exporter_source_up{source=\"opentelemetry_sdk\"}"
        ),
        Some(0.0)
    );
}

#[test]
fn a_callback_that_panics_costs_the_registry_its_instrument() {
    let exporter = builder().with_engine(Engine::Native).build().unwrap();
    let meter = exporter.meter("m");
    meter.u64_counter("c").build().add(1, &[]);
    for (name, panics) in [("g", true), ("h", false)] {
        let _gauge = meter
            .u64_observable_gauge(name)
            .with_callback(move |gauge| {
                assert!(!panics, "no reading");
                gauge.observe(2, &[]);
            })
            .build();
    }
    let address = listen(&exporter);
    for _ in 0..2 {
        let answer = get(&address, &[]);
        assert_eq!(
            (answer.status, header(&answer, "x-vmotel-failed-sources").as_str()),
            (200, "")
        );
        let text = answer.text();
        let of = |name: &str| value(&text, &format!("{name}{{otel_scope_name=\"m\"}}"));
        assert_eq!(
            (of("c_total"), of("g"), of("h")),
            (Some(1.0), None, Some(2.0)),
            "{text}"
        );
    }
    let text = exporter.scrape(Format::Text).unwrap();
    // The third one is on the way.
    assert_eq!(value(&text, "vmotel_exporter_callback_panics_total"), Some(3.0));
    assert_eq!(
        exporter.warnings(),
        ["a callback of the instrument \"g\" panicked: it is not measured, the others are"]
    );
}

/// What a registry refuses is counted among the exporter's own metrics.
#[test]
fn measurements_that_are_no_numbers_are_counted() {
    let exporter = builder().with_engine(Engine::Native).build().unwrap();
    let sum = exporter.meter("m").f64_counter("c").build();
    for number in [1.0, -1.0, f64::NAN, f64::INFINITY] {
        sum.add(number, &[]);
    }
    let text = exporter.scrape(Format::Text).unwrap();
    assert_eq!(value(&text, "c_total{otel_scope_name=\"m\"}"), Some(1.0));
    assert_eq!(
        value(&text, "vmotel_exporter_refused_measurements_total"),
        Some(3.0)
    );
}

#[test]
fn any_failing_source_can_fail_the_scrape() {
    let bad = Arc::new(Fake {
        panics: Some("snapshot"),
    });
    let exporter = builder()
        .with(|config| config.fail_on_any_source = true)
        .with_source("bad", bad)
        .build()
        .unwrap();
    assert_eq!(get(&listen(&exporter), &[]).status, 500);
}

#[test]
fn names_of_sources_are_distinct() {
    let exporter = builder().build().unwrap();
    let add = |name: &str| {
        exporter
            .add_source(name, Arc::new(Fake { panics: None }))
            .map_err(|e| e.to_string())
    };
    assert_eq!(add("a"), Ok(()));
    assert_eq!(
        add("a"),
        Err("a source named \"a\" is there already, expected a name of its own for each source".into())
    );
    assert_eq!(
        add(""),
        Err("the source name \"\" cannot be used, expected 1 to 64 bytes".into())
    );
    for n in 0..62 {
        assert_eq!(add(&format!("n{n}")), Ok(()));
    }
    assert_eq!(
        add("last"),
        Err("the source \"last\" is one too many, expected at most 64".into())
    );
    assert_eq!(value(&exporter.scrape(Format::Text).unwrap(), "fake"), Some(5.0));
}

#[test]
fn a_registry_is_scraped_with_all_its_kinds() {
    use vmotel_registry::{Registry, SummaryConfig};

    let registry = Registry::new();
    registry.describe("jobs_total", "Jobs done");
    let jobs = registry.counter_family("jobs_total", ["queue", "ok"]).unwrap();
    jobs.add(["mail", "true"], 3);
    jobs.add(["a\"b", ""], 1);
    registry.gauge("depth").unwrap().set(-0.5);
    let sizes = registry.histogram("size_bytes{queue=\"mail\"}").unwrap();
    for size in [0.0, 100.0, 101.0] {
        sizes.record(size);
    }
    let seconds = registry.bucket_histogram("seconds", [0.1, 1.0]).unwrap();
    for value in [0.1, 0.5] {
        seconds.record(value);
    }
    let summary = registry.summary("wait", &SummaryConfig::default()).unwrap();
    for value in [1.0, 2.0, 3.0] {
        summary.record(value);
    }
    // A set with an equal series: the encoders add them up.
    registry
        .new_set()
        .counter("jobs_total{queue=\"mail\",ok=\"true\"}")
        .unwrap()
        .inc();

    let exporter = builder()
        .with_source("native", Arc::new(registry))
        .build()
        .unwrap();
    let address = listen(&exporter);
    let text = get(&address, &[]).text();
    for line in [
        "# HELP jobs_total Jobs done",
        "# TYPE jobs_total counter",
        "jobs_total{ok=\"true\",queue=\"mail\"} 4",
        "jobs_total{queue=\"a\\\"b\"} 1",
        "depth -0.5",
        "size_bytes_bucket{queue=\"mail\",vmrange=\"0...1.000e-09\"} 1",
        "size_bytes_bucket{queue=\"mail\",vmrange=\"8.799e+01...1.000e+02\"} 1",
        "size_bytes_bucket{queue=\"mail\",vmrange=\"1.000e+02...1.136e+02\"} 1",
        "size_bytes_sum{queue=\"mail\"} 201",
        "size_bytes_count{queue=\"mail\"} 3",
        "seconds_bucket{le=\"0.1\"} 1",
        "seconds_bucket{le=\"1\"} 2",
        "seconds_bucket{le=\"+Inf\"} 2",
        "seconds_sum 0.6",
        "wait{quantile=\"0.5\"} 2",
        "wait{quantile=\"1\"} 3",
        "wait_sum 6",
        "wait_count 3",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} is not in\n{text}");
    }
    // What is recorded is there at the next scrape.
    jobs.add(["mail", "true"], 1);
    let text = get(&address, &[]).text();
    assert_eq!(value(&text, "jobs_total{ok=\"true\",queue=\"mail\"}"), Some(5.0));
}
