//! Where opentelemetry-prometheus-text-exporter departs from the specification, beside what we expose.

use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_prometheus_text_exporter::PrometheusExporter;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use vmotel_model::{Kind::Gauge, LabelPlan, Naming};

/// Returns the sample line of a gauge with the value 1.
fn line(name: &'static str, unit: &'static str, attributes: &[KeyValue]) -> String {
    let exporter = PrometheusExporter::builder()
        .without_target_info()
        .without_scope_info()
        .build();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    provider
        .meter("m")
        .u64_gauge(name)
        .with_unit(unit)
        .build()
        .record(1, attributes);
    let mut text = Vec::new();
    exporter.export(&mut text).expect("a vector takes all");
    let text = String::from_utf8(text).expect("the text is UTF-8");
    text.lines()
        .rfind(|line| !line.is_empty() && !line.starts_with('#'))
        .expect("there is a sample")
        .to_owned()
}

#[test]
fn units() {
    #[track_caller]
    fn check(unit: &'static str, ours: &str, theirs: &str) {
        assert_eq!(Naming::Parity.metric_name("x", unit, Gauge).as_deref(), Ok(ours));
        assert_eq!(line("x", unit, &[]), format!("{theirs} 1"));
    }
    check("s", "x_seconds", "x_seconds");
    check("Cel", "x_celsius", "x_Cel");
    check("By/s", "x_bytes_per_second", "x_By_per_s");
    check("KiBy", "x_kibibytes", "x_KiBy");
}

#[test]
fn labels() {
    #[track_caller]
    fn check(attributes: &[(&'static str, &'static str)], ours: &str, theirs: &str) {
        let plan = LabelPlan::new(
            Naming::Parity,
            Gauge,
            attributes.iter().map(|(key, _)| *key),
            &[],
            &[],
        );
        let values: Vec<_> = attributes.iter().map(|(_, value)| *value).collect();
        let mut text = Vec::new();
        plan.template("x").render(&plan, values.as_slice(), &mut text);
        assert_eq!(String::from_utf8_lossy(&text), format!("{ours} "));
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(key, value)| KeyValue::new(*key, *value))
            .collect();
        assert_eq!(line("x", "", &attributes), format!("{theirs} 1"));
    }
    check(&[("a", "\"\\\n")], r#"x{a="\"\\\n"}"#, r#"x{a="\"\\\n"}"#);
    // Rust's own escapes, which no parser of the format knows.
    check(&[("a", "\t")], "x{a=\"\t\"}", r#"x{a="\t"}"#);
    // One name twice.
    check(
        &[("a.b", "1"), ("a_b", "2")],
        r#"x{a_b="1;2"}"#,
        r#"x{a_b="1",a_b="2"}"#,
    );
}
