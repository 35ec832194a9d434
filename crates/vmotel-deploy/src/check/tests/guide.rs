//! Mutations of a single node: each defect that a guide for this stack has, and what else can go wrong, is refused by name.
//!
//! What the types of the model cannot even say has a line that says so, and where it is checked instead.

use super::{check, drop_flag, service, set_config, set_flag};
use crate::{Deployment, Stack};

/// A defect: its number, what a finding says, and how a sound deployment gets it.
type Row = (&'static str, &'static str, fn(&mut Stack));

fn check_all(rows: &[Row]) {
    for (what, expected, mutate) in rows {
        check(what, expected, mutate);
    }
}

fn alert(stack: &mut Stack, from: &str, to: &str) {
    for alert in stack.groups.iter_mut().flat_map(|group| &mut group.alerts) {
        alert.expr = alert.expr.replace(from, to);
    }
}

fn set_alert(stack: &mut Stack, name: &str, expr: &str) {
    let mut alerts = stack.groups.iter_mut().flat_map(|group| &mut group.alerts);
    expr.clone_into(&mut alerts.find(|alert| alert.name == name).unwrap().expr);
}

#[test]
fn compose() {
    check_all(&[
        (
            "C1: an image of nobody",
            "[unknown-image]: nobody publishes the image victoriametrics/victoriametrics:v1.145.0",
            |stack| {
                service(stack, "victoria-metrics").image =
                    "victoriametrics/victoriametrics:v1.145.0".to_owned();
            },
        ),
        // C2, V1: a scrape configuration with `remote_write` cannot be said: `scrape::Config` has no such field. That vmagent refuses
        // one is a test of xtask. The flags that guides put there instead:
        (
            "C2, V1: a flag that does not exist",
            "its program has no flag remoteWrite.capacity",
            |stack| {
                service(stack, "vmagent")
                    .flags
                    .push(("remoteWrite.capacity", "50000".to_owned()));
            },
        ),
        (
            "C3: no alertmanager",
            "names the host alertmanager, which is no service",
            |stack| {
                stack.services.retain(|service| service.name != "alertmanager");
            },
        ),
        ("C3: waiting for nothing", "waits for alertmanager", |stack| {
            stack.services.retain(|service| service.name != "alertmanager");
        }),
        (
            "C4: the queue is in the container",
            "service vmagent [data-without-volume]",
            |stack| {
                drop_flag(stack, "vmagent", "remoteWrite.tmpDataPath");
            },
        ),
        (
            "C4: a volume that nothing uses",
            "service vmagent [unused-volume]: the volume agent-queue",
            |stack| {
                drop_flag(stack, "vmagent", "remoteWrite.tmpDataPath");
            },
        ),
        (
            "C5: rules mounted nowhere",
            "vmalert/targets.yml [unmounted-file]",
            |stack| {
                service(stack, "vmalert").mounts.clear();
            },
        ),
        (
            "C5: rules that are not there",
            "rule names /etc/vmalert/*.yml, which no mounted folder holds",
            |stack| {
                service(stack, "vmalert").mounts.clear();
            },
        ),
        (
            "C6: nobody scrapes the storage",
            "service victoria-metrics [unwatched-service]",
            |stack| {
                stack.jobs.retain(|job| job.job_name != "victoria-metrics");
            },
        ),
        (
            "C6: no dashboards",
            "links to the dashboard vmotel-servers",
            |stack| {
                stack
                    .dashboards
                    .retain(|dashboard| dashboard.uid != "vmotel-servers");
            },
        ),
        (
            "C7: a target that does not exist",
            "job app [unknown-host]: it names the host app-1",
            |stack| {
                stack.jobs[2].dns_sd_configs[0].names = vec!["app-1".to_owned()];
            },
        ),
        // C7: discovery by Kubernetes in a compose file cannot be said: jobs of compose have DNS only.
        (
            "C8: alerts forget their state",
            "without remoteRead.url",
            |stack| drop_flag(stack, "vmalert", "remoteRead.url"),
        ),
        ("C8: alerts leave no series", "without remoteWrite.url", |stack| {
            drop_flag(stack, "vmalert", "remoteWrite.url")
        }),
        ("C8: alerts reach nobody", "without notifier.url", |stack| {
            drop_flag(stack, "vmalert", "notifier.url")
        }),
        (
            "C9: the storage is open",
            "service victoria-metrics [open-service]",
            |stack| {
                service(stack, "victoria-metrics").ports[0].published = Some(8428);
            },
        ),
        (
            "C9: open to the network",
            "service alertmanager [open-service]: a port is published on 0.0.0.0",
            |stack| {
                stack.values.bind = "0.0.0.0".parse().unwrap();
            },
        ),
        ("C10: no version", "names no version", |stack| {
            service(stack, "grafana").image = "grafana/grafana:latest".to_owned()
        }),
        (
            "C10: a password in clear",
            "GF_SECURITY_ADMIN_PASSWORD holds a secret",
            |stack| {
                let password = ("GF_SECURITY_ADMIN_PASSWORD", "admin".to_owned());
                service(stack, "grafana").environment.push(password);
            },
        ),
        (
            "C11: an old version",
            "service vmagent [old-version]: version 1.96.0 is older than 1.112",
            |stack| {
                service(stack, "vmagent").image = "victoriametrics/vmagent:v1.96.0".to_owned();
            },
        ),
        ("C12: no health check", "service vmagent [unprobed]", |stack| {
            service(stack, "vmagent").health.1.clear()
        }),
        (
            "C12: a probe of no port",
            "its health is asked on port 1",
            |stack| service(stack, "vmagent").health.0 = 1,
        ),
        ("C13: no limits", "no limit of memory", |stack| {
            service(stack, "vmalert").memory = crate::Bytes(0)
        }),
        ("C13: root", "runs as root", |stack| {
            service(stack, "vmalert").user = "0:0"
        }),
        // C13, C14: read-only roots, dropped capabilities, rotation of logs, read-only mounts, no `container_name`, no `version` and
        // a `name` are constants of `compose::file`; `the_compose_file` counts them.
        // C15: a retention without unit is no `Retention`; see `values_without_units`. A flag that repeats a default cannot be told.
        ("C16: no OTLP", "vmauth/auth.yml [no-otlp]", |stack| {
            set_config(stack, "vmauth/auth.yml", "/opentelemetry/v1/metrics", "/otel");
        }),
        (
            "G1: a datasource without its uid",
            "no datasource has the uid victoriametrics",
            |stack| {
                let path = "grafana/provisioning/datasources/victoriametrics.yml";
                set_config(stack, path, "uid: victoriametrics\n", "uid: another\n");
            },
        ),
        // V2 and most of K are about Kubernetes: see there. What both forms share:
        ("K1: two agents", "store every sample 2 times", |stack| {
            service(stack, "vmagent").replicas = 2
        }),
        (
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
        ),
        ("a datasource elsewhere", "names the host prometheus", |stack| {
            let path = "grafana/provisioning/datasources/victoriametrics.yml";
            set_config(stack, path, "victoria-metrics:8428", "prometheus:9090");
        }),
        ("a proxy to nowhere", "vmauth/auth.yml [unknown-port]", |stack| {
            set_config(
                stack,
                "vmauth/auth.yml",
                "victoria-metrics:8428",
                "victoria-metrics:8429",
            );
        }),
        (
            "a mount that no flag names",
            "service vmagent [unused-mount]",
            |stack| {
                drop_flag(stack, "vmagent", "promscrape.config");
            },
        ),
        (
            "a secret that is not given",
            "names the secret admin_key, which it is not given",
            |stack| {
                service(stack, "victoria-metrics").secrets.clear();
            },
        ),
        (
            "a secret that nothing reads",
            "nothing reads the secret writer_password",
            |stack| {
                set_config(stack, "vmauth/auth.yml", "%{WRITER_PASSWORD}", "x");
            },
        ),
        (
            "a key in clear",
            "the flag deleteAuthKey holds a secret",
            |stack| {
                set_flag(stack, "victoria-metrics", "deleteAuthKey", "letmein");
            },
        ),
        ("a port taken twice", "[duplicate-port]", |stack| {
            service(stack, "vmauth").ports[0].published = Some(3000)
        }),
        ("a bad name", "[bad-name]", |stack| {
            "VM_agent".clone_into(&mut service(stack, "vmagent").name)
        }),
    ]);
}

