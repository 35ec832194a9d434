use std::sync::Arc;

use opentelemetry::{KeyValue, metrics::Meter};
use vmotel_exporter::{Engine, Exporter, Format, ListenError};
use vmotel_model::{
    Family, Kind, MetricSink, MetricSource, Number, Pairs, Point, Series, Snapshot, VisitConfig,
};
use vmotel_testkit::request;

use super::{ENGINES, builder, listen, value};

/// Records, scrapes twice (self-metrics tell of the scrape before) and returns the second text.
fn text(record: impl FnOnce(&Meter)) -> String {
    let exporter = builder()
        .with_scope_labels(false)
        .with_target_info(false)
        .build()
        .unwrap();
    record(&exporter.meter("m"));
    exporter.scrape(Format::Text).unwrap();
    exporter.scrape(Format::Text).unwrap()
}

/// Returns what is exposed beside the exporter's own metrics and comments.
fn lines(record: impl FnOnce(&Meter)) -> Vec<String> {
    let text = text(record);
    let own = |line: &&str| !line.starts_with('#') && !line.starts_with("vmotel_exporter_");
    text.lines().filter(own).map(str::to_owned).collect()
}

fn dropped(text: &str, reason: &str) -> Option<f64> {
    value(
        text,
        &format!("vmotel_exporter_dropped_series_total{{reason=\"{reason}\"}}"),
    )
}

#[test]
fn names_that_cannot_be_are_not_exposed() {
    for name in ["", "1st", "caf\u{e9}", "a b"] {
        assert_eq!(
            lines(|m| m.u64_counter(name).build().add(1, &[])),
            [""; 0],
            "{name:?}"
        );
    }
    // The server writes `up` itself.
    assert_eq!(lines(|m| m.u64_gauge("up").build().record(1, &[])), [""; 0]);
}

#[test]
fn labels_that_cannot_be_are_translated() {
    let check = |key: &'static str, label: &str| {
        let lines = lines(|m| m.u64_gauge("g").build().record(1, &[KeyValue::new(key, "v")]));
        assert_eq!(lines, [format!("g{{{label}=\"v\"}} 1")], "{key:?}");
    };
    check("", "key");
    check("a-b c", "a_b_c");
    check("9", "key_9");
    check("__name__", "key_name_");
    check("le", "le");
    check("job", "exported_job");
}

#[test]
fn le_of_a_histogram_gives_way() {
    let lines = lines(|m| {
        let histogram = m.f64_histogram("h").with_boundaries(vec![1.0]).build();
        histogram.record(0.5, &[KeyValue::new("le", "mine")]);
    });
    assert_eq!(lines[0], "h_bucket{exported_le=\"mine\",le=\"1\"} 1");
}

#[test]
fn conflicting_types_drop_all_but_one() {
    let text = text(|m| {
        m.u64_counter("jobs").build().add(1, &[]);
        m.u64_gauge("jobs_total").build().record(7, &[]);
    });
    assert_eq!(text.matches("# TYPE jobs_total ").count(), 1, "{text}");
    assert_eq!(text.matches("\njobs_total ").count(), 1, "{text}");
    assert_eq!(dropped(&text, "type"), Some(1.0), "{text}");
}

/// A name that the server owns is not exposed, one that is narrowed is exposed otherwise, and both are told, on either engine.
#[test]
fn names_that_are_not_exposed_as_given_are_told() {
    for (engine, _) in ENGINES {
        let exporter = builder().with_engine(engine).build().unwrap();
        let meter = exporter.meter("m");
        for name in ["up", "a.total.b", "plain"] {
            meter.u64_counter(name).build().add(1, &[]);
            meter.u64_gauge(name).build().record(1, &[]);
        }
        for _ in 0..2 {
            exporter.scrape(Format::Text).unwrap();
        }
        let mut warnings = exporter.warnings();
        warnings.retain(|warning| !warning.contains("types"));
        warnings.sort();
        assert_eq!(
            warnings,
            [
                "a metric is not exposed: the metric name \"up\" becomes \"up\", which the scraping server writes itself; choose \
                 another name",
                "the metric \"a.total.b\" is exposed as \"a_b_total\", which every path to VictoriaMetrics keeps, and not as the \
                 specification's \"a_total_b_total\"",
            ],
            "{engine:?}"
        );
    }
}

#[test]
fn conflicting_units_keep_all_series() {
    let exporter = builder()
        .with_target_info(false)
        .with_self_metrics(false)
        .build()
        .unwrap();
    exporter
        .meter("a")
        .u64_gauge("age_seconds")
        .with_unit("s")
        .build()
        .record(1, &[]);
    exporter
        .meter("b")
        .u64_gauge("age_seconds")
        .build()
        .record(2, &[]);
    let text = exporter.scrape(Format::OpenMetrics).unwrap();
    assert_eq!(text.matches("# TYPE age_seconds gauge").count(), 1, "{text}");
    assert!(text.contains("age_seconds{otel_scope_name=\"a\"} 1\n"), "{text}");
    assert!(text.contains("age_seconds{otel_scope_name=\"b\"} 2\n"), "{text}");
}

