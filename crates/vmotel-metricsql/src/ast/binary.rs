//! Binary operations: operators, matching, grouping.

use super::{Expr, Text, eq_without_span};
use crate::span::Span;

/// A binary operation such as `a / on(job) group_left b`.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Whether a comparison returns 0 or 1 instead of filtering.
    pub bool_modifier: bool,
    /// The labels that operands are matched on.
    pub matching: Option<Matching>,
    /// The modifier for many-to-one matching.
    pub join: Option<Join>,
    /// Whether the result keeps the metric names.
    pub keep_metric_names: bool,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
    /// Place of the operator.
    pub op_span: Span,
    /// Place of the whole operation.
    pub span: Span,
}
eq_without_span!(Binary: op, bool_modifier, matching, join, keep_metric_names, left, right);

/// A unary minus.
#[derive(Clone, Debug)]
pub struct Negation {
    /// The operand.
    pub expr: Expr,
    /// Whether the result keeps the metric names.
    pub keep_metric_names: bool,
    /// Place of the whole expression.
    pub span: Span,
}
eq_without_span!(Negation: expr, keep_metric_names);

/// The label list of `on` or `ignoring`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Whether the labels are matched on or ignored.
    pub kind: MatchingKind,
    /// The label names.
    pub labels: Vec<String>,
}

/// The two forms of [`Matching`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchingKind {
    /// `on (labels)`
    On,
    /// `ignoring (labels)`
    Ignoring,
}

/// `group_left` or `group_right` with the labels to copy from the "one" side.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The "many" side.
    pub side: JoinSide,
    /// The labels to copy; a single `*` copies all.
    pub labels: Vec<String>,
    /// A prefix for the copied labels.
    pub prefix: Option<Text>,
}

/// The two forms of [`Join`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinSide {
    /// `group_left`
    Left,
    /// `group_right`
    Right,
}

/// A binary operator of PromQL or MetricsQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `atan2`
    Atan2,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `<=`
    LessOrEqual,
    /// `and`
    And,
    /// `or`
    Or,
    /// `unless`
    Unless,
    /// `if` (MetricsQL)
    If,
    /// `ifnot` (MetricsQL)
    IfNot,
    /// `default` (MetricsQL)
    Default,
}

impl BinaryOp {
    /// Returns the operator as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::LessOrEqual => "<=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::If => "if",
            Self::IfNot => "ifnot",
            Self::Default => "default",
        }
    }

    /// Returns the operator for a word in any case.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let is = |op: &str| word.eq_ignore_ascii_case(op);
        match word.len() {
            2 if is("or") => Some(Self::Or),
            2 if is("if") => Some(Self::If),
            3 if is("and") => Some(Self::And),
            5 if is("atan2") => Some(Self::Atan2),
            5 if is("ifnot") => Some(Self::IfNot),
            6 if is("unless") => Some(Self::Unless),
            7 if is("default") => Some(Self::Default),
            _ => None,
        }
    }

    /// Returns how tightly the operator binds: 0 (`default`) to 7 (`^`).
    #[must_use]
    pub fn precedence(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::If | Self::IfNot => 1,
            Self::Or => 2,
            Self::And | Self::Unless => 3,
            Self::Equal
            | Self::NotEqual
            | Self::Greater
            | Self::Less
            | Self::GreaterOrEqual
            | Self::LessOrEqual => 4,
            Self::Add | Self::Sub => 5,
            Self::Mul | Self::Div | Self::Mod | Self::Atan2 => 6,
            Self::Pow => 7,
        }
    }

    /// Returns whether `a op b op c` means `a op (b op c)`.
    #[must_use]
    pub fn is_right_associative(self) -> bool {
        self == Self::Pow
    }

    /// Returns whether the operator compares and so accepts `bool`.
    #[must_use]
    pub fn is_comparison(self) -> bool {
        self.precedence() == 4
    }

    /// Returns whether the operator is `and`, `or` or `unless`, which refuse `group_left` and `group_right`.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}