#[test]
fn rules() {
    check_all(&[
        (
            "R1: a metric that does not exist",
            "alert VMDiskSpaceLow [unknown-metric]: vm_disk_space_bytes is exposed by nothing that is deployed (line 1, column ",
            |stack| {
                alert(stack, "vm_total_disk_space_bytes", "vm_disk_space_bytes");
            },
        ),
        (
            "R2: a summary taken for a histogram",
            "alert VMSlowQueries [unknown-metric]: vm_request_duration_seconds_bucket",
            |stack| {
                alert(
                    stack,
                    "vm_request_duration_seconds{",
                    "vm_request_duration_seconds_bucket{",
                );
            },
        ),
        (
            "R3: a floor for each protocol",
            "alert VMInsertRateDrop [rate-per-series]",
            |stack| {
                set_alert(
                    stack,
                    "VMInsertRateDrop",
                    "rate(vm_rows_inserted_total[5m]) < 100",
                );
            },
        ),
        // R4: a threshold above the limit of memory is refused as a value; see `bad_values`. Its other half:
        (
            "R4: a job that is called otherwise",
            "selects job=\"victoriametrics\", which is not scraped",
            |stack| {
                alert(stack, "victoria-metrics", "victoriametrics");
            },
        ),
        (
            "R5: nobody watches targets",
            "alerts [unwatched]: none is about up",
            |stack| {
                stack.groups.retain(|group| group.name != "targets");
            },
        ),
        (
            "R5: nobody watches the queue",
            "nobody is told of data that is lost",
            |stack| {
                stack.groups.retain(|group| group.name != "agent");
            },
        ),
        (
            "R6: an absolute rate of each series",
            "alert HighErrorRate [rate-per-series]",
            |stack| {
                set_alert(
                    stack,
                    "HighErrorRate",
                    "rate(calls_total{code=~\"5..\"}[5m]) > 10",
                );
            },
        ),
        (
            "R7: a quantile of each series",
            "alert HighLatency [doubtful-expression]",
            |stack| {
                set_alert(
                    stack,
                    "HighLatency",
                    "histogram_quantile(0.99, rate(call_duration_seconds_bucket[5m])) > 1",
                );
            },
        ),
        (
            "R7: a quantile without buckets",
            "alert HighLatency [doubtful-expression]",
            |stack| {
                alert(stack, "by (job, le, vmrange)", "by (job)");
            },
        ),
        ("R8: no runbook", "[unexplained-alert]", |stack| {
            stack.groups[0].alerts[0].runbook = ""
        }),
        (
            "R8: no dashboard",
            "links to the dashboard vmotel-servers",
            |stack| {
                stack
                    .dashboards
                    .retain(|dashboard| dashboard.uid != "vmotel-servers");
            },
        ),
        // R8: `keep_firing_for`, severity and team are no choice of an alert: `rules::render` gives them to each.
        ("no test", "[untested-alert]", |stack| {
            stack.groups[0].alerts[0].silent.clear()
        }),
        (
            "the base name of a histogram",
            "call_duration_seconds is exposed by nothing",
            |stack| {
                alert(stack, "call_duration_seconds_bucket", "call_duration_seconds");
            },
        ),
        (
            "a metric that was renamed",
            "dashboard vmotel-application [unknown-metric]: people",
            |stack| {
                stack.catalog.metrics.retain(|metric| metric.name != "people");
            },
        ),
    ]);
}

