//! The syntax tree.

mod binary;
mod call;
mod duration;
mod literal;
mod rollup;
mod selector;
mod with;

pub use binary::{Binary, BinaryOp, Join, JoinSide, Matching, MatchingKind, Negation};
pub use call::{Aggregation, Call, Grouping, GroupingKind, List};
pub use duration::Duration;
pub(crate) use duration::unit_end as duration_unit_end;
pub use literal::{NumberLiteral, StringLiteral, Text, TextPart};
pub use rollup::{Rollup, SubqueryStep};
pub use selector::{LabelFilter, MatchOp, Selector};
pub use with::{Template, With};

use crate::span::Span;

/// Implements `PartialEq` over the named fields, so that spans take no part in comparisons.
macro_rules! eq_without_span {
    ($node:ty: $($field:ident),+) => {
        impl PartialEq for $node {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }
        }
    };
}
pub(crate) use eq_without_span;

/// A MetricsQL expression.
///
/// The tree is what the text says: `WITH` templates and unary minus are kept (see [`crate::expand`]), parentheses that
/// only group are not. Equality ignores spans. `Display` prints text that parses to an equal tree.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A number such as `1.5`, `0x1F`, `10Ki`, `Inf`.
    Number(NumberLiteral),
    /// A string such as `"foo"`.
    String(StringLiteral),
    /// A duration used as a number of seconds, such as `5m`.
    Duration(Duration),
    /// A series selector such as `up{job="a"}`.
    Selector(Selector),
    /// An expression with a window, a subquery step, an offset or `@`.
    Rollup(Box<Rollup>),
    /// A call of a rollup or transform function, or of a template.
    Call(Call),
    /// An aggregation such as `sum by (job) (up)`.
    Aggregation(Aggregation),
    /// A binary operation.
    Binary(Box<Binary>),
    /// A unary minus, which means `0 - x`.
    Negation(Box<Negation>),
    /// A list in parentheses such as `(a, b)`, which means `union(a, b)`.
    List(List),
    /// A `WITH (templates) body` expression.
    With(Box<With>),
}

impl Expr {
    /// Returns the place of the expression in the text it was parsed from; 0..0 for built ones.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Number(n) => n.span,
            Self::String(s) => s.span,
            Self::Duration(d) => d.span,
            Self::Selector(s) => s.span,
            Self::Rollup(r) => r.span,
            Self::Call(c) => c.span,
            Self::Aggregation(a) => a.span,
            Self::Binary(b) => b.span,
            Self::Negation(n) => n.span,
            Self::List(l) => l.span,
            Self::With(w) => w.span,
        }
    }
}
