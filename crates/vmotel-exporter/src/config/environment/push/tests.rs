use std::{path::Path, time::Duration};

use crate::{Config, Exporter, Push, Target, Temporality};

fn config(variables: &'static [(&'static str, &'static str)]) -> Result<Config, String> {
    Config::from_lookup(|name| lookup(variables, name)).map_err(|error| error.to_string())
}

fn lookup(variables: &[(&str, &str)], name: &str) -> Option<String> {
    let found = variables.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

fn push(variables: &'static [(&'static str, &'static str)]) -> Push {
    config(variables).unwrap().push.expect("something is pushed")
}

/// By the table of the specification: which exporters, and where to.
#[test]
fn exporters_and_endpoints() {
    let check = |variables, pull, target: Option<&str>| {
        let config = config(variables).unwrap();
        let pushed = config.push.map(|push| format!("{:?}", push.target));
        let target = target.map(|target| format!("Target({target})"));
        assert_eq!((config.pull, pushed), (pull, target), "{variables:?}");
    };
    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://vm:8428/opentelemetry");
    const EXACT: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://gate/m");
    let victoria = "otlp with gzip to http://vm:8428/opentelemetry/v1/metrics";
    check(&[], true, None);
    check(&[ENDPOINT], true, Some(victoria));
    check(
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://vm:8428/opentelemetry/")],
        true,
        Some(victoria),
    );
    check(&[ENDPOINT, EXACT], true, Some("otlp with gzip to https://gate/m"));
    check(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "prometheus")], true, None);
    check(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "none")], false, None);
    check(
        &[ENDPOINT, ("OTEL_METRICS_EXPORTER", "otlp")],
        false,
        Some(victoria),
    );
    check(
        &[ENDPOINT, ("OTEL_METRICS_EXPORTER", "otlp, Prometheus")],
        true,
        Some(victoria),
    );
    check(
        &[("OTEL_METRICS_EXPORTER", "otlp")],
        false,
        Some("otlp with gzip to http://localhost:4318/v1/metrics"),
    );
    check(
        &[ENDPOINT, ("OTEL_EXPORTER_OTLP_COMPRESSION", "none")],
        true,
        Some("otlp to http://vm:8428/opentelemetry/v1/metrics"),
    );
}

#[test]
fn settings_for_metrics_win_over_general_ones() {
    let push = push(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://vm/opentelemetry"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x=general"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            "authorization=Basic%20YTpi, x-scope=shop",
        ),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2000"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/tls/ca.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/tls/general.pem"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
            "/tls/metrics.pem",
        ),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/tls/key.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Cumulative"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "15000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "5000"),
    ]);
    assert_eq!(push.request_timeout, Duration::from_secs(2));
    assert_eq!(push.interval, Duration::from_secs(15));
    assert_eq!(push.export_timeout, Duration::from_secs(5));
    assert_eq!(push.headers.len(), 2);
    assert_eq!(push.headers["authorization"], "Basic YTpi");
    assert_eq!(push.headers["x-scope"], "shop");
    assert!(!format!("{push:?} {:?}", push.headers).contains("YTpi"));
    assert_eq!(push.ca_file.as_deref(), Some(Path::new("/tls/ca.pem")));
    assert_eq!(
        push.client_certificate_file.as_deref(),
        Some(Path::new("/tls/metrics.pem"))
    );
    assert_eq!(push.client_key_file.as_deref(), Some(Path::new("/tls/key.pem")));
}