/// A slip of the pen in a rule or a panel is refused with its place.
#[test]
fn misspelt() {
    check_all(&[
        (
            "a metric",
            "alert HighErrorRate [unknown-metric]: cals_total is exposed by nothing that is deployed (line 1, column 10 of `sum(rate(cals_total{",
            |stack| {
                alert(stack, "calls_total", "cals_total");
            },
        ),
        (
            "a label",
            "alert HighErrorRate [unknown-label]: calls_total has no label status (line 1, column 33 of `",
            |stack| {
                alert(stack, "code=~", "status=~");
            },
        ),
        (
            "a label to group by",
            "record job:requests:rate5m [unknown-label]: no metric of sum(rate(",
            |stack| {
                let record = &mut stack.groups[0].records[0];
                record.expr = record.expr.replace("by (job)", "by (jop)");
            },
        ),
        (
            "a function",
            "alert HighLatency [bad-expression]: unknown function `histogram_quantil`, did you mean `histogram_quantile`? (line 1, column 1 of `",
            |stack| {
                alert(stack, "histogram_quantile", "histogram_quantil");
            },
        ),
        (
            "a function in a record",
            "record job:requests:rate5m [bad-expression]: unknown function `rte`, did you mean `rate`? (line 1, column 5 of `",
            |stack| {
                let record = &mut stack.groups[0].records[0];
                record.expr = record.expr.replace("rate(", "rte(");
            },
        ),
        (
            "a metric in a panel",
            "dashboard vmotel-application [unknown-metric]: cals_total",
            |stack| {
                stack.dashboards[0].expressions[0] = "sum(rate(cals_total[5m]))".to_owned();
            },
        ),
        (
            "a function in a panel",
            "dashboard vmotel-application [bad-expression]: unknown function `sm`",
            |stack| {
                stack.dashboards[0].expressions[0] = "sm(rate(calls_total[5m]))".to_owned();
            },
        ),
    ]);
}

