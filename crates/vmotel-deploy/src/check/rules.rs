//! Rules and dashboards: expressions parse, and what they ask for is there.

use std::collections::{BTreeMap, BTreeSet};

use vmotel_metricsql::ast::{Expr, MatchOp};
use vmotel_metricsql::{Visitor, parse, usage, walk};

use super::Findings;
use crate::{Stack, inventory};

/// Labels that any series may have.
const COMMON: [&str; 5] = ["job", "instance", "le", "vmrange", "cluster"];

pub(super) fn check(stack: &Stack, findings: &mut Findings) {
    let known = known(stack);
    for group in &stack.groups {
        for record in &group.records {
            check_expr(
                stack,
                &known,
                &record.expr,
                &|| format!("record {}", record.record),
                findings,
            );
        }
        for alert in &group.alerts {
            let place = || format!("alert {}", alert.name);
            check_expr(stack, &known, &alert.expr, &place, findings);
            findings.require(
                !alert.fires.is_empty() && !alert.silent.is_empty(),
                "untested-alert",
                place,
                || "it has no test that fires and one that stays silent".to_owned(),
            );
            findings.require(
                ![alert.summary.as_str(), &alert.description, alert.runbook].contains(&""),
                "unexplained-alert",
                place,
                || "it has no summary, description or runbook".to_owned(),
            );
        }
        let uid = crate::dashboards::uid_for(group.name, &stack.catalog);
        findings.require(
            stack.dashboards.iter().any(|dashboard| dashboard.uid == uid),
            "unknown-dashboard",
            || format!("group {}", group.name),
            || format!("it links to the dashboard {uid}, which is not rendered"),
        );
    }
    for dashboard in &stack.dashboards {
        for expr in &dashboard.expressions {
            check_expr(
                stack,
                &known,
                expr,
                &|| format!("dashboard {}", dashboard.uid),
                findings,
            );
        }
    }
}

/// Returns every series that exists, with its labels: of the catalog, of the servers, of recording rules.
fn known(stack: &Stack) -> BTreeMap<String, BTreeSet<String>> {
    let mut known = inventory::metrics();
    for metric in &stack.catalog.metrics {
        for series in metric.series() {
            known
                .entry(series)
                .or_default()
                .extend(metric.labels.iter().cloned());
        }
    }
    for record in stack.groups.iter().flat_map(|group| &group.records) {
        known.entry(record.record.clone()).or_default();
    }
    known
}

fn check_expr(
    stack: &Stack,
    known: &BTreeMap<String, BTreeSet<String>>,
    text: &str,
    place: &dyn Fn() -> String,
    findings: &mut Findings,
) {
    let expr = match parse(text) {
        Ok(expr) => expr,
        Err(error) => {
            findings.require(false, "bad-expression", place, || format!("{text}: {error}"));
            return;
        }
    };
    let usage = usage(&expr, 30_000);
    let mut labels: BTreeSet<&str> = COMMON.into();
    for metric in &usage.metrics {
        match known.get(metric) {
            Some(more) => labels.extend(more.iter().map(String::as_str)),
            None => findings.require(false, "unknown-metric", place, || {
                format!("{metric} is exposed by nothing that is deployed")
            }),
        }
    }
    for label in &usage.labels {
        findings.require(labels.contains(label.as_str()), "unknown-label", place, || {
            format!("no metric of {text} has the label {label}")
        });
    }
    let mut jobs = Jobs::default();
    walk(&expr, &mut jobs);
    for job in jobs.0 {
        findings.require(
            stack.jobs.iter().any(|known| known.job_name == job),
            "unknown-job",
            place,
            || format!("it selects job=\"{job}\", which is not scraped"),
        );
    }
}

/// Collects the jobs that are selected by name.
#[derive(Debug, Default)]
struct Jobs(BTreeSet<String>);

impl Visitor for Jobs {
    fn enter(&mut self, expr: &Expr) -> bool {
        if let Expr::Selector(selector) = expr {
            let filters = selector.groups.iter().flatten();
            let jobs = filters.filter(|filter| filter.label == "job" && filter.op == MatchOp::Equal);
            self.0.extend(jobs.map(|filter| filter.value.value.clone()));
        }
        true
    }
}
