//! Mutations: each breaks one thing in a sound deployment and has to be noticed by name.

mod cluster;
mod guide;
mod kubernetes;

use vmotel_model::{Kind, LabelDef, MetricDef, Naming};

use crate::{Catalog, DeployError, Deployment, Metric, Signals, Stack};

const fn label(name: &'static str) -> LabelDef {
    LabelDef {
        name,
        help: "",
        values: &[],
    }
}

const fn def(name: &'static str, kind: Kind, unit: &'static str, labels: &'static [LabelDef]) -> MetricDef {
    MetricDef {
        name,
        kind,
        unit,
        help: "A metric",
        labels,
        buckets: &[],
    }
}

const STATUS: &[LabelDef] = &[label("code")];
const REASON: &[LabelDef] = &[label("reason")];
const DEFS: [MetricDef; 6] = [
    def("calls_total", Kind::Counter, "", STATUS),
    def("call_duration_seconds", Kind::Histogram, "s", &[]),
    def("rss_bytes", Kind::Gauge, "By", &[]),
    def("people", Kind::UpDownCounter, "", &[]),
    def("left_out_total", Kind::Counter, "", REASON),
    def("failed_scrapes_total", Kind::Counter, "", REASON),
];

fn catalog() -> Catalog {
    let metric = |def: &MetricDef| Metric::from_def("application", def, Naming::default()).unwrap();
    let name = |at: usize| Some(metric(&DEFS[at]).name);
    Catalog {
        metrics: DEFS.iter().map(metric).collect(),
        signals: Signals {
            requests: name(0),
            status: Some("code".to_owned()),
            duration: name(1),
            memory: name(2),
            users: name(3),
            dropped_series: name(4),
            scrape_errors: name(5),
            ..Signals::default()
        },
    }
}

fn sound() -> Stack {
    Stack::new(Deployment::default(), catalog()).unwrap()
}

/// Breaks a sound deployment; `expected` is in one of the findings.
fn check(what: &str, expected: &str, mutate: impl FnOnce(&mut Stack)) {
    check_in(sound(), what, expected, mutate);
}

fn check_in(mut stack: Stack, what: &str, expected: &str, mutate: impl FnOnce(&mut Stack)) {
    mutate(&mut stack);
    let findings: Vec<String> = stack.check().iter().map(ToString::to_string).collect();
    assert!(
        findings.iter().any(|finding| finding.contains(expected)),
        "{what}: {findings:#?}"
    );
}

fn service<'a>(stack: &'a mut Stack, name: &str) -> &'a mut crate::topology::Service {
    stack
        .services
        .iter_mut()
        .find(|service| service.name == name)
        .unwrap()
}

fn drop_flag(stack: &mut Stack, name: &str, flag: &str) {
    service(stack, name).flags.retain(|(known, _)| *known != flag);
}

fn set_flag(stack: &mut Stack, name: &str, flag: &str, value: &str) {
    let flags = &mut service(stack, name).flags;
    flags.iter_mut().find(|(known, _)| *known == flag).unwrap().1 = value.to_owned();
}

fn set_config(stack: &mut Stack, path: &str, from: &str, to: &str) {
    let text = stack.configs.get(path).unwrap().replace(from, to);
    stack.configs.insert(path, text);
}

#[test]
fn the_defaults_are_sound() {
    assert_eq!(sound().check(), []);
}

#[test]
fn signals_that_are_not_in_the_catalog() {
    let mut broken = catalog();
    broken.signals.requests = Some("http_request_total".to_owned());
    let error = Stack::new(Deployment::default(), broken).unwrap_err();
    assert!(matches!(error, DeployError::UnknownMetric { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("signals.requests is http_request_total"),
        "{error}"
    );
    let mut broken = catalog();
    broken.signals.status = Some("status".to_owned());
    let error = Stack::new(Deployment::default(), broken).unwrap_err().to_string();
    assert!(
        error.contains("signals.status is status, expected one of the labels [\"code\"]"),
        "{error}"
    );
}

/// What the guide's file had, and no rendered one has.
#[test]
fn the_compose_file() {
    let tree = sound().compose().unwrap();
    let compose = tree.get("compose.yml").unwrap();
    for absent in [
        "version:",
        ":latest",
        "container_name",
        "0.0.0.0:",
        "victoriametrics/victoriametrics",
        "- 8428:8428",
    ] {
        assert!(!compose.contains(absent), "{absent}");
    }
    // Every service, the one that prepares the volumes included.
    let services = sound().services.len() + 1;
    for (present, count) in [
        ("read_only: true", services),
        ("security_opt: [no-new-privileges:true]", services),
        ("cap_drop: [ALL]", services),
        ("max-size: 10m", services),
        ("healthcheck:", services - 1),
        ("- 127.0.0.1:", 3),
        ("condition: service_completed_successfully", 2),
    ] {
        assert_eq!(compose.matches(present).count(), count, "{present}\n{compose}");
    }
    assert_eq!(tree, sound().compose().unwrap(), "two renderings differ");
}
