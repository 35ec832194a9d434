//! Rules 5 to 7 and 11: labels of points, scopes and the resource.

use opentelemetry::KeyValue;
use vmotel_model::{
    Kind::{self, Counter, Gauge, Histogram, Summary},
    LabelPlan, LabelSet, Naming, scope_labels, target_info_labels,
};

use crate::peer;

fn exposed(naming: Naming, kind: Kind, attributes: &[(&str, &str)]) -> Vec<String> {
    let plan = LabelPlan::new(naming, kind, attributes.iter().map(|(key, _)| *key), &[], &[]);
    let values: Vec<_> = attributes.iter().map(|(_, value)| *value).collect();
    let mut labels = Vec::new();
    plan.labels(values.as_slice())
        .for_each(&mut |name, value| labels.push(format!("{name}={value}")));
    labels
}

#[test]
fn rule_6_names() {
    #[track_caller]
    fn check(key: &'static str, specified: &str, parity: &str, peer: &str) {
        assert_eq!(Naming::UnderscoreEscapingWithSuffixes.label_name(key), specified);
        assert_eq!(
            Naming::UnderscoreEscapingWithoutSuffixes.label_name(key),
            specified
        );
        assert_eq!(Naming::Parity.label_name(key), parity);
        for naming in [Naming::NoUtf8EscapingWithSuffixes, Naming::NoTranslation] {
            assert_eq!(naming.label_name(key), if key.is_empty() { "_" } else { key });
        }
        assert_eq!(peer::labels(&[KeyValue::new(key, "v")])[0].0, peer);
    }
    check("method", "method", "method", "method");
    check("http.route", "http_route", "http_route", "http_route");
    check("a-b/c", "a_b_c", "a_b_c", "a_b_c");
    check("a..b", "a_b", "a_b", "a__b");
    check("a__b", "a_b", "a_b", "a__b");
    check("a_", "a_", "a_", "a_");
    check("a:b", "a_b", "a_b", "a:b");
    check("größe", "gr_e", "gr_e", "gr__e");
    check("_x", "_x", "key_x", "_x");
    check("__x", "_x", "key_x", "__x");
    check("__meta_x", "_meta_x", "key_meta_x", "__meta_x");
    check("__name__", "_name_", "key_name_", "__name__");
    check("9x", "_9x", "key_9x", "9x");
    check("日本", "_", "key_", "__");
}

#[test]
fn rule_6_collisions_are_joined_in_order_of_the_keys() {
    for naming in [Naming::Parity, Naming::UnderscoreEscapingWithSuffixes] {
        assert_eq!(
            exposed(naming, Gauge, &[("a_b", "3"), ("a.b", "2"), ("a-b", "1")]),
            ["a_b=1;2;3"]
        );
        assert_eq!(
            exposed(naming, Gauge, &[("z", "1"), ("b", "2"), ("a", "3")]),
            ["a=3", "b=2", "z=1"]
        );
    }
    let untranslated = exposed(Naming::NoTranslation, Gauge, &[("a_b", "3"), ("a.b", "2")]);
    assert_eq!(untranslated, ["a.b=2", "a_b=3"]);
}

#[test]
fn the_last_of_equal_keys_wins_and_empty_values_are_absent() {
    assert_eq!(exposed(Naming::Parity, Gauge, &[("k", "1"), ("k", "2")]), ["k=2"]);
    assert_eq!(
        exposed(Naming::Parity, Gauge, &[("k", "1"), ("k", "")]),
        Vec::<String>::new()
    );
    assert_eq!(exposed(Naming::Parity, Gauge, &[("", "x")]), ["key=x"]);
}

