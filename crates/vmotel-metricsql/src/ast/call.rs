//! Calls of functions and aggregations.

use std::borrow::Cow;

use super::{Expr, eq_without_span};
use crate::functions::{Function, function};
use crate::span::Span;

/// A call of a rollup or transform function, or of a template.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name; lower case for known functions.
    pub name: Cow<'static, str>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// Whether the result keeps the metric names.
    pub keep_metric_names: bool,
    /// Place of the name.
    pub name_span: Span,
    /// Place of the whole call.
    pub span: Span,
}
eq_without_span!(Call: name, args, keep_metric_names);

impl Call {
    /// Returns the function called, `None` for templates.
    #[must_use]
    pub fn function(&self) -> Option<&'static Function> {
        function(&self.name)
    }
}

/// An aggregation over series such as `topk(3, m) by (job) limit 5`.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// The name in lower case.
    pub name: Cow<'static, str>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// The labels that groups are made of.
    pub grouping: Option<Grouping>,
    /// The highest number of groups returned (MetricsQL).
    pub limit: Option<u64>,
    /// Place of the name.
    pub name_span: Span,
    /// Place of the whole aggregation.
    pub span: Span,
}
eq_without_span!(Aggregation: name, args, grouping, limit);

impl Aggregation {
    /// Returns the entry of the function table.
    #[must_use]
    pub fn function(&self) -> Option<&'static Function> {
        function(&self.name)
    }
}

/// The label list of `by` or `without`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Whether the labels are kept or dropped.
    pub kind: GroupingKind,
    /// The label names.
    pub labels: Vec<String>,
}

/// The two forms of [`Grouping`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupingKind {
    /// `by (labels)`
    By,
    /// `without (labels)`
    Without,
}

/// Expressions in parentheses, of none or at least two members.
#[derive(Clone, Debug)]
pub struct List {
    /// The members.
    pub items: Vec<Expr>,
    /// Place of the whole list.
    pub span: Span,
}
eq_without_span!(List: items);
