//! What the name of a metric tells of its kind.

use super::{LintRule, Linter, MetricKind};
use crate::ast::{Expr, Selector};

/// Name endings of values in base units, which histograms of durations and sizes have.
const HISTOGRAM_UNITS: [&str; 3] = ["_duration_seconds", "_latency_seconds", "_response_time_seconds"];

impl Linter<'_> {
    /// Returns the kind of the metric that a selector reads, from the catalog or its name.
    pub(super) fn kind(&self, selector: &Selector) -> Option<MetricKind> {
        let name = selector.name.as_deref()?;
        (self.kind_of)(name).or_else(|| kind_by_name(name))
    }

    pub(super) fn selector(&mut self, selector: &Selector) {
        let Some(name) = &selector.name else { return };
        let quantiles = selector.groups.iter().flatten().any(|f| f.label == "quantile");
        let is_base = match (self.kind_of)(name) {
            Some(kind) => kind == MetricKind::Histogram,
            None => HISTOGRAM_UNITS.iter().any(|unit| name.ends_with(unit)) && !quantiles,
        };
        if is_base {
            self.add(
                LintRule::HistogramBaseName,
                selector.span,
                format!("`{name}` looks like a histogram, whose base name has no series"),
                format!(
                    "read {name}_bucket, or the mean as increase({name}_sum[..]) / increase({name}_count[..])"
                ),
            );
        }
    }
}

fn kind_by_name(name: &str) -> Option<MetricKind> {
    let is = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if is(&["_total", "_bucket", "_count", "_sum"]) {
        Some(MetricKind::Counter)
    } else if is(&["_ratio", "_celsius", "_percent", "_active", "_info"])
        || [
            "_active_",
            "_in_use",
            "_usage_bytes",
            "_memory_bytes",
            "_queue_",
            "_temperature",
        ]
        .iter()
        .any(|part| name.contains(part))
    {
        Some(MetricKind::Gauge)
    } else {
        None
    }
}

/// Returns the selector under windows, offsets and rollup functions that keep the kind of the value.
pub(super) fn selector_of(expr: &Expr) -> Option<&Selector> {
    match expr {
        Expr::Selector(s) => Some(s),
        Expr::Rollup(r) if !r.is_subquery() => selector_of(&r.expr),
        _ => None,
    }
}
