//! Binary operations of built queries.

use std::ops::{Add, Div, Mul, Sub};

use super::query::{Query, check_name};
use super::{BuildError, Grouped, SelectorBuilder};
use crate::ast::{Binary, BinaryOp, Expr, Join, JoinSide, Matching, MatchingKind};
use crate::span::Span;

/// A binary operation under construction, to be given modifiers or used as a [`Query`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Operation {
    binary: Binary,
    error: Option<BuildError>,
}

impl Operation {
    pub(super) fn new(left: Query, op: BinaryOp, right: Query) -> Self {
        let span = Span::default();
        let binary = Binary {
            op,
            bool_modifier: false,
            matching: None,
            join: None,
            keep_metric_names: false,
            left: left.expr,
            right: right.expr,
            op_span: span,
            span,
        };
        Self {
            binary,
            error: left.error.or(right.error),
        }
    }

    /// Returns 0 or 1 instead of filtering; only comparisons do, for others it has no effect.
    pub fn bool(mut self) -> Self {
        self.binary.bool_modifier = self.binary.op.is_comparison();
        self
    }

    /// Matches the operands on these labels only.
    pub fn on<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.matching(MatchingKind::On, labels)
    }

    /// Matches the operands on all labels but these.
    pub fn ignoring<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.matching(MatchingKind::Ignoring, labels)
    }

    fn matching<L: Into<String>>(mut self, kind: MatchingKind, labels: impl IntoIterator<Item = L>) -> Self {
        let labels = self.labels(labels);
        self.binary.matching = Some(Matching { kind, labels });
        self
    }

    fn labels<L: Into<String>>(&mut self, labels: impl IntoIterator<Item = L>) -> Vec<String> {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        for label in &labels {
            self.error = self
                .error
                .take()
                .or_else(|| check_name("label name", label).err());
        }
        labels
    }

    /// Lets many series on the left match one on the right, whose given labels are copied.
    ///
    /// Without [`on`](Self::on) or [`ignoring`](Self::ignoring) the operands match by all labels; set operators match
    /// many to many by themselves and take no join.
    pub fn group_left<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.join(JoinSide::Left, labels)
    }

    /// Lets many series on the right match one on the left, whose given labels are copied.
    pub fn group_right<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        self.join(JoinSide::Right, labels)
    }

    fn join<L: Into<String>>(mut self, side: JoinSide, labels: impl IntoIterator<Item = L>) -> Self {
        let labels = self.labels(labels);
        if !self.binary.op.is_set() {
            self.binary.matching.get_or_insert(Matching {
                kind: MatchingKind::Ignoring,
                labels: Vec::new(),
            });
            self.binary.join = Some(Join {
                side,
                labels,
                prefix: None,
            });
        }
        self
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

impl From<Operation> for Query {
    fn from(operation: Operation) -> Self {
        let mut binary = operation.binary;
        if binary.join.is_some() {
            // Set after the join, an operator of sets cannot be here: the operator is given first.
            debug_assert!(!binary.op.is_set());
        } else if binary.op.is_set() {
            binary.join = None;
        }
        Self {
            expr: Expr::Binary(Box::new(binary)),
            error: operation.error,
        }
    }
}

macro_rules! arithmetic {
    ($($builder:ty),+) => {
        $(arithmetic!(@ $builder, Add add, Sub sub, Mul mul, Div div);)+
    };
    (@ $builder:ty, $($trait:ident $method:ident),+) => {
        $(impl<R: Into<Query>> $trait<R> for $builder {
            type Output = Query;

            fn $method(self, right: R) -> Query {
                Query::from(self).op(BinaryOp::$trait, right).into()
            }
        })+
    };
}

arithmetic!(Query, Operation, Grouped, SelectorBuilder);
