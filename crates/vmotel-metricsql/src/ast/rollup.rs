//! Windows, subqueries, `offset` and `@`.

use super::{Duration, Expr, eq_without_span};
use crate::span::Span;

/// An expression with a look-behind window, a subquery step, an offset or a fixed time.
#[derive(Clone, Debug)]
pub struct Rollup {
    /// What is looked at.
    pub expr: Expr,
    /// The window in square brackets.
    pub window: Option<Duration>,
    /// The step of a subquery.
    pub step: SubqueryStep,
    /// The distance into the past.
    pub offset: Option<Duration>,
    /// The expression after `@`.
    pub at: Option<Expr>,
    /// Place of the whole expression.
    pub span: Span,
}
eq_without_span!(Rollup: expr, window, step, offset, at);

impl Rollup {
    /// Returns whether the brackets hold a step, as in `m[1h:5m]` or `m[1h:]`.
    #[must_use]
    pub fn is_subquery(&self) -> bool {
        self.step != SubqueryStep::None
    }
}

/// The step part of `[window:step]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SubqueryStep {
    /// No colon: no subquery.
    #[default]
    None,
    /// `[1h:]`: the step of the query.
    Inherit,
    /// `[1h:5m]`
    Every(Duration),
}
