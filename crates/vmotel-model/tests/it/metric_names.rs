//! The rules of the specification for metric names, row by row, with what `Parity` and a peer make of them.
//!
//! Rules: 1 characters, 2 units to words, 3 suffixes, as in "Prometheus and OpenMetrics Compatibility"; R1 and R2 are those of
//! `Parity`. The peer is opentelemetry-prometheus; a row without a peer's name is one whose name the SDK refuses.

use vmotel_model::{
    Kind::{self, Counter, Gauge, Histogram, UpDownCounter},
    NameError, Naming,
};

use crate::peer;

#[track_caller]
fn check(name: &str, unit: &str, kind: Kind, specified: &str, parity: &str, peer: Option<&str>) {
    let specification = Naming::UnderscoreEscapingWithSuffixes;
    assert_eq!(
        specification.metric_name(name, unit, kind).as_deref(),
        Ok(specified),
        "the specification's"
    );
    assert_eq!(
        Naming::Parity.metric_name(name, unit, kind).as_deref(),
        Ok(parity),
        "parity"
    );
    let differs = (specified != parity).then_some(specified);
    assert_eq!(
        Naming::Parity.specified_name(name, unit, kind).as_deref(),
        differs
    );
    assert_eq!(
        peer::metric_name(name, unit, kind).as_deref(),
        peer,
        "opentelemetry-prometheus"
    );
}

#[test]
fn names_that_all_agree_on() {
    #[track_caller]
    fn same(name: &str, unit: &str, kind: Kind, exposed: &str) {
        check(name, unit, kind, exposed, exposed, Some(exposed));
    }
    same("http.requests", "", Counter, "http_requests_total");
    same("http.requests", "{request}", Counter, "http_requests_total");
    same(
        "http.server.request.duration",
        "s",
        Histogram,
        "http_server_request_duration_seconds",
    );
    same("queue-depth/now", "", Gauge, "queue_depth_now");
    same("process.cpu.time", "s", Counter, "process_cpu_time_seconds_total");
    same("disk.io", "By", Counter, "disk_io_bytes_total");
    same("active", "", UpDownCounter, "active");
    same("speed", "m/s", Gauge, "speed_meters_per_second");
    same("a_total", "", Gauge, "a_total");
    same("load", "%", Gauge, "load_percent");
}

#[test]
fn rule_1_characters() {
    check("a..b", "", Gauge, "a_b", "a_b", Some("a__b"));
    check("a__b", "", Gauge, "a_b", "a_b", Some("a__b"));
    check("a-.b", "", Gauge, "a_b", "a_b", Some("a__b"));
    check("a.", "s", Gauge, "a_seconds", "a_seconds", Some("a__seconds"));
    check("a_", "", Gauge, "a_", "a", Some("a_"));
    check("a:b", "", Gauge, "a:b", "a_b", None);
    check("9lives", "", Gauge, "_9lives", "n9lives", None);
    check("_a", "", Gauge, "_a", "a", None);
    check("größe", "", Gauge, "gr_e", "gr_e", None);
    check("größe", "By", Gauge, "gr_e_bytes", "gr_e_bytes", None);
}

#[test]
fn rule_2_and_3_units() {
    // The ratio has gone from the specification.
    check("hits", "1", Gauge, "hits", "hits", Some("hits_ratio"));
    check(
        "hits.ratio",
        "1",
        Gauge,
        "hits_ratio",
        "hits_ratio",
        Some("hits_ratio_ratio"),
    );
    check(
        "hits",
        "1",
        Counter,
        "hits_total",
        "hits_total",
        Some("hits_ratio_total"),
    );
    // The name has the unit already.
    check(
        "wait.seconds",
        "s",
        Histogram,
        "wait_seconds",
        "wait_seconds",
        Some("wait_seconds_seconds"),
    );
    check(
        "seconds",
        "s",
        Gauge,
        "seconds",
        "seconds",
        Some("seconds_seconds"),
    );
    // Not only somewhere, and not as a part of a word.
    check(
        "seconds.spent",
        "s",
        Gauge,
        "seconds_spent_seconds",
        "seconds_spent_seconds",
        Some("seconds_spent_seconds"),
    );
    check(
        "milliseconds",
        "s",
        Gauge,
        "milliseconds_seconds",
        "milliseconds_seconds",
        Some("milliseconds_seconds"),
    );
    check("mem", "kBy", Gauge, "mem_kilobytes", "mem_kilobytes", Some("mem"));
    check(
        "mem",
        "TiBy",
        Gauge,
        "mem_tebibytes",
        "mem_tebibytes",
        Some("mem_tibibytes"),
    );
    check(
        "temperature",
        "Cel",
        Gauge,
        "temperature_celsius",
        "temperature_celsius",
        Some("temperature_celsius"),
    );
    check(
        "io",
        "By/s",
        Gauge,
        "io_bytes_per_second",
        "io_bytes_per_second",
        Some("io_bytes_per_second"),
    );
    check(
        "rate",
        "{request}/s",
        Gauge,
        "rate_per_second",
        "rate_per_second",
        Some("rate_per_second"),
    );
    check("price", "USD", Gauge, "price_USD", "price_USD", Some("price"));
}

