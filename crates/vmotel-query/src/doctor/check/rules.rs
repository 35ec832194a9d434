//! vmalert: its rules, and where alerts go.

use vmotel_metricsql::{lint, parse};

use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Rule, Verdict};

const MAX_LISTED: usize = 10;

pub(super) fn evaluated(readings: &Readings) -> Verdict {
    let alert = readings.alert()?;
    let metrics = &alert.metrics;
    let rules = alert.rules.as_ref().ok_or("vmalert does not list its rules")?;
    let mut findings = Vec::new();
    if metrics.sum("vmalert_config_last_reload_successful") == Some(0.0) {
        findings.push(
            Finding::critical("vmalert could not load its rules and goes on with the old ones")
                .evidence("vmalert_config_last_reload_successful is 0")
                .fix("see what is wrong: vmalert -rule=... -dryRun; then: curl VMALERT/-/reload"),
        );
    }
    if rules.is_empty() {
        findings.push(
            Finding::warning("vmalert has no rules")
                .evidence(format!("{}/api/v1/rules lists none", alert.url))
                .fix("set -rule to your files; a pattern that matches nothing is no error"),
        );
    }
    findings.extend(
        rules
            .iter()
            .filter(|rule| !rule.last_error.is_empty())
            .take(MAX_LISTED)
            .map(failing),
    );
    let blind: Vec<&Rule> = rules
        .iter()
        .filter(|rule| {
            rule.evaluated && rule.last_error.is_empty() && rule.series_fetched == Some(0) && selects(rule)
        })
        .collect();
    findings.extend(blind.iter().take(MAX_LISTED).map(|rule| {
        Finding::warning(format!("rule {} of group {} selects no series: it can never fire", rule.name, rule.group))
            .evidence(format!("lastSeriesFetched is 0 for: {}", rule.query))
            .fix("correct the metric's name or the label filters; see what is stored: vmotel query 'count({__name__!=\"\"}) by (__name__)'")
    }));
    for rule in rules {
        let Ok(expr) = parse(&rule.query) else { continue };
        findings.extend(lint(&expr).into_iter().take(1).map(|lint| {
            Finding::warning(format!(
                "rule {} of group {}: {}",
                rule.name, rule.group, lint.message
            ))
            .evidence(format!("{}: {}", lint.rule.name(), rule.query))
            .fix(lint.help)
        }));
    }
    let missed = metrics
        .count("vmalert_iteration_missed_total")
        .unwrap_or_default();
    if missed.total > 0.0 {
        findings.push(
            Finding::warning("groups of rules miss evaluations: one takes longer than its interval")
                .evidence(format!("missed: {}", missed.words(metrics.between)))
                .fix("raise the interval or the concurrency of the group, or make its queries lighter"),
        );
    }
    Ok(findings)
}

/// Tells whether an expression has a metric to select at all; `absent` wants to select nothing.
fn selects(rule: &Rule) -> bool {
    if !rule.alerting || rule.query.contains("absent") {
        return false;
    }
    parse(&rule.query).is_ok_and(|expr| !vmotel_metricsql::usage(&expr, 60_000).metrics.is_empty())
}

fn failing(rule: &Rule) -> Finding {
    let finding = Finding::critical(format!("rule {} of group {} fails", rule.name, rule.group))
        .evidence(format!(
            "last error: {}",
            rule.last_error.chars().take(300).collect::<String>()
        ))
        .evidence(format!("query: {}", rule.query));
    match parse(&rule.query) {
        Err(error) => finding.fix(format!("correct the query: {error}")),
        Ok(_) if rule.last_error.contains("connection refused") || rule.last_error.contains("dial") => {
            finding.fix("correct -datasource.url of vmalert: nothing listens there")
        }
        Ok(_) if rule.last_error.contains("unsupported path") || rule.last_error.contains("404") => {
            finding.fix("correct -datasource.url of vmalert: the address of the server without a path; for a cluster \
                         http://vmselect:8481/select/0/prometheus")
        }
        Ok(_) if rule.last_error.contains("duplicate") => {
            finding.fix("the labels of the rule or its expression make several results alike: aggregate, or keep the labels apart")
        }
        Ok(_) => finding.fix("run the query by hand: vmotel query '...'"),
    }
}

pub(super) fn delivered(readings: &Readings) -> Verdict {
    let alert = readings.alert()?;
    let metrics = &alert.metrics;
    let mut findings = Vec::new();
    for (notifier, count) in metrics.count_by("vmalert_alerts_send_errors_total", &["addr"]) {
        findings.push(
            Finding::critical(format!("alerts do not reach {notifier}"))
                .evidence(format!("failed: {}", count.words(metrics.between)))
                .fix("start Alertmanager (its default port is 9093), or correct -notifier.url"),
        );
    }
    let has_alerts = alert.rules.iter().flatten().any(|rule| rule.alerting);
    if has_alerts && metrics.flag_is_on("notifier.blackhole") {
        findings.push(
            Finding::note("alerts go nowhere: -notifier.blackhole is set")
                .evidence("flag notifier.blackhole is true")
                .fix("set -notifier.url=http://alertmanager:9093 instead"),
        );
    }
    for (name, what) in [
        (
            "vmalert_remotewrite_dropped_rows_total",
            "rows of recording rules and alert states are dropped",
        ),
        (
            "vmalert_remotewrite_errors_total",
            "writing recording rules and alert states fails",
        ),
    ] {
        let count = metrics.count(name).unwrap_or_default();
        if count.total > 0.0 {
            findings.push(
                Finding::critical(what)
                    .evidence(format!("{name}: {}", count.words(metrics.between)))
                    .fix("correct -remoteWrite.url of vmalert: the address of the server, as http://victoriametrics:8428"),
            );
            break;
        }
    }
    Ok(findings)
}
