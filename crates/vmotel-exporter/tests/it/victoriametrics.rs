use std::{collections::BTreeMap, time::Duration};

use opentelemetry::KeyValue;
use vmotel_testkit::{Version, VictoriaMetrics, Vmagent};

use super::{builder, listen};

/// What was recorded is what a real server stores: names, labels, values.
fn stored_is_recorded(version: Version) {
    let exporter = builder().with_resource_labels(["service.name"]).build().unwrap();
    let meter = exporter.meter("shop");
    let orders = meter.u64_counter("orders").build();
    orders.add(
        7,
        &[KeyValue::new("path", "/a\"b\\c\nd"), KeyValue::new("status", 200)],
    );
    let size = meter
        .u64_histogram("size")
        .with_unit("By")
        .with_boundaries(vec![10.0, 1e6])
        .build();
    size.record(5, &[]);
    size.record(2_000_000, &[]);
    meter.i64_up_down_counter("users").build().add(-3, &[]);
    let many: Vec<_> = (0..60).map(|n| KeyValue::new(format!("k{n}"), "v")).collect();
    meter.u64_gauge("too_many_labels").build().record(1, &many);
    meter
        .u64_gauge("too_long_value")
        .build()
        .record(1, &[KeyValue::new("k", "x".repeat(10_000))]);
    let address = listen(&exporter);

    let server = VictoriaMetrics::start(version).unwrap();
    let config = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['{address}']\n"
    );
    let agent = Vmagent::start(version, &config, &server.url(), &[]).unwrap();
    agent.wait_until_up("shop", Duration::from_secs(20)).unwrap();
    let wanted = |series: &[vmotel_testkit::Sample]| !series.is_empty();
    server
        .wait_for("orders_total", Duration::from_secs(20), wanted)
        .unwrap();

    let check = |name: &str, labels: &[(&str, &str)], value: f64| {
        let mut all = BTreeMap::from([
            ("__name__", name),
            ("job", "shop"),
            ("instance", address.as_str()),
            ("otel_scope_name", "shop"),
            ("service_name", "test"),
        ]);
        all.extend(labels.iter().copied());
        let all: BTreeMap<_, _> = all
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let found = server.query(name).unwrap();
        let series = found.iter().find(|series| series.labels == all);
        assert_eq!(
            series.map(|series| series.value),
            Some(value),
            "{name} {labels:?} in {found:?}"
        );
    };
    check("orders_total", &[("path", "/a\"b\\c\nd"), ("status", "200")], 7.0);
    check("size_bytes_bucket", &[("le", "10")], 1.0);
    check("size_bytes_bucket", &[("le", "1000000")], 1.0);
    check("size_bytes_bucket", &[("le", "+Inf")], 2.0);
    check("size_bytes_sum", &[], 2_000_005.0);
    check("size_bytes_count", &[], 2.0);
    check("users", &[], -3.0);
    // Beyond its limits the server drops a series whole, without an error for the client.
    assert!(server.query("too_many_labels").unwrap().is_empty());
    // A long value is cut before.
    check("too_long_value", &[("k", &"x".repeat(4096))], 1.0);
    let info = server.query("target_info").unwrap();
    assert_eq!((info.len(), info[0].label("service_name")), (1, "test"));
    let up = server.query("vmotel_exporter_source_up").unwrap();
    assert_eq!((up.len(), up[0].value), (1, 1.0));
}

#[test]
fn on_the_stable_version() {
    stored_is_recorded(Version::Stable);
}

#[test]
fn on_the_newest_version() {
    stored_is_recorded(Version::Newest);
}