#[test]
fn rule_3_total() {
    check(
        "a.total",
        "",
        Counter,
        "a_total",
        "a_total",
        Some("a_total_total"),
    );
    check(
        "a_total",
        "By",
        Counter,
        "a_bytes_total",
        "a_bytes_total",
        Some("a_total_bytes_total"),
    );
    check(
        "a_bytes_total",
        "By",
        Counter,
        "a_bytes_total",
        "a_bytes_total",
        Some("a_bytes_total_bytes_total"),
    );
    check("total", "", Counter, "total", "total", Some("total_total"));
    check(
        "subtotal",
        "",
        Counter,
        "subtotal_total",
        "subtotal_total",
        Some("subtotal_total"),
    );
    // R1
    check(
        "a.total.b",
        "",
        Counter,
        "a_total_b_total",
        "a_b_total",
        Some("a_total_b_total"),
    );
    check(
        "a.total.b",
        "",
        UpDownCounter,
        "a_total_b",
        "a_total_b",
        Some("a_total_b"),
    );
}

#[test]
fn the_other_strategies() {
    #[track_caller]
    fn check(name: &str, unit: &str, kind: Kind, exposed: [&str; 4]) {
        let strategies = [
            Naming::UnderscoreEscapingWithSuffixes,
            Naming::UnderscoreEscapingWithoutSuffixes,
            Naming::NoUtf8EscapingWithSuffixes,
            Naming::NoTranslation,
        ];
        let all = strategies.map(|naming| naming.metric_name(name, unit, kind).unwrap());
        assert_eq!(all, exposed);
    }
    // The example of the specification.
    check(
        "foo.bar",
        "By",
        Counter,
        ["foo_bar_bytes_total", "foo_bar", "foo.bar_bytes_total", "foo.bar"],
    );
    check("a..b", "s", Gauge, ["a_b_seconds", "a_b", "a..b_seconds", "a..b"]);
    check(
        "größe",
        "m",
        Gauge,
        ["gr_e_meters", "gr_e", "größe_meters", "größe"],
    );
    check(
        "x_total",
        "",
        Counter,
        ["x_total", "x_total", "x_total", "x_total"],
    );
    check(
        "x.seconds",
        "s",
        Gauge,
        ["x_seconds", "x_seconds", "x.seconds", "x.seconds"],
    );
}

#[test]
fn rule_10_names_are_escaped_for_formats_without_utf8() {
    let unescaped = Naming::NoUtf8EscapingWithSuffixes
        .metric_name("foo.bar", "By", Counter)
        .unwrap();
    assert_eq!(
        vmotel_model::escape_metric_name(&unescaped),
        "foo_bar_bytes_total"
    );
    assert_eq!(vmotel_model::escape_metric_name("a..b:9"), "a__b:9");
    assert_eq!(vmotel_model::escape_metric_name("9"), "_9");
    assert_eq!(vmotel_model::escape_label_name("a:b"), "a_b");
}

#[test]
fn refused_names() {
    #[track_caller]
    fn check(naming: Naming, name: &str, message: &str) {
        assert_eq!(
            naming
                .metric_name(name, "", Gauge)
                .map_err(|e: NameError| e.to_string()),
            Err(message.to_owned())
        );
    }
    let reserved =
        "the metric name \"up\" becomes \"up\", which the scraping server writes itself; choose another name";
    for naming in [
        Naming::Parity,
        Naming::UnderscoreEscapingWithSuffixes,
        Naming::NoTranslation,
    ] {
        check(
            naming,
            "",
            "a metric name is empty, expected [a-zA-Z_:][a-zA-Z0-9_:]*",
        );
        check(naming, "up", reserved);
    }
    check(
        Naming::Parity,
        "日本",
        "nothing is left of the metric name \"日本\" after translation, expected at least one letter or digit of ASCII",
    );
    check(
        Naming::Parity,
        "scrape.duration_seconds",
        "the metric name \"scrape.duration_seconds\" becomes \"scrape_duration_seconds\", which the scraping server writes \
         itself; choose another name",
    );
    let long = "a".repeat(4097);
    let message = Naming::Parity
        .metric_name(&long, "", Gauge)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        format!(
            "the metric name {}... has 4097 bytes, expected at most 4096",
            "a".repeat(40)
        )
    );
    assert_eq!(
        Naming::Parity.metric_name("scrape.pages", "", Counter).as_deref(),
        Ok("scrape_pages_total")
    );
}

/// What VictoriaMetrics does under `-opentelemetry.usePrometheusNaming`, observed on 1.112 and 1.145, and where the names of
/// `Parity`, sent with an empty unit, are what it keeps.
#[test]
fn victoriametrics_keeps_parity_names() {
    // (name, unit, kind, VictoriaMetrics' own translation, ours)
    let rows = [
        (
            "cpu.time",
            "s",
            Counter,
            "cpu_time_seconds_total",
            "cpu_time_seconds_total",
        ),
        ("hits", "1", Gauge, "hits_ratio", "hits"),
        ("a.total.b", "", Counter, "a_b_total", "a_b_total"),
        ("a:b", "", Gauge, "a_b", "a_b"),
        ("mem", "kBy", Gauge, "mem_kBy", "mem_kilobytes"),
        ("price", "USD", Gauge, "price_USD", "price_USD"),
    ];
    for (name, unit, kind, theirs, ours) in rows {
        let exposed = Naming::Parity.metric_name(name, unit, kind).unwrap();
        assert_eq!(exposed, ours);
        if unit.is_empty() {
            assert_eq!(exposed, theirs);
        }
        // Its translation of our name is our name: tokens joined by `_`, `total` at the end of counters.
        let mut tokens: Vec<_> = exposed.split('_').collect();
        if kind == Counter {
            tokens.retain(|token| *token != "total");
            tokens.push("total");
        }
        assert_eq!(tokens.join("_"), exposed);
        assert!(
            tokens
                .iter()
                .all(|token| token.chars().all(|c| c.is_ascii_alphanumeric()) && !token.is_empty())
        );
    }
}
