//! Built selectors and their windows.

use std::borrow::Cow;
use std::time::Duration;

use super::BuildError;
use super::aggregation::Grouped;
use super::operation::Operation;
use super::query::{Query, call_expr, check_name, duration};
use crate::ast::{BinaryOp, Expr, LabelFilter, MatchOp, Selector, SubqueryStep};

/// A series selector under construction.
///
/// Rollups take a window here, so that each reads raw samples; other expressions need [`Query::subquery`] first.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct SelectorBuilder {
    selector: Selector,
    error: Option<BuildError>,
}

/// Starts with the series of one metric; any name is escaped as needed.
pub fn metric(name: impl Into<String>) -> SelectorBuilder {
    let name = name.into();
    let error = check_name("metric name", &name).err();
    SelectorBuilder {
        selector: Selector {
            name: Some(name),
            ..Selector::default()
        },
        error,
    }
}

/// Starts with the series of all metrics, to be narrowed by label filters.
pub fn any_metric() -> SelectorBuilder {
    SelectorBuilder {
        selector: Selector::default(),
        error: None,
    }
}

impl SelectorBuilder {
    /// Keeps series whose label has the value; an empty value means that the label is absent.
    pub fn eq(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.filter(label, MatchOp::Equal, value)
    }

    /// Keeps series whose label has another value or is absent.
    pub fn ne(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.filter(label, MatchOp::NotEqual, value)
    }

    /// Keeps series whose whole label value matches the regular expression (RE2).
    pub fn matching(self, label: impl Into<String>, regex: impl Into<String>) -> Self {
        self.filter(label, MatchOp::Regex, regex)
    }

    /// Keeps series whose whole label value does not match the regular expression (RE2).
    pub fn not_matching(self, label: impl Into<String>, regex: impl Into<String>) -> Self {
        self.filter(label, MatchOp::NotRegex, regex)
    }

    /// Keeps series whose label has one of the values, which are escaped for the regular expression.
    pub fn one_of<V: AsRef<str>>(
        self,
        label: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<_> = values.into_iter().map(|v| escape_regex(v.as_ref())).collect();
        self.filter(label, MatchOp::Regex, values.join("|"))
    }

    /// Starts another group of filters: series match one group or another (MetricsQL).
    ///
    /// A group without filters is left out.
    pub fn or(mut self) -> Self {
        if self.selector.groups.last().is_some_and(|g| !g.is_empty()) {
            self.selector.groups.push(Vec::new());
        }
        self
    }

    fn filter(mut self, label: impl Into<String>, op: MatchOp, value: impl Into<String>) -> Self {
        let label = label.into();
        self.error = self.error.or_else(|| check_name("label name", &label).err());
        if self.selector.groups.is_empty() {
            self.selector.groups.push(Vec::new());
        }
        if let Some(group) = self.selector.groups.last_mut() {
            group.push(LabelFilter::new(label, op, value));
        }
        self
    }

    /// Applies a rollup function of one argument over a window, such as `avg_over_time`.
    pub fn rollup(self, function: impl Into<Cow<'static, str>>, window: Duration) -> Query {
        let function = function.into();
        let named = check_name("function name", &function);
        self.range(window)
            .note(named)
            .map(|range| call_expr(function, vec![range]))
    }

    /// Returns the raw samples of a window, for the arguments of [`super::call`].
    pub fn range(self, window: Duration) -> Query {
        let query = Query::from(self);
        match duration("window", window) {
            Ok(window) => query.rollup_with(|r| {
                r.window = Some(window);
                r.step = SubqueryStep::None;
            }),
            Err(e) => query.note(Err(e)),
        }
    }

    /// Returns the increase per second over a window, for counters.
    pub fn rate(self, window: Duration) -> Query {
        self.rollup("rate", window)
    }

    /// Returns the increase over a window, for counters.
    pub fn increase(self, window: Duration) -> Query {
        self.rollup("increase", window)
    }

    /// Returns the average over a window, for gauges.
    pub fn avg_over_time(self, window: Duration) -> Query {
        self.rollup("avg_over_time", window)
    }

    /// Returns the maximum over a window, for gauges.
    pub fn max_over_time(self, window: Duration) -> Query {
        self.rollup("max_over_time", window)
    }

    /// Returns the minimum over a window, for gauges.
    pub fn min_over_time(self, window: Duration) -> Query {
        self.rollup("min_over_time", window)
    }

    /// Returns the change over a window, for gauges.
    pub fn delta(self, window: Duration) -> Query {
        self.rollup("delta", window)
    }

    /// Sums the series.
    pub fn sum(self) -> Grouped {
        Query::from(self).sum()
    }

    /// Counts the series.
    pub fn count(self) -> Grouped {
        Query::from(self).count()
    }

    /// Combines the series with another expression by an operator.
    pub fn op(self, op: BinaryOp, right: impl Into<Query>) -> Operation {
        Query::from(self).op(op, right)
    }

    /// Returns the expression; see [`Query::build`].
    ///
    /// # Errors
    ///
    /// Returns the first mistake.
    pub fn build(self) -> Result<Expr, BuildError> {
        Query::from(self).build()
    }
}

impl From<SelectorBuilder> for Query {
    fn from(mut builder: SelectorBuilder) -> Self {
        builder.selector.groups.retain(|g| !g.is_empty());
        Self {
            expr: Expr::Selector(builder.selector),
            error: builder.error,
        }
    }
}

fn escape_regex(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
