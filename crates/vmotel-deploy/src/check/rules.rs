//! Rules and dashboards: expressions parse, and what they ask for is there.

use std::collections::{BTreeMap, BTreeSet};

use vmotel_metricsql::ast::{BinaryOp, Expr, MatchOp, Selector};
use vmotel_metricsql::{MetricKind, Span, Visitor, lint_with, parse, usage, walk};

use super::Findings;
use crate::topology::Program;
use crate::{Catalog, Stack, inventory};

/// Labels that any series may have.
const COMMON: [&str; 5] = ["job", "instance", "le", "vmrange", "cluster"];

/// What an alert has to be about.
const WATCHED: [(&str, &str); 6] = [
    ("up", "targets that are down or gone"),
    ("process_start_time_seconds", "restarts"),
    ("vm_free_disk_space_bytes", "a full disk"),
    ("vm_rows_ignored_total", "rows that are not stored"),
    ("vm_persistentqueue_bytes_pending", "data that waits"),
    ("vm_persistentqueue_bytes_dropped_total", "data that is lost"),
];

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
            check_rates(&alert.expr, &place, findings);
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
    let alerts = stack.groups.iter().flat_map(|group| &group.alerts);
    let watched: BTreeSet<String> = alerts
        .filter_map(|alert| parse(&alert.expr).ok())
        .flat_map(|expr| usage(&expr, 30_000).metrics)
        .collect();
    // Where others run the servers, they watch them too.
    let ours = stack
        .services
        .iter()
        .any(|service| matches!(service.program, Program::VictoriaMetrics | Program::Vmstorage));
    for (metric, what) in WATCHED {
        findings.require(
            !ours || watched.contains(metric),
            "unwatched",
            || "alerts".to_owned(),
            || format!("none is about {metric}: nobody is told of {what}"),
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
            let at = at(error.span(), text);
            findings.require(false, "bad-expression", place, || format!("{error} ({at})"));
            return;
        }
    };
    let mut selectors = Selectors::default();
    walk(&expr, &mut selectors);
    let common: BTreeSet<&str> = COMMON.into();
    let mut any: BTreeSet<&str> = common.clone();
    for selector in &selectors.0 {
        let Some(name) = &selector.name else { continue };
        let Some(labels) = known.get(name) else {
            findings.require(false, "unknown-metric", place, || {
                format!(
                    "{name} is exposed by nothing that is deployed ({})",
                    at(selector.span, text)
                )
            });
            continue;
        };
        any.extend(labels.iter().map(String::as_str));
        for filter in selector.groups.iter().flatten() {
            let has = common.contains(filter.label.as_str()) || labels.contains(&filter.label);
            findings.require(has, "unknown-label", place, || {
                format!("{name} has no label {} ({})", filter.label, at(filter.span, text))
            });
            if filter.label == "job" && filter.op == MatchOp::Equal {
                let job = &filter.value.value;
                findings.require(
                    stack.jobs.iter().any(|known| known.job_name == *job),
                    "unknown-job",
                    place,
                    || format!("it selects job=\"{job}\", which is not scraped"),
                );
            }
        }
    }
    // Labels to group and match by, which may come from either side of an operation.
    for label in &usage(&expr, 30_000).labels {
        let filtered = selectors
            .0
            .iter()
            .flat_map(|selector| selector.groups.iter().flatten());
        let is_filter = filtered.clone().any(|filter| filter.label == *label);
        findings.require(
            is_filter || any.contains(label.as_str()),
            "unknown-label",
            place,
            || format!("no metric of {text} has the label {label}"),
        );
    }
    for lint in lint_with(&expr, |name| kind(&stack.catalog, known, name)) {
        findings.require(false, "doubtful-expression", place, || {
            format!("{} ({}); {}", lint.message, at(lint.span, text), lint.help)
        });
    }
}

/// A rate that is compared before it is summed is a threshold for each series: a busy service is below it in every series, and one that
/// a protocol nobody uses has is below any floor.
fn check_rates(text: &str, place: &dyn Fn() -> String, findings: &mut Findings) {
    let Ok(expr) = parse(text) else { return };
    let mut compared = Compared::default();
    walk(&expr, &mut compared);
    for span in compared.0 {
        findings.require(false, "rate-per-series", place, || {
            format!(
                "a rate is compared for each series alone; add up first ({})",
                at(span, text)
            )
        });
    }
}

/// Says where in an expression something stands.
fn at(span: Span, text: &str) -> String {
    let (line, column) = span.line_column(text);
    format!("line {line}, column {column} of `{text}`")
}

/// Returns the kind of a series where it is known better than by its name.
fn kind(catalog: &Catalog, known: &BTreeMap<String, BTreeSet<String>>, series: &str) -> Option<MetricKind> {
    if let Some(metric) = catalog.find(series) {
        return Some(match (metric.histogram, metric.counter) {
            (true, _) => MetricKind::Histogram,
            (false, true) => MetricKind::Counter,
            (false, false) => MetricKind::Gauge,
        });
    }
    // What is a series of its own is no base name, whatever its unit.
    let told = ["_total", "_bucket", "_sum", "_count"];
    let plain = known.contains_key(series) && !told.iter().any(|ending| series.ends_with(ending));
    plain.then_some(MetricKind::Gauge)
}

/// Collects the selectors.
#[derive(Debug, Default)]
struct Selectors(Vec<Selector>);

impl Visitor for Selectors {
    fn enter(&mut self, expr: &Expr) -> bool {
        if let Expr::Selector(selector) = expr {
            self.0.push(selector.clone());
        }
        true
    }
}

/// Collects the places of rates that are compared as they are.
#[derive(Debug, Default)]
struct Compared(Vec<Span>);

impl Visitor for Compared {
    fn enter(&mut self, expr: &Expr) -> bool {
        use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        if let Expr::Binary(binary) = expr
            && matches!(binary.op, Equal | Greater | GreaterOrEqual | Less | LessOrEqual)
            && let Expr::Call(call) = &binary.left
            && ["rate", "irate", "increase"].contains(&call.name.as_ref())
        {
            self.0.push(call.span);
        }
        true
    }
}
