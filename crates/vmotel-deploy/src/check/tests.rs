//! Mutations: each breaks one thing in a sound deployment and has to be noticed by name.

mod cluster;
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
fn services_that_are_not_there() {
    check(
        "C3: no alertmanager",
        "names the host alertmanager, which is no service",
        |stack| {
            stack.services.retain(|service| service.name != "alertmanager");
        },
    );
    check("C3: waiting for nothing", "waits for alertmanager", |stack| {
        stack.services.retain(|service| service.name != "alertmanager");
    });
    check(
        "C7: a target that does not exist",
        "job app [unknown-host]: it names the host app-1",
        |stack| {
            stack.jobs[2].dns_sd_configs[0].names = vec!["app-1".to_owned()];
        },
    );
    check(
        "a port nobody listens on",
        "names victoria-metrics:8482",
        |stack| {
            set_flag(
                stack,
                "vmagent",
                "remoteWrite.url",
                "http://victoria-metrics:8482/api/v1/write",
            );
        },
    );
    check("a datasource elsewhere", "names the host prometheus", |stack| {
        set_config(
            stack,
            "grafana/provisioning/datasources/victoriametrics.yml",
            "victoria-metrics:8428",
            "prometheus:9090",
        );
    });
    check("a proxy to nowhere", "vmauth/auth.yml [unknown-port]", |stack| {
        set_config(
            stack,
            "vmauth/auth.yml",
            "victoria-metrics:8428",
            "victoria-metrics:8429",
        );
    });
    check(
        "C6: nobody scrapes the storage",
        "service victoria-metrics [unwatched-service]",
        |stack| {
            stack.jobs.retain(|job| job.job_name != "victoria-metrics");
        },
    );
}

#[test]
fn files_and_data() {
    check(
        "C4: the queue is in the container",
        "service vmagent [data-without-volume]",
        |stack| {
            drop_flag(stack, "vmagent", "remoteWrite.tmpDataPath");
        },
    );
    check(
        "C4: a volume that nothing uses",
        "service vmagent [unused-volume]: the volume agent-queue",
        |stack| {
            drop_flag(stack, "vmagent", "remoteWrite.tmpDataPath");
        },
    );
    check(
        "C5: rules mounted nowhere",
        "vmalert/rules.yml [unmounted-file]",
        |stack| {
            service(stack, "vmalert").mounts.clear();
        },
    );
    check(
        "C5: rules that are not there",
        "rule names /etc/vmalert/*.yml, which no mounted folder holds",
        |stack| {
            service(stack, "vmalert").mounts.clear();
        },
    );
    check(
        "a mount that no flag names",
        "service vmagent [unused-mount]",
        |stack| {
            drop_flag(stack, "vmagent", "promscrape.config");
        },
    );
    check(
        "C8: alerts forget their state",
        "without remoteRead.url",
        |stack| {
            drop_flag(stack, "vmalert", "remoteRead.url");
        },
    );
    check("C8: alerts reach nobody", "without notifier.url", |stack| {
        drop_flag(stack, "vmalert", "notifier.url");
    });
    check(
        "a secret that is not given",
        "names the secret admin_key, which it is not given",
        |stack| {
            service(stack, "victoria-metrics").secrets.clear();
        },
    );
    check(
        "a secret that nothing reads",
        "nothing reads the secret writer_password",
        |stack| {
            set_config(stack, "vmauth/auth.yml", "%{WRITER_PASSWORD}", "x");
        },
    );
}

#[test]
fn services_in_themselves() {
    check("C1, C10: no version", "names no version", |stack| {
        service(stack, "grafana").image = "grafana/grafana:latest".to_owned();
    });
    check(
        "C10: a password in clear",
        "GF_SECURITY_ADMIN_PASSWORD holds a secret",
        |stack| {
            service(stack, "grafana")
                .environment
                .push(("GF_SECURITY_ADMIN_PASSWORD", "admin".to_owned()));
        },
    );
    check(
        "a key in clear",
        "the flag deleteAuthKey holds a secret",
        |stack| {
            set_flag(stack, "victoria-metrics", "deleteAuthKey", "letmein");
        },
    );
    check("C13: no limits", "no limit of memory", |stack| {
        service(stack, "vmalert").memory = crate::Bytes(0)
    });
    check("C13: root", "runs as root", |stack| {
        service(stack, "vmalert").user = "0:0"
    });
    check(
        "V1: a flag that does not exist",
        "its program has no flag remoteWrite.capacity",
        |stack| {
            service(stack, "vmagent")
                .flags
                .push(("remoteWrite.capacity", "50000".to_owned()));
        },
    );
    check("K1: two agents", "store every sample 2 times", |stack| {
        service(stack, "vmagent").replicas = 2
    });
    check("a port taken twice", "[duplicate-port]", |stack| {
        service(stack, "vmauth").ports[0].published = Some(3000);
    });
    check(
        "K7: a probe of no port",
        "its health is asked on port 1",
        |stack| service(stack, "vmagent").health.0 = 1,
    );
    check("a bad name", "[bad-name]", |stack| {
        service(stack, "vmagent").name = "VM_agent".to_owned()
    });
}

#[test]
fn rules_about_nothing() {
    let alert = |stack: &mut Stack, from: &str, to: &str| {
        for alert in stack.groups.iter_mut().flat_map(|group| &mut group.alerts) {
            alert.expr = alert.expr.replace(from, to);
        }
    };
    check(
        "R1",
        "alert VMDiskSpaceLow [unknown-metric]: vm_disk_space_bytes",
        |stack| {
            alert(stack, "vm_total_disk_space_bytes", "vm_disk_space_bytes");
        },
    );
    check(
        "R2",
        "alert VMSlowQueries [unknown-metric]: vm_request_duration_seconds_bucket",
        |stack| {
            alert(
                stack,
                "vm_request_duration_seconds{",
                "vm_request_duration_seconds_bucket{",
            );
        },
    );
    check(
        "R4: a job that is called otherwise",
        "selects job=\"victoriametrics\", which is not scraped",
        |stack| {
            alert(stack, "victoria-metrics", "victoriametrics");
        },
    );
    check(
        "the base name of a histogram",
        "call_duration_seconds is exposed by nothing",
        |stack| {
            alert(stack, "call_duration_seconds_bucket", "call_duration_seconds");
        },
    );
    check("a label it does not have", "has the label status", |stack| {
        alert(stack, "code=~", "status=~")
    });
    check("a broken expression", "[bad-expression]", |stack| {
        alert(stack, "histogram_quantile", "histogram_quantil")
    });
    check("untested", "[untested-alert]", |stack| {
        stack.groups[0].alerts[0].silent.clear()
    });
    check("R8", "[unexplained-alert]", |stack| {
        stack.groups[0].alerts[0].runbook = ""
    });
    check(
        "a link to no dashboard",
        "links to the dashboard vmotel-servers",
        |stack| {
            stack
                .dashboards
                .retain(|dashboard| dashboard.uid != "vmotel-servers");
        },
    );
    check(
        "a metric that was renamed",
        "dashboard vmotel-application [unknown-metric]: people",
        |stack| {
            stack.catalog.metrics.retain(|metric| metric.name != "people");
        },
    );
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
        ("- no-new-privileges:true", services),
        ("- ALL", services),
        ("max-size: 10m", services),
        ("healthcheck:", services - 1),
        ("- 127.0.0.1:", 3),
        ("condition: service_completed_successfully", 2),
    ] {
        assert_eq!(compose.matches(present).count(), count, "{present}\n{compose}");
    }
    assert_eq!(tree, sound().compose().unwrap(), "two renderings differ");
}
