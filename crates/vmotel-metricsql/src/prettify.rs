//! Formatting over several lines.

use std::fmt::{self, Write};

use crate::ast::{Expr, Selector, Template};
use crate::display::{
    aggregation_modifiers, call_modifiers, expr, filter, left_needs_parens, negation_needs_parens, operator,
    right_needs_parens, rollup_modifiers, rollup_needs_parens, template_head,
};
use crate::error::ParseError;
use crate::parser::parse;
use crate::text::{is_plain_ident, write_ident};

/// The width up to which an expression stays on one line.
const WIDTH: usize = 80;

/// Parses a query and returns it formatted, over several lines where it is longer than 80 characters.
///
/// # Errors
///
/// Returns the first mistake of the query with its place.
///
/// ```
/// let query = "sum by (service)(rate(http_errors_total{env='prod'}[5m]))/sum by (service)(rate(http_requests_total{env='prod'}[5m]))";
/// assert_eq!(vmotel_metricsql::prettify(query)?, "\
/// sum(rate(http_errors_total{env=\"prod\"}[5m])) by (service)
///   /
/// sum(rate(http_requests_total{env=\"prod\"}[5m])) by (service)");
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
pub fn prettify(query: &str) -> Result<String, ParseError> {
    Ok(prettify_expr(&parse(query)?))
}

/// Returns an expression formatted as by [`prettify`].
#[must_use]
pub fn prettify_expr(e: &Expr) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = block(&mut out, e, 0, false);
    out
}

/// Takes up to a number of characters, and fails on more.
struct Line {
    text: String,
    room: usize,
}

impl Write for Line {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let len = s.chars().count();
        self.room = self.room.checked_sub(len).ok_or(fmt::Error)?;
        self.text.push_str(s);
        Ok(())
    }
}

fn indent(out: &mut String, depth: usize) {
    // Deep nesting must not make the text grow with the square of its length.
    out.extend(std::iter::repeat_n("  ", depth.min(40)));
}

/// Writes an expression as lines at the given depth, without a line break at the end.
fn block(out: &mut String, e: &Expr, depth: usize, parens: bool) -> fmt::Result {
    let room = WIDTH.saturating_sub(2 * depth + 2 * usize::from(parens)).max(20);
    let mut line = Line {
        text: String::new(),
        room,
    };
    if expr(&mut line, e).is_ok() {
        indent(out, depth);
        if parens {
            write!(out, "({})", line.text)?;
        } else {
            out.push_str(&line.text);
        }
        return Ok(());
    }
    if parens {
        indent(out, depth);
        out.push_str("(\n");
        split(out, e, depth + 1)?;
        out.push('\n');
        indent(out, depth);
        out.push(')');
        return Ok(());
    }
    split(out, e, depth)
}

fn split(out: &mut String, e: &Expr, depth: usize) -> fmt::Result {
    match e {
        Expr::Number(_) | Expr::String(_) | Expr::Duration(_) => {
            indent(out, depth);
            expr(out, e)
        }
        Expr::Selector(s) => selector(out, s, depth),
        Expr::Rollup(r) => {
            block(out, &r.expr, depth, rollup_needs_parens(r))?;
            rollup_modifiers(out, r)
        }
        Expr::Call(c) => {
            indent(out, depth);
            write_ident(out, &c.name)?;
            items(out, &c.args, depth)?;
            call_modifiers(out, c)
        }
        Expr::Aggregation(a) => {
            indent(out, depth);
            write_ident(out, &a.name)?;
            items(out, &a.args, depth)?;
            aggregation_modifiers(out, a)
        }
        Expr::Binary(b) => keeping(out, b.keep_metric_names, depth, |out, depth| {
            block(out, &b.left, depth, left_needs_parens(b))?;
            out.push('\n');
            indent(out, depth + 1);
            operator(out, b)?;
            out.push('\n');
            block(out, &b.right, depth, right_needs_parens(b))
        }),
        Expr::Negation(n) => keeping(out, n.keep_metric_names, depth, |out, depth| {
            indent(out, depth);
            out.push_str("-\n");
            block(out, &n.expr, depth, negation_needs_parens(n))
        }),
        Expr::List(l) => {
            indent(out, depth);
            items(out, &l.items, depth)
        }
        Expr::With(w) => {
            indent(out, depth);
            out.push_str("WITH (\n");
            for t in &w.templates {
                template(out, t, depth + 1)?;
                out.push_str(",\n");
            }
            indent(out, depth);
            out.push_str(")\n");
            block(out, &w.body, depth, false)
        }
    }
}

/// Writes an operation, in parentheses with `keep_metric_names` where asked for.
fn keeping(
    out: &mut String,
    keep_metric_names: bool,
    depth: usize,
    write: impl FnOnce(&mut String, usize) -> fmt::Result,
) -> fmt::Result {
    if !keep_metric_names {
        return write(out, depth);
    }
    indent(out, depth);
    out.push_str("(\n");
    write(out, depth + 1)?;
    out.push('\n');
    indent(out, depth);
    out.push_str(") keep_metric_names");
    Ok(())
}

fn items(out: &mut String, items: &[Expr], depth: usize) -> fmt::Result {
    out.push_str("(\n");
    for (i, item) in items.iter().enumerate() {
        block(out, item, depth + 1, false)?;
        out.push_str(if i + 1 < items.len() { ",\n" } else { "\n" });
    }
    indent(out, depth);
    out.push(')');
    Ok(())
}

fn template(out: &mut String, t: &Template, depth: usize) -> fmt::Result {
    let mut line = Line {
        text: String::new(),
        room: WIDTH.saturating_sub(2 * depth).max(20),
    };
    if template_head(&mut line, t).is_ok() && expr(&mut line, &t.body).is_ok() {
        indent(out, depth);
        out.push_str(&line.text);
        return Ok(());
    }
    indent(out, depth);
    template_head(out, t)?;
    out.push_str("(\n");
    block(out, &t.body, depth + 1, false)?;
    out.push('\n');
    indent(out, depth);
    out.push(')');
    Ok(())
}

/// Writes a selector with a line for each group of filters.
fn selector(out: &mut String, s: &Selector, depth: usize) -> fmt::Result {
    let groups: Vec<_> = s.groups.iter().filter(|g| !g.is_empty()).collect();
    indent(out, depth);
    if groups.is_empty() || s.name.as_deref().is_some_and(|n| !is_plain_ident(n)) {
        return crate::display::selector(out, s);
    }
    if let Some(name) = &s.name {
        write_ident(out, name)?;
    }
    out.push_str("{\n");
    for (i, group) in groups.iter().enumerate() {
        if i > 0 {
            indent(out, depth + 2);
            out.push_str("or\n");
        }
        for (j, f) in group.iter().enumerate() {
            indent(out, depth + 1);
            filter(out, f)?;
            out.push_str(if j + 1 < group.len() { ",\n" } else { "\n" });
        }
    }
    indent(out, depth);
    out.push('}');
    Ok(())
}
