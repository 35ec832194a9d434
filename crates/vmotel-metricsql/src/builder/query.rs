//! A built query and the functions on it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::BuildError;
use super::aggregation::Grouped;
use super::operation::Operation;
use crate::ast::{
    self, BinaryOp, Call, Expr, List, NumberLiteral, Rollup, StringLiteral, SubqueryStep, Text,
};
use crate::parser::{ParseConfig, parse_with};
use crate::span::Span;
use crate::text::is_writable_ident;

/// An expression under construction.
///
/// Mistakes in names, durations and regular expressions are kept until [`Query::build`], which returns the first.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Query {
    pub(super) expr: Expr,
    pub(super) error: Option<BuildError>,
}

/// Starts with a number.
pub fn number(value: f64) -> Query {
    Query::new(number_expr(value))
}

/// Starts with a string, for arguments of label functions.
pub fn string(value: impl Into<String>) -> Query {
    Query::new(Expr::String(StringLiteral {
        text: Text::literal(value),
        span: Span::default(),
    }))
}

/// Calls a function by name, for those that have no method of their own; [`Query::build`] checks the arguments.
///
/// ```
/// use vmotel_metricsql::builder::{call, metric, string};
///
/// let query = call("label_set", [metric("up").into(), string("env"), string("prod")]);
/// assert_eq!(query.build()?.to_string(), r#"label_set(up, "env", "prod")"#);
/// assert!(call("label_sat", []).build().is_err());
/// # Ok::<(), vmotel_metricsql::builder::BuildError>(())
/// ```
pub fn call(name: impl Into<Cow<'static, str>>, args: impl IntoIterator<Item = Query>) -> Query {
    let (mut exprs, mut error) = (Vec::new(), None);
    for arg in args {
        error = error.or(arg.error);
        exprs.push(arg.expr);
    }
    let name = name.into();
    error = error.or_else(|| check_name("function name", &name).err());
    Query {
        expr: call_expr(name, exprs),
        error,
    }
}

pub(super) fn number_expr(value: f64) -> Expr {
    let literal = NumberLiteral {
        value: value.abs(),
        text: None,
        span: Span::default(),
    };
    if value < 0.0 {
        let expr = Expr::Number(literal);
        return Expr::Negation(Box::new(ast::Negation {
            expr,
            keep_metric_names: false,
            span: Span::default(),
        }));
    }
    Expr::Number(literal)
}

pub(super) fn call_expr(name: impl Into<Cow<'static, str>>, args: Vec<Expr>) -> Expr {
    let span = Span::default();
    Expr::Call(Call {
        name: name.into(),
        args,
        keep_metric_names: false,
        name_span: span,
        span,
    })
}

pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), BuildError> {
    if is_writable_ident(name) {
        Ok(())
    } else {
        Err(BuildError::InvalidName {
            what,
            name: name.to_owned(),
        })
    }
}

/// Returns a duration in whole milliseconds.
pub(super) fn duration(what: &'static str, value: Duration) -> Result<ast::Duration, BuildError> {
    let invalid = || BuildError::InvalidDuration {
        what,
        seconds: value.as_secs_f64(),
    };
    let millis = i64::try_from(value.as_millis())
        .ok()
        .filter(|ms| *ms > 0 && *ms < 9_000_000_000_000_000_000);
    Ok(ast::Duration::from_millis(millis.ok_or_else(invalid)?))
}

impl Query {
    pub(super) fn new(expr: Expr) -> Self {
        Self { expr, error: None }
    }

    pub(super) fn map(self, f: impl FnOnce(Expr) -> Expr) -> Self {
        Self {
            expr: f(self.expr),
            error: self.error,
        }
    }

    pub(super) fn note(mut self, result: Result<(), BuildError>) -> Self {
        self.error = self.error.or(result.err());
        self
    }

