//! Aggregations of built queries.

use std::borrow::Cow;
use std::ops::Deref as _;

use super::BuildError;
use super::operation::Operation;
use super::query::{Query, check_name};
use crate::ast::{Aggregation, BinaryOp, Expr, Grouping, GroupingKind};
use crate::functions::{FunctionKind, function};
use crate::span::Span;

/// An aggregation under construction, to be given a grouping or used as a [`Query`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Grouped {
    name: Cow<'static, str>,
    args: Vec<Expr>,
    grouping: Option<Grouping>,
    limit: Option<u64>,
    error: Option<BuildError>,
}

impl Grouped {
    pub(super) fn new(name: Cow<'static, str>, args: Vec<Expr>, error: Option<BuildError>) -> Self {
        let known = function(&name).is_some_and(|f| f.kind == FunctionKind::Aggregate);
        let invalid = || BuildError::InvalidName {
            what: "aggregate function",
            name: name.deref().to_owned(),
        };
        let error = error.or_else(|| if known { None } else { Some(invalid()) });
        Self {
            name,
            args,
            grouping: None,
            limit: None,
            error,
        }
    }

    /// Makes a group for each set of values of these labels.
    pub fn by<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.grouping(GroupingKind::By, labels)
    }

    /// Makes a group for each set of values of the bucket labels `le` and `vmrange` and of these labels, which is what
    /// [`Query::histogram_quantile`] needs for histograms of either kind.
    pub fn by_buckets<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        let buckets = ["le", "vmrange"].map(str::to_owned);
        self.grouping(
            GroupingKind::By,
            buckets.into_iter().chain(labels.into_iter().map(Into::into)),
        )
    }

    /// Makes a group for each set of values of all labels but these.
    pub fn without<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.grouping(GroupingKind::Without, labels)
    }

    fn grouping<L: Into<String>>(mut self, kind: GroupingKind, labels: impl IntoIterator<Item = L>) -> Self {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        for label in &labels {
            self.error = self
                .error
                .take()
                .or_else(|| check_name("label name", label).err());
        }
        self.grouping = Some(Grouping { kind, labels });
        self
    }

    /// Returns at most this many groups (MetricsQL); 0 means no limit.
    pub fn limit(mut self, groups: u32) -> Self {
        self.limit = Some(groups.into());
        self
    }

    /// Estimates a quantile, 0 to 1, from grouped buckets; see [`by_buckets`](Self::by_buckets).
    pub fn histogram_quantile(self, phi: f64) -> Query {
        Query::from(self).histogram_quantile(phi)
    }

    /// `self / right`
    #[expect(
        clippy::should_implement_trait,
        reason = "unlike the operator, the result takes modifiers"
    )]
    pub fn div(self, right: impl Into<Query>) -> Operation {
        self.op(BinaryOp::Div, right)
    }

    /// Combines two expressions by an operator.
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

impl From<Grouped> for Query {
    fn from(g: Grouped) -> Self {
        let span = Span::default();
        let Grouped {
            name,
            args,
            grouping,
            limit,
            error,
        } = g;
        Self {
            expr: Expr::Aggregation(Aggregation {
                name,
                args,
                grouping,
                limit,
                name_span: span,
                span,
            }),
            error,
        }
    }
}