#[test]
fn labels_that_the_type_or_the_scrape_owns_give_way() {
    let parity = |kind, attributes: &[_]| exposed(Naming::Parity, kind, attributes);
    assert_eq!(
        parity(Gauge, &[("le", "1"), ("quantile", "1"), ("vmrange", "1")]),
        ["le=1", "quantile=1", "vmrange=1"]
    );
    assert_eq!(
        parity(Histogram, &[("le", "1"), ("quantile", "1"), ("vmrange", "1")]),
        ["exported_le=1", "exported_vmrange=1", "quantile=1"]
    );
    assert_eq!(
        parity(Summary, &[("le", "1"), ("quantile", "1")]),
        ["exported_quantile=1", "le=1"]
    );
    assert_eq!(
        parity(Counter, &[("job", "j"), ("instance", "i")]),
        ["exported_instance=i", "exported_job=j"]
    );
    assert_eq!(
        parity(Counter, &[("job", "j"), ("exported_job", "e")]),
        ["exported_exported_job=e", "exported_job=j"]
    );
    assert_eq!(parity(Counter, &[("exported_job", "e")]), ["exported_job=e"]);
    // The specification's strategies keep what the scrape owns, not what the type owns.
    let specified = exposed(
        Naming::UnderscoreEscapingWithSuffixes,
        Histogram,
        &[("job", "j"), ("le", "1")],
    );
    assert_eq!(specified, ["exported_le=1", "job=j"]);
    assert_eq!(
        exposed(Naming::NoTranslation, Gauge, &[("__name__", "n")]),
        ["exported___name__=n"]
    );
}

#[test]
fn constant_labels_lose_and_scope_labels_win() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let scope = [pair("otel_scope_name", "s")];
    let constant = [
        pair("env", "prod"),
        pair("zone", "a"),
        pair("otel_scope_name", "x"),
        pair("none", ""),
    ];
    let plan = LabelPlan::new(
        Naming::Parity,
        Gauge,
        ["env", "otel_scope_name"],
        &scope,
        &constant,
    );
    let mut labels = Vec::new();
    plan.labels(["own", "y"].as_slice())
        .for_each(&mut |name, value| labels.push(format!("{name}={value}")));
    assert_eq!(labels, ["env=own", "otel_scope_name=s", "zone=a"]);
    assert!(!plan.is_distinct());
}

#[test]
fn rule_5_scope() {
    let labels = |attributes: &[(&'static str, &'static str)]| {
        scope_labels(
            Naming::Parity,
            "lib",
            "1",
            "https://x",
            attributes.iter().copied(),
        )
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
    };
    let three = [
        "otel_scope_name=lib",
        "otel_scope_schema_url=https://x",
        "otel_scope_version=1",
    ];
    assert_eq!(labels(&[]), three);
    assert_eq!(
        labels(&[
            ("name", "x"),
            ("version", "x"),
            ("schema.url", "x"),
            ("schema_url", "x")
        ]),
        three
    );
    let mut more = vec!["otel_scope_9=x", "otel_scope_a_b=2"];
    more.extend(three);
    assert_eq!(labels(&[("a.b", "2"), ("9", "x")]), more);
}

#[test]
fn rule_7_target_info() {
    let labels = target_info_labels(
        Naming::Parity,
        [("service.name", "shop"), ("k8s.pod", "p"), ("job", "j")],
    );
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(labels, ["exported_job=j", "k8s_pod=p", "service_name=shop"]);
    assert_eq!(target_info_labels(Naming::Parity, []), []);
}

#[test]
fn rule_11_overflow() {
    assert_eq!(
        exposed(Naming::Parity, Counter, &[("otel.metric.overflow", "true")]),
        ["otel_metric_overflow=true"]
    );
}

#[test]
fn departures_of_the_peer() {
    // Joined where the keys collide, as the specification says, but a raw `__name__` and `:` pass.
    let joined = peer::labels(&[KeyValue::new("a.b", "1"), KeyValue::new("a_b", "2")]);
    assert_eq!(joined, [("a_b".to_owned(), "1;2".to_owned())]);
    let name = peer::labels(&[KeyValue::new("__name__", "n")]);
    assert_eq!(name, [("__name__".to_owned(), "n".to_owned())]);
    assert!(vmotel_model::validate_label_name("__name__", Gauge).is_err());
}
