//! `WITH` templates.

use super::{Expr, eq_without_span};
use crate::span::Span;

/// A `WITH (templates) body` expression.
#[derive(Clone, Debug)]
pub struct With {
    /// The templates in the order of definition; each sees those before it.
    pub templates: Vec<Template>,
    /// The expression that uses them.
    pub body: Expr,
    /// Place of the whole expression.
    pub span: Span,
}
eq_without_span!(With: templates, body);

/// A template such as `f(a, b) = a + b` or `commonFilters = {job="x"}`.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name.
    pub name: String,
    /// The parameters; empty for constants.
    pub params: Vec<String>,
    /// What the template stands for.
    pub body: Expr,
    /// Place of the whole definition.
    pub span: Span,
}
eq_without_span!(Template: name, params, body);
