//! Selectors: a metric and its label filters.

use super::{Text, eq_without_span};
use crate::span::Span;

/// A series selector: a metric name and groups of label filters joined by `or`.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// The metric name that all groups share; a name given as `{"m"}` or `{__name__="m"}` is here, too.
    pub name: Option<String>,
    /// The groups joined by `or`; filters in a group must all match. No group matches all.
    pub groups: Vec<Vec<LabelFilter>>,
    /// Place in the query.
    pub span: Span,
}
eq_without_span!(Selector: name, groups);

impl Selector {
    /// Drops all groups where one is empty and so matches whatever the others do.
    pub(crate) fn normalize(&mut self) {
        if self.groups.iter().any(Vec::is_empty) {
            self.groups.clear();
        }
    }

    /// Returns whether the selector is a bare metric name.
    #[must_use]
    pub fn is_only_name(&self) -> bool {
        self.name.is_some() && self.groups.iter().all(Vec::is_empty)
    }
}

/// A condition on one label.
#[derive(Clone, Debug)]
pub struct LabelFilter {
    /// The label name without escapes.
    pub label: String,
    /// The kind of condition.
    pub op: MatchOp,
    /// The value; empty for [`MatchOp::Template`].
    pub value: Text,
    /// Place in the query.
    pub span: Span,
}
eq_without_span!(LabelFilter: label, op, value);

impl LabelFilter {
    /// Returns a filter with the given parts.
    pub fn new(label: impl Into<String>, op: MatchOp, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            op,
            value: Text::literal(value),
            span: Span::default(),
        }
    }

    pub(crate) fn is_exact_name(&self) -> bool {
        self.op == MatchOp::Equal && self.label == "__name__"
    }
}

/// The kinds of label filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
    /// The label is the name of a template that stands for filters, as in `m{common}`.
    Template,
}

impl MatchOp {
    /// Returns the operator as written, empty for [`MatchOp::Template`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
            Self::Template => "",
        }
    }
}
