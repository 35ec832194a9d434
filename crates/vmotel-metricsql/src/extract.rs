//! What a query reads: metric names, labels and windows.

use std::collections::BTreeSet;

use crate::ast::{Expr, LabelFilter, MatchOp, Rollup, Selector, SubqueryStep};
use crate::visit::for_each_child;

/// What a query reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The exact metric names of its selectors.
    pub metrics: BTreeSet<String>,
    /// The regular expressions for metric names.
    pub metric_patterns: BTreeSet<String>,
    /// Whether a selector leaves the metric name open.
    pub any_metric: bool,
    /// The labels that are filtered, grouped, matched or copied by, without `__name__`.
    pub labels: BTreeSet<String>,
    /// The functions called, aggregations included.
    pub functions: BTreeSet<&'static str>,
    /// The selectors with their windows, in the order of the text.
    pub selections: Vec<Selection>,
    /// How far before the evaluated time the query reads, in milliseconds, with windows, subqueries and offsets added
    /// up. Windows that are missing or given in steps count for the step passed to [`usage`].
    pub lookback_ms: i64,
}

/// A selector and the window it is read over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// The selector as text.
    pub selector: String,
    /// The exact metric name, if it has one.
    pub metric: Option<String>,
    /// The window as written, if it has one.
    pub window: Option<String>,
    /// The offset as written, if it has one.
    pub offset: Option<String>,
}

/// Returns what a query reads when it is evaluated with a step of `step_ms`.
///
/// Templates are looked at where they are defined; [`crate::expand`] first for exact windows.
///
/// ```
/// let query = vmotel_metricsql::parse("sum(rate(a{x='1'}[5m] offset 1h)) by (job) / on (job) b")?;
/// let usage = vmotel_metricsql::usage(&query, 60_000);
/// assert_eq!(usage.metrics.iter().collect::<Vec<_>>(), ["a", "b"]);
/// assert_eq!(usage.labels.iter().collect::<Vec<_>>(), ["job", "x"]);
/// assert_eq!(usage.selections[0].window.as_deref(), Some("5m"));
/// assert_eq!(usage.lookback_ms, 65 * 60_000);
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
#[must_use]
pub fn usage(expr: &Expr, step_ms: i64) -> Usage {
    let mut usage = Usage::default();
    collect(expr, step_ms, 0, None, &mut usage);
    usage
}

fn collect(expr: &Expr, step_ms: i64, before_ms: i64, rollup: Option<&Rollup>, usage: &mut Usage) {
    let mut inner_ms = before_ms;
    match expr {
        Expr::Selector(s) => {
            selector(s, usage);
            usage.selections.push(Selection {
                selector: s.to_string(),
                metric: exact_name(s),
                window: rollup.and_then(|r| r.window.as_ref()).map(ToString::to_string),
                offset: rollup.and_then(|r| r.offset.as_ref()).map(ToString::to_string),
            });
            let window = if rollup.is_some_and(|r| r.window.is_some()) {
                0
            } else {
                step_ms
            };
            usage.lookback_ms = usage.lookback_ms.max(before_ms.saturating_add(window));
        }
        Expr::Rollup(r) => {
            let window = r.window.as_ref().map_or(0, |d| d.millis(step_ms));
            let offset = r.offset.as_ref().map_or(0, |d| d.millis(step_ms));
            inner_ms = before_ms.saturating_add(window).saturating_add(offset);
            let step_ms = match &r.step {
                SubqueryStep::Every(step) => step.millis(step_ms),
                _ => step_ms,
            };
            collect(&r.expr, step_ms, inner_ms, Some(r), usage);
            usage.lookback_ms = usage.lookback_ms.max(inner_ms);
            if let Some(at) = &r.at {
                collect(at, step_ms, before_ms, None, usage);
            }
            return;
        }
        Expr::Call(c) => usage.functions.extend(c.function().map(|f| f.name)),
        Expr::Aggregation(a) => {
            usage.functions.extend(a.function().map(|f| f.name));
            usage
                .labels
                .extend(a.grouping.iter().flat_map(|g| g.labels.iter().cloned()));
        }
        Expr::Binary(b) => {
            usage
                .labels
                .extend(b.matching.iter().flat_map(|m| m.labels.iter().cloned()));
            let joined = b.join.iter().flat_map(|j| j.labels.iter()).filter(|l| *l != "*");
            usage.labels.extend(joined.cloned());
        }
        _ => {}
    }
    for_each_child(expr, |child| collect(child, step_ms, inner_ms, None, usage));
}

/// Returns the metric name if all of the selector is about one.
pub(crate) fn exact_name(s: &Selector) -> Option<String> {
    s.name.clone()
}

fn selector(s: &Selector, usage: &mut Usage) {
    usage.metrics.extend(s.name.clone());
    let empty = Vec::new();
    let groups = if s.groups.is_empty() {
        std::slice::from_ref(&empty)
    } else {
        &s.groups[..]
    };
    for group in groups {
        let mut named = s.name.is_some();
        for filter in group {
            if filter.label == "__name__" && filter.op != MatchOp::Template {
                named |= name_filter(filter, usage);
            } else if filter.op != MatchOp::Template {
                usage.labels.insert(filter.label.clone());
            }
        }
        usage.any_metric |= !named;
    }
}

fn name_filter(filter: &LabelFilter, usage: &mut Usage) -> bool {
    let value = filter.value.value.clone();
    match filter.op {
        MatchOp::Equal => usage.metrics.insert(value),
        MatchOp::Regex => usage.metric_patterns.insert(value),
        _ => return false,
    };
    true
}
