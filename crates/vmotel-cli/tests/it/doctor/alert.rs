use std::thread;
use std::time::Duration;

use vmotel_testkit::{Version, Vmalert};

use super::app::stub;
use super::report::{Report, examine};
use super::{nowhere, on_both, server};

/// Examines a vmalert with one rule once its metrics show what is waited for.
fn with_rule(
    version: Version,
    rule: &str,
    datasource: Option<&str>,
    flags: &[String],
    wait_for: &str,
) -> Report {
    let server = server(version, &[]);
    server.import_text("broken 1\n").unwrap();
    let rules = format!("groups:\n- name: g\n  interval: 200ms\n  rules:\n  - {rule}\n");
    let mut all = vec!["-rule.evalDelay=1ms".to_owned()];
    all.extend_from_slice(flags);
    let url = server.url();
    let alert = Vmalert::start(version, &rules, datasource.unwrap_or(&url), &all).unwrap();
    for _ in 0..600 {
        let text = alert.get("/metrics").unwrap().text();
        let mut lines = text.lines().filter(|line| line.starts_with(wait_for));
        if lines.any(|line| !line.ends_with(" 0")) {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    examine(&["--vmalert", &alert.url()])
}

#[test]
fn a_rule_that_can_never_fire() {
    on_both(|version| {
        let notifier = format!("-notifier.url=http://{}", stub("200 OK", "", ""));
        with_rule(
            version,
            "{alert: A, expr: \"no_such_metric > 0\"}",
            None,
            &[notifier],
            "vmalert_iteration_total",
        )
        .finds(&["rules"])
        .exits(3)
        .with(
            "rules",
            "warning",
            "rule A of group g selects no series",
            "no_such_metric > 0",
            "correct the metric's name",
        );
    });
}

#[test]
fn a_datasource_that_does_not_answer() {
    on_both(|version| {
        let notifier = format!("-notifier.url=http://{}", stub("200 OK", "", ""));
        let nowhere = nowhere();
        let rule = "{alert: A, expr: \"broken > 0\"}";
        with_rule(
            version,
            rule,
            Some(&nowhere),
            &[notifier],
            "vmalert_execution_errors_total",
        )
        .exits(4)
        .with(
            "rules",
            "critical",
            "rule A of group g fails",
            "connection refused",
            "correct -datasource.url",
        );
    });
}

#[test]
fn a_notifier_that_does_not_answer() {
    on_both(|version| {
        let notifier = format!("-notifier.url={}", nowhere());
        let rule = "{alert: A, expr: \"last_over_time(broken[1h]) > 0\"}";
        with_rule(
            version,
            rule,
            None,
            &[notifier],
            "vmalert_alerts_send_errors_total",
        )
        .finds(&["alert_delivery"])
        .exits(4)
        .with(
            "alert_delivery",
            "critical",
            "alerts do not reach",
            "since the start",
            "start Alertmanager",
        );
    });
}

#[test]
fn a_rule_with_a_likely_mistake() {
    on_both(|version| {
        let notifier = format!("-notifier.url=http://{}", stub("200 OK", "", ""));
        let rule = "{record: \"a:b\", expr: \"rollup_rate(broken[1h])\"}";
        with_rule(version, rule, None, &[notifier], "vmalert_iteration_total").with(
            "rules",
            "warning",
            "rule a:b of group g",
            "rollup-without-tag",
            "",
        );
    });
}

#[test]
fn alerts_that_go_nowhere_are_a_note() {
    on_both(|version| {
        let rule = "{alert: A, expr: \"last_over_time(broken[1h]) > 5\"}";
        with_rule(version, rule, None, &[], "vmalert_iteration_total").with(
            "alert_delivery",
            "note",
            "alerts go nowhere",
            "notifier.blackhole",
            "-notifier.url=",
        );
    });
}
