//! A walk over the syntax tree.

use crate::ast::Expr;

/// Looks at the nodes of a tree; both methods do nothing by default.
///
/// ```
/// use vmotel_metricsql::{Visitor, ast::Expr, parse, walk};
///
/// struct Calls(Vec<String>);
/// impl Visitor for Calls {
///     fn enter(&mut self, expr: &Expr) -> bool {
///         if let Expr::Call(call) = expr {
///             self.0.push(call.name.to_string());
///         }
///         true
///     }
/// }
///
/// let mut calls = Calls(Vec::new());
/// walk(&parse("abs(rate(m[5m])) + rate(n)")?, &mut calls);
/// assert_eq!(calls.0, ["abs", "rate", "rate"]);
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
pub trait Visitor {
    /// Called before the children of a node; returns whether to visit them.
    fn enter(&mut self, expr: &Expr) -> bool {
        let _ = expr;
        true
    }

    /// Called after the children of a node, also where they were left out.
    fn leave(&mut self, expr: &Expr) {
        let _ = expr;
    }
}

/// Visits `expr` and everything below it, in the order of the text.
///
/// The templates of a `WITH` come before its body, unexpanded; expand first to see what is evaluated.
pub fn walk(expr: &Expr, visitor: &mut impl Visitor) {
    if visitor.enter(expr) {
        for_each_child(expr, |child| walk(child, visitor));
    }
    visitor.leave(expr);
}

/// Calls `f` with the direct children of `expr` in the order of the text.
pub fn for_each_child<'a>(expr: &'a Expr, mut f: impl FnMut(&'a Expr)) {
    match expr {
        Expr::Number(_) | Expr::String(_) | Expr::Duration(_) | Expr::Selector(_) => {}
        Expr::Rollup(r) => {
            f(&r.expr);
            r.at.iter().for_each(f);
        }
        Expr::Call(c) => c.args.iter().for_each(f),
        Expr::Aggregation(a) => a.args.iter().for_each(f),
        Expr::Binary(b) => {
            f(&b.left);
            f(&b.right);
        }
        Expr::Negation(n) => f(&n.expr),
        Expr::List(l) => l.items.iter().for_each(f),
        Expr::With(w) => {
            w.templates.iter().for_each(|t| f(&t.body));
            f(&w.body);
        }
    }
}
