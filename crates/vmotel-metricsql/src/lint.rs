//! Findings about queries that are valid but hardly mean what was intended.

mod histogram;
mod names;
mod operations;
mod rollups;

use std::borrow::Cow;

use crate::ast::Expr;
use crate::expand::expand;
use crate::span::Span;
use crate::visit::for_each_child;

/// What is known about a metric, for lints that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// A value that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A base name whose series are `_bucket`, `_sum` and `_count`.
    Histogram,
    /// A base name with `quantile` series, `_sum` and `_count`.
    Summary,
}

/// The rules of [`lint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LintRule {
    /// `rate` or `increase` of a gauge.
    RateOfGauge,
    /// A raw counter is predicted, averaged or compared without a rate.
    RawCounter,
    /// `deriv` or `delta` of a counter breaks on resets.
    DeltaOfCounter,
    /// `histogram_quantile` over an expression that has dropped `le` and `vmrange`.
    QuantileWithoutBuckets,
    /// `histogram_quantile` by `le` alone is empty for `vmrange` buckets.
    QuantileWithoutVmrange,
    /// `histogram_quantile` over buckets that are not rated.
    QuantileOfRawBuckets,
    /// `histogram_quantile` returns a value per series where no aggregation joins them.
    QuantilePerSeries,
    /// The base name of a histogram has no series.
    HistogramBaseName,
    /// `mad` across series compared with another window as an anomaly test.
    MadOfWindows,
    /// Operands whose label sets can never match.
    UnmatchedLabels,
    /// A rollup function without `min`, `max` or `avg` returns three series for each.
    RollupWithoutTag,
    /// A rate of sums goes wrong when one of the counters resets.
    RateOfSum,
    /// A rollup function over an expression makes a hidden subquery.
    ImplicitSubquery,
    /// `label_replace` with an empty source adds a label and deletes none.
    LabelReplaceAdds,
    /// The largest load is ranked as if it were the largest latency.
    RankedLoad,
    /// A series is where a single number is needed.
    SeriesAsNumber,
    /// A string is where a number is needed.
    StringAsNumber,
}

impl LintRule {
    /// Returns the name of the rule in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RateOfGauge => "rate-of-gauge",
            Self::RawCounter => "raw-counter",
            Self::DeltaOfCounter => "delta-of-counter",
            Self::QuantileWithoutBuckets => "quantile-without-buckets",
            Self::QuantileWithoutVmrange => "quantile-without-vmrange",
            Self::QuantileOfRawBuckets => "quantile-of-raw-buckets",
            Self::QuantilePerSeries => "quantile-per-series",
            Self::HistogramBaseName => "histogram-base-name",
            Self::MadOfWindows => "mad-of-windows",
            Self::UnmatchedLabels => "unmatched-labels",
            Self::RollupWithoutTag => "rollup-without-tag",
            Self::RateOfSum => "rate-of-sum",
            Self::ImplicitSubquery => "implicit-subquery",
            Self::LabelReplaceAdds => "label-replace-adds",
            Self::RankedLoad => "ranked-load",
            Self::SeriesAsNumber => "series-as-number",
            Self::StringAsNumber => "string-as-number",
        }
    }
}

/// A finding: what looks wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lint {
    /// The rule.
    pub rule: LintRule,
    /// The place in the text of the query.
    pub span: Span,
    /// What looks wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// Returns findings about an expression, in the order of the text.
///
/// Kinds of metrics are told by their names (`_total`, `_bucket`, ...); [`lint_with`] takes them from a catalog.
///
/// ```
/// let query = vmotel_metricsql::parse("histogram_quantile(0.99, sum(rate(h_bucket[5m])) by (service))")?;
/// let lints = vmotel_metricsql::lint(&query);
/// assert_eq!(lints[0].rule.name(), "quantile-without-buckets");
/// assert_eq!(lints[0].help, "add the bucket labels to the grouping: by (le, vmrange, service)");
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
#[must_use]
pub fn lint(expr: &Expr) -> Vec<Lint> {
    lint_with(expr, |_| None)
}

/// Returns findings about an expression, with what a catalog knows about metrics.
///
/// `kind_of` gets the metric name of a selector; where it returns `None`, the name decides.
pub fn lint_with(expr: &Expr, kind_of: impl Fn(&str) -> Option<MetricKind>) -> Vec<Lint> {
    let expanded = expand(expr).map_or(Cow::Borrowed(expr), Cow::Owned);
    let mut linter = Linter {
        kind_of: &kind_of,
        lints: Vec::new(),
    };
    linter.visit(&expanded, None);
    linter.lints.sort_by_key(|l| (l.span.start, l.span.end));
    linter.lints.dedup();
    linter.lints
}

struct Linter<'a> {
    kind_of: &'a dyn Fn(&str) -> Option<MetricKind>,
    lints: Vec<Lint>,
}

impl Linter<'_> {
    fn visit(&mut self, expr: &Expr, parent: Option<&Expr>) {
        match expr {
            Expr::Call(call) => self.call(call, parent),
            Expr::Aggregation(aggregation) => self.aggregation(aggregation),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Selector(selector) => self.selector(selector),
            _ => {}
        }
        for_each_child(expr, |child| self.visit(child, Some(expr)));
    }

    fn add(&mut self, rule: LintRule, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.lints.push(Lint {
            rule,
            span,
            message: message.into(),
            help: help.into(),
        });
    }
}

#[cfg(test)]
mod tests;
