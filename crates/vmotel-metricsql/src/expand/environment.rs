//! The names that a template can refer to.

use std::rc::Rc;

use crate::ast::{Expr, Template};
use crate::visit::{self, Visitor};

/// The templates in scope, innermost first.
pub(super) type Scope<'a> = Option<Rc<Binding<'a>>>;

pub(super) struct Binding<'a> {
    name: &'a str,
    body: Body<'a>,
    below: Scope<'a>,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Body<'a> {
    /// A definition, which sees the scope below it.
    Template(&'a Template),
    /// An argument, expanded where it was given.
    Expanded(Rc<Expr>),
}

impl Body<'_> {
    pub(super) fn params(&self) -> &[String] {
        match self {
            Self::Template(template) => &template.params,
            Self::Expanded(_) => &[],
        }
    }
}

pub(super) fn push<'a>(below: &Scope<'a>, name: &'a str, body: Body<'a>) -> Scope<'a> {
    Some(Rc::new(Binding {
        name,
        body,
        below: below.clone(),
    }))
}

/// Returns what `name` stands for, and the scope that its definition sees.
pub(super) fn lookup<'a>(scope: &Scope<'a>, name: &str) -> Option<(Body<'a>, Scope<'a>)> {
    let mut next = scope.as_ref();
    while let Some(binding) = next {
        if binding.name == name {
            return Some((binding.body.clone(), binding.below.clone()));
        }
        next = binding.below.as_ref();
    }
    None
}

/// Returns the number of nodes of an expression.
pub(super) fn size(expr: &Expr) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        fn enter(&mut self, _: &Expr) -> bool {
            self.0 += 1;
            true
        }
    }
    let mut count = Count(0);
    visit::walk(expr, &mut count);
    count.0
}