#[test]
fn bad_values_are_errors_that_name_what_is_allowed() {
    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://vm:8428/opentelemetry");
    let check = |name, value, expected: &str| {
        let variables = [(name, value), ENDPOINT, ("OTEL_METRICS_EXPORTER", "otlp")];
        let error = Config::from_lookup(|name| lookup(&variables, name)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(name) && text.contains(expected),
            "{name}={value}: {text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    };
    check(
        "OTEL_METRICS_EXPORTER",
        "console",
        "a list of otlp and prometheus, or none",
    );
    for value in ["grpc", "http/json"] {
        check("OTEL_EXPORTER_OTLP_PROTOCOL", value, "expected http/protobuf");
        check(
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            value,
            "expected http/protobuf",
        );
    }
    check("OTEL_EXPORTER_OTLP_COMPRESSION", "br", "gzip, none or zstd");
    check("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds");
    check("OTEL_METRIC_EXPORT_INTERVAL", "0", "milliseconds");
    check("OTEL_METRIC_EXPORT_TIMEOUT", "-1", "milliseconds");
    check("OTEL_EXPORTER_OTLP_INSECURE", "yes", "true or false");
    for value in ["delta", "lowmemory"] {
        check(
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            value,
            "cumulative: of deltas, VictoriaMetrics",
        );
    }
    check("VMOTEL_FORCE_DELTA", "yes", "true or false");
    check("OTEL_EXPORTER_OTLP_HEADERS", "authorization s3cret", "key=value");
    check(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "a b=s3cret",
        "names and values of HTTP headers",
    );
    check(
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "some",
        "always_on, always_off or trace_based",
    );
    check(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "native",
        "explicit_bucket_histogram or base2_exponential_bucket_histogram",
    );
    check("OTEL_CONFIG_FILE", "/otel.yaml", "not read");
}

#[test]
fn deltas_are_taken_from_those_who_insist() {
    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://vm:8428/opentelemetry");
    const FORCE: (&str, &str) = ("VMOTEL_FORCE_DELTA", "true");
    const DELTA: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
    const LOW: (&str, &str) = (DELTA.0, "lowmemory");
    assert_eq!(
        push(&[ENDPOINT, FORCE, DELTA]).temporality,
        Temporality::ForcedDelta
    );
    assert_eq!(push(&[ENDPOINT, FORCE]).temporality, Temporality::Cumulative);
    let error = config(&[ENDPOINT, DELTA]).unwrap_err();
    assert!(
        error.ends_with("delta is taken with VMOTEL_FORCE_DELTA=true"),
        "{error}"
    );
    let error = config(&[ENDPOINT, FORCE, LOW]).unwrap_err();
    assert!(error.ends_with("expected cumulative or delta"), "{error}");
    // Remote write has no way to tell them.
    let build = |variables: &'static [_]| {
        Exporter::builder()
            .with_lookup(|name| lookup(variables, name))
            .with_global(false)
            .with_push_to(Target::victoria("http://127.0.0.1:8428").remote_write())
            .build()
            .map(drop)
    };
    let error = build(&[FORCE, DELTA]).unwrap_err().to_string();
    assert_eq!(
        error,
        "push.temporality has the value \"ForcedDelta\", expected Cumulative, as remote write has no deltas"
    );
}

/// What is set for the traces of a service that is only scraped does not concern its metrics.
#[test]
fn a_service_that_is_only_scraped_reads_none_of_it() {
    let traces = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces:4317");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let other = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces:55680");
    let asked = ("OTEL_METRICS_EXPORTER", "otlp");
    let ours = (
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "http://vm:8428/opentelemetry/v1/metrics",
    );
    let read = |variables: &[(&str, &str)]| Config::from_lookup(|name| lookup(variables, name));
    for variables in [
        &[("OTEL_METRICS_EXPORTER", "prometheus"), traces, grpc][..],
        &[traces],
        &[other, grpc],
    ] {
        let config = read(variables).unwrap();
        assert_eq!((config.pull, config.push), (true, None), "{variables:?}");
    }
    // Where pushes are asked for, that is a mistake, and told.
    assert!(read(&[other, grpc, asked]).is_err());
    assert!(read(&[traces, asked]).unwrap().validate().is_err());
    assert!(read(&[traces, ours]).unwrap().push.is_some());
}

#[test]
fn a_target_of_the_code_takes_only_what_is_meant_for_metrics() {
    let variables: &'static [_] = &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://traces.example"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=s3cret"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2000"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
    ];
    let exporter = Exporter::builder()
        .with_lookup(|name| lookup(variables, name))
        .with_global(false)
        .with_push_to(Target::victoria("http://127.0.0.1:8428"))
        .build()
        .unwrap();
    let push = exporter.config().push.clone().unwrap();
    assert_eq!(push.target, Target::victoria("http://127.0.0.1:8428"));
    assert!(push.headers.is_empty());
    assert_eq!(push.request_timeout, Duration::from_secs(2));
    assert_eq!(push.interval, Duration::from_secs(3600));
}

#[test]
fn a_wrong_endpoint_is_refused_with_the_right_one() {
    let build = |endpoint: &'static str| {
        let variables =
            move |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| endpoint.to_owned());
        let built = Exporter::builder()
            .with_lookup(variables)
            .with_global(false)
            .build();
        built.map(drop).unwrap_err().to_string()
    };
    let error = build("http://me:s3cret@vm:8428");
    assert!(
        error.contains("http://vm:8428/opentelemetry/v1/metrics only"),
        "{error}"
    );
    assert!(!error.contains("s3cret"), "{error}");
}