#[test]
fn what_the_server_would_drop_is_left_out_of_text_and_counted() {
    let exporter = builder()
        .with_engine(Engine::Sdk)
        .with_target_info(false)
        .build()
        .unwrap();
    let gauge = exporter.meter("m").u64_gauge("g").build();
    let value = |bytes| [KeyValue::new("k", "x".repeat(bytes))];
    gauge.record(1, &value(4096));
    gauge.record(2, &value(4097));
    let labels =
        |n: usize| -> Vec<KeyValue> { (0..n).map(|at| KeyValue::new(format!("k{at:02}"), "v")).collect() };
    // With the name, the scope, `job` and `instance`: 40 and 41.
    gauge.record(3, &labels(36));
    gauge.record(4, &labels(37));
    gauge.record(5, &[KeyValue::new("k".repeat(257), "v")]);
    let stored = |text: &str| -> Vec<char> {
        let mut values: Vec<char> = text
            .lines()
            .filter(|line| line.starts_with("g{"))
            .filter_map(|line| line.chars().last())
            .collect();
        values.sort_unstable();
        values
    };
    assert_eq!(stored(&exporter.scrape(Format::Text).unwrap()), ['1', '3']);
    let text = exporter.scrape(Format::Text).unwrap();
    for reason in ["too_many_labels", "long_label_name", "long_label_value"] {
        let line = format!("vmotel_exporter_dropped_series_total{{reason=\"{reason}\"}} 1\n");
        assert!(text.contains(&line), "{reason}: {text}");
    }
    // Who asks for OpenMetrics has other limits.
    assert_eq!(
        stored(&exporter.scrape(Format::OpenMetrics).unwrap()),
        ['1', '2', '3', '4', '5']
    );
}

/// The registry cuts a value to what the server takes, so that the measurement arrives.
#[test]
fn long_values_are_cut_by_the_registry_and_counted() {
    let exporter = builder().with_engine(Engine::Native).build().unwrap();
    let gauge = exporter.meter("m").u64_gauge("g").build();
    gauge.record(2, &[KeyValue::new("k", format!("{}yz", "x".repeat(4095)))]);
    gauge.record(3, &[KeyValue::new("k", "x".repeat(4096))]);
    let text = exporter.scrape(Format::Text).unwrap();
    for (last, number) in [("y", 2.0), ("x", 3.0)] {
        let series = format!("g{{k=\"{}{last}\",otel_scope_name=\"m\"}}", "x".repeat(4095));
        assert_eq!(value(&text, &series), Some(number), "{text}");
    }
    assert_eq!(value(&text, "vmotel_exporter_cut_measurements_total"), Some(1.0));
    assert_eq!(
        value(
            &text,
            "vmotel_exporter_dropped_series_total{reason=\"long_label_value\"}"
        ),
        Some(0.0)
    );
}

/// A source of gauges with values that are no ordinary numbers.
#[derive(Debug)]
struct Odd;

impl MetricSource for Odd {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(Self)
    }
}

impl Snapshot for Odd {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "odd",
            kind: Kind::Gauge,
            unit: "",
            help: "",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        for (at, value) in [
            ("down", f64::NEG_INFINITY),
            ("nan", f64::NAN),
            ("up", f64::INFINITY),
        ] {
            sink.series(&Series {
                labels: &Pairs(&[("at", at)]),
                text: None,
                point: Point::Number(Number::F64(value)),
                start: None,
            });
        }
    }
}

#[test]
fn nan_is_left_out_and_counted_infinities_stay() {
    let exporter = builder().with_source("odd", Arc::new(Odd)).build().unwrap();
    exporter.scrape(Format::Text).unwrap();
    let text = exporter.scrape(Format::Text).unwrap();
    assert!(
        text.contains("\nodd{at=\"down\"} -Inf\nodd{at=\"up\"} +Inf\n"),
        "{text}"
    );
    assert_eq!(dropped(&text, "nan"), Some(1.0), "{text}");
}

#[test]
fn the_sdk_does_not_record_what_is_no_finite_number() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(lines(|m| m.f64_gauge("g").build().record(value, &[])), [""; 0]);
    }
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = builder().with_port(port).build().unwrap().listen().unwrap_err();
    assert!(matches!(error, ListenError::Bind { .. }));
    assert_eq!(
        error.to_string(),
        format!("cannot listen on localhost:{port}, expected a free port (0 picks one)")
    );
    let error = builder()
        .with_host("no-such-host.invalid")
        .build()
        .unwrap()
        .listen()
        .unwrap_err();
    assert!(matches!(error, ListenError::Resolve { .. }), "{error}");
}

#[test]
fn an_unknown_environment_value_fails_the_build() {
    let build = |name: &'static str, value: &'static str| {
        let lookup = move |asked: &str| (asked == name).then(|| value.to_owned());
        Exporter::builder()
            .with_lookup(lookup)
            .with_global(false)
            .build()
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        build("OTEL_METRICS_EXPORTER", "statsd"),
        r#"OTEL_METRICS_EXPORTER has the value "statsd", expected a list of otlp and prometheus, or none"#
    );
    assert!(build("OTEL_RESOURCE_ATTRIBUTES", "a").starts_with("OTEL_RESOURCE_ATTRIBUTES has the entry"));
}

#[test]
fn switched_off_means_no_port_and_no_metrics() {
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_METRICS_EXPORTER", "none")] {
        let lookup = move |asked: &str| (asked == name).then(|| value.to_owned());
        let exporter = Exporter::builder()
            .with_lookup(lookup)
            .with_global(false)
            .build()
            .unwrap();
        exporter.meter("m").u64_counter("c").build().add(1, &[]);
        assert_eq!(exporter.listen().unwrap().local_addr(), None);
        assert!(
            exporter
                .scrape(Format::Text)
                .unwrap_err()
                .to_string()
                .starts_with("metrics are switched off")
        );
    }
}

#[test]
fn garbage_on_the_wire_harms_nothing() {
    use std::io::Write as _;
    let exporter = builder().build().unwrap();
    let address = listen(&exporter);
    for garbage in [&b"\0\xff\r\n\r\n"[..], b"GET /metrics", &[b'a'; 100_000]] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        // The listener may have closed already.
        let _ = stream.write_all(garbage);
    }
    assert_eq!(
        request(&address, "GET", "/metrics", &[], b"").unwrap().status,
        200
    );
}