    /// Returns the expression, whose text parses to an equal tree.
    ///
    /// # Errors
    ///
    /// Returns the first mistake: a name no query can hold, a duration out of range, a bad regular expression, wrong
    /// arguments in [`call`].
    pub fn build(self) -> Result<Expr, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let query = self.expr.to_string();
        match parse_with(&query, &ParseConfig::default()) {
            Ok(expr) => Ok(expr),
            Err(reason) => Err(BuildError::Refused { query, reason }),
        }
    }

    /// Evaluates the expression over a window at each `step`, or at the step of the query, as a subquery.
    pub fn subquery(self, window: Duration, step: Option<Duration>) -> Self {
        let window = duration("window", window);
        let step = step.map(|s| duration("step", s)).transpose();
        match (window, step) {
            (Ok(window), Ok(step)) => self.rollup_with(|r| {
                r.window = Some(window);
                r.step = step.map_or(SubqueryStep::Inherit, SubqueryStep::Every);
            }),
            (Err(e), _) | (_, Err(e)) => self.note(Err(e)),
        }
    }

    /// Evaluates the expression as of an earlier time.
    pub fn offset(self, offset: Duration) -> Self {
        match duration("offset", offset) {
            Ok(offset) => self.rollup_with(|r| r.offset = Some(offset)),
            Err(e) => self.note(Err(e)),
        }
    }

    /// Evaluates the expression at a Unix time in seconds.
    pub fn at(self, seconds: f64) -> Self {
        self.rollup_with(|r| r.at = Some(number_expr(seconds)))
    }

    pub(super) fn rollup_with(self, set: impl FnOnce(&mut Rollup)) -> Self {
        self.map(|expr| {
            let mut rollup = Rollup {
                expr,
                window: None,
                step: SubqueryStep::None,
                offset: None,
                at: None,
                span: Span::default(),
            };
            set(&mut rollup);
            Expr::Rollup(Box::new(rollup))
        })
    }

    /// Keeps the metric names where a function or operation would drop them; aggregations have none to keep.
    pub fn keep_metric_names(self) -> Self {
        self.map(|mut expr| {
            match &mut expr {
                Expr::Call(c) => c.keep_metric_names = true,
                Expr::Binary(b) => b.keep_metric_names = true,
                _ => {}
            }
            expr
        })
    }

    /// Calls a function of one argument, such as `abs` or `sort_desc`.
    pub fn apply(self, name: impl Into<Cow<'static, str>>) -> Self {
        call(name, [self])
    }

    /// Joins the series of several expressions.
    pub fn union(self, others: impl IntoIterator<Item = Self>) -> Self {
        let (mut items, mut error) = (vec![self.expr], self.error);
        for other in others {
            error = error.or(other.error);
            items.push(other.expr);
        }
        let expr = match items.len() {
            1 => items.remove(0),
            _ => Expr::List(List {
                items,
                span: Span::default(),
            }),
        };
        Self { expr, error }
    }

    /// Estimates a quantile, 0 to 1, from the buckets of a histogram.
    ///
    /// Group the buckets by `le` and `vmrange`, as [`Grouped::by_buckets`] does.
    pub fn histogram_quantile(self, phi: f64) -> Self {
        call("histogram_quantile", [number(phi), self])
    }

    /// Sums the series.
    pub fn sum(self) -> Grouped {
        self.aggregate("sum", [])
    }

    /// Averages the series.
    pub fn avg(self) -> Grouped {
        self.aggregate("avg", [])
    }

    /// Takes the smallest of the series.
    pub fn min(self) -> Grouped {
        self.aggregate("min", [])
    }

    /// Takes the largest of the series.
    pub fn max(self) -> Grouped {
        self.aggregate("max", [])
    }

    /// Counts the series.
    pub fn count(self) -> Grouped {
        self.aggregate("count", [])
    }

    /// Takes the quantile `phi`, 0 to 1, across the series.
    pub fn quantile(self, phi: f64) -> Grouped {
        self.aggregate("quantile", [number(phi)])
    }

    /// Keeps the `k` largest series at each point in time.
    pub fn topk(self, k: u32) -> Grouped {
        self.aggregate("topk", [number(f64::from(k))])
    }

    /// Keeps the `k` smallest series at each point in time.
    pub fn bottomk(self, k: u32) -> Grouped {
        self.aggregate("bottomk", [number(f64::from(k))])
    }

    /// Aggregates by a function of the table, with the arguments that stand before the series.
    pub fn aggregate(
        self,
        name: impl Into<Cow<'static, str>>,
        leading: impl IntoIterator<Item = Self>,
    ) -> Grouped {
        let (mut args, mut error) = (Vec::new(), None);
        for arg in leading.into_iter().chain([self]) {
            error = error.or(arg.error);
            args.push(arg.expr);
        }
        Grouped::new(name.into(), args, error)
    }

    /// Combines two expressions by an operator; the result takes modifiers such as [`Operation::on`].
    pub fn op(self, op: BinaryOp, right: impl Into<Self>) -> Operation {
        Operation::new(self, op, right.into())
    }
}

macro_rules! operators {
    ($($(#[$doc:meta])* $method:ident $op:ident),+ $(,)?) => {
        #[expect(clippy::should_implement_trait, reason = "unlike the operator, the result takes modifiers")]
        impl Query {
            $($(#[$doc])*
            pub fn $method(self, right: impl Into<Self>) -> Operation {
                self.op(BinaryOp::$op, right)
            })+
        }
    };
}

operators! {
    /// `self + right`
    add Add,
    /// `self - right`
    sub Sub,
    /// `self * right`
    mul Mul,
    /// `self / right`
    div Div,
    /// `self % right`
    rem Mod,
    /// `self ^ right`
    pow Pow,
    /// `self == right`
    equal Equal,
    /// `self != right`
    not_equal NotEqual,
    /// `self > right`
    gt Greater,
    /// `self < right`
    lt Less,
    /// `self >= right`
    ge GreaterOrEqual,
    /// `self <= right`
    le LessOrEqual,
    /// `self and right`
    and And,
    /// `self or right`
    or Or,
    /// `self unless right`
    unless Unless,
    /// `self default right` (MetricsQL)
    default_to Default,
    /// `self if right` (MetricsQL)
    only_if If,
    /// `self ifnot right` (MetricsQL)
    only_if_not IfNot,
}

impl From<f64> for Query {
    fn from(value: f64) -> Self {
        number(value)
    }
}

/// Prints the query as it stands, checked or not.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}