/// C15: a number alone would be months to one server and an error to another.
#[test]
fn values_without_units() {
    for (values, expected) in [
        ("[storage]\nretention = '12'", "`12` is no retention"),
        ("[storage]\nretention = 12", "invalid type"),
        ("[agent]\nqueue = '500'", "`500` is no size"),
        ("[scraping]\ninterval = '30'", "`30` is no duration"),
    ] {
        let error = Deployment::from_toml(values).unwrap_err().to_string();
        assert!(error.contains(expected), "{values}: {error}");
    }
}

/// Whoever opens a dashboard is told what each panel shows, in which unit, and of what.
#[test]
fn panels_explain_themselves() {
    let stack = super::sound();
    assert!(stack.dashboards.len() >= 2);
    for dashboard in &stack.dashboards {
        let json: serde_json::Value = serde_json::from_str(&dashboard.text).unwrap();
        let uid = &dashboard.uid;
        let variables = json["templating"]["list"].as_array().unwrap();
        assert!(
            variables
                .iter()
                .any(|v| v["name"] == "ds" && v["type"] == "datasource"),
            "{uid}"
        );
        let panels = json["panels"].as_array().unwrap();
        assert!(!panels.is_empty(), "{uid}");
        for panel in panels {
            for field in ["title", "description"] {
                assert_ne!(
                    panel[field].as_str().unwrap_or_default(),
                    "",
                    "{uid}: {field} of {panel}"
                );
            }
            assert_ne!(
                panel["fieldConfig"]["defaults"]["unit"]
                    .as_str()
                    .unwrap_or_default(),
                "",
                "{uid}: {panel}"
            );
            assert_eq!(panel["datasource"]["uid"], "${ds}", "{uid}: {panel}");
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{uid}: {panel}");
            for target in targets {
                assert_eq!(target["datasource"]["uid"], "${ds}", "{uid}: {target}");
                assert!(
                    target["legendFormat"].as_str().unwrap().contains("{{"),
                    "{uid}: {target}"
                );
            }
        }
    }
}
