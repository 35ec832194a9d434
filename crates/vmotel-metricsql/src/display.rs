//! Printing of syntax trees as text that parses to an equal tree.

use std::fmt::{self, Write};

use crate::ast::{
    Aggregation, Binary, BinaryOp, Call, Duration, Expr, Grouping, GroupingKind, Join, JoinSide, LabelFilter,
    MatchOp, Matching, MatchingKind, Negation, Rollup, Selector, SubqueryStep, Template, Text, TextPart,
};
use crate::text::{is_plain_ident, write_ident, write_quoted};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expr(f, self)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        selector(f, self)
    }
}

impl fmt::Display for LabelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        filter(f, self)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) type Out<'a> = dyn Write + 'a;

pub(crate) fn expr(out: &mut Out<'_>, e: &Expr) -> fmt::Result {
    match e {
        Expr::Number(n) => match &n.text {
            Some(text) => out.write_str(text),
            None => number(out, n.value),
        },
        Expr::String(s) => text(out, &s.text),
        Expr::Duration(d) => out.write_str(d.as_str()),
        Expr::Selector(s) => selector(out, s),
        Expr::Rollup(r) => {
            in_parens(out, &r.expr, rollup_needs_parens(r))?;
            rollup_modifiers(out, r)
        }
        Expr::Call(c) => call(out, c),
        Expr::Aggregation(a) => aggregation(out, a),
        Expr::Binary(b) => binary(out, b),
        Expr::Negation(n) => negation(out, n),
        Expr::List(l) => list(out, &l.items),
        Expr::With(w) => {
            out.write_str("WITH (")?;
            separated(out, &w.templates, |out, t| template(out, t))?;
            out.write_str(") ")?;
            expr(out, &w.body)
        }
    }
}

/// Writes a number without exponent; negative ones, which only builders make, as a difference in parentheses.
pub(crate) fn number(out: &mut Out<'_>, value: f64) -> fmt::Result {
    if value.is_nan() {
        out.write_str("NaN")
    } else if value.is_infinite() {
        out.write_str(if value > 0.0 { "Inf" } else { "(-Inf)" })
    } else if value < 0.0 {
        write!(out, "(-{})", -value)
    } else {
        write!(out, "{}", value.abs())
    }
}

pub(crate) fn in_parens(out: &mut Out<'_>, e: &Expr, parens: bool) -> fmt::Result {
    if parens {
        out.write_char('(')?;
        expr(out, e)?;
        out.write_char(')')
    } else {
        expr(out, e)
    }
}

pub(crate) fn separated<T>(
    out: &mut Out<'_>,
    items: &[T],
    mut write: impl FnMut(&mut Out<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.write_str(", ")?;
        }
        write(out, item)?;
    }
    Ok(())
}

fn list(out: &mut Out<'_>, items: &[Expr]) -> fmt::Result {
    out.write_char('(')?;
    separated(out, items, |out, item| expr(out, item))?;
    out.write_char(')')
}

pub(crate) fn text(out: &mut Out<'_>, text: &Text) -> fmt::Result {
    if text.parts.is_empty() {
        return write_quoted(out, &text.value);
    }
    for (i, part) in text.parts.iter().enumerate() {
        if i > 0 {
            out.write_str(" + ")?;
        }
        match part {
            TextPart::Literal(value) => write_quoted(out, value)?,
            TextPart::Template(name) => out.write_str(name)?,
        }
    }
    Ok(())
}

pub(crate) fn selector(out: &mut Out<'_>, s: &Selector) -> fmt::Result {
    let mut lead = false;
    match &s.name {
        Some(name) if is_plain_ident(name) && !is_number_word(name) => write_ident(out, name)?,
        Some(name) if s.groups.len() <= 1 => {
            // Works on every server, where quoted and escaped names do not.
            out.write_str("{__name__=")?;
            write_quoted(out, name)?;
            lead = true;
        }
        Some(name) => write_ident(out, name)?,
        None => {}
    }
    if !lead {
        if s.name.is_some() && s.groups.iter().all(Vec::is_empty) {
            return Ok(());
        }
        out.write_char('{')?;
    }
    for (i, group) in s.groups.iter().filter(|g| !g.is_empty()).enumerate() {
        if i > 0 {
            out.write_str(" or ")?;
        }
        for (j, f) in group.iter().enumerate() {
            if j > 0 || lead {
                out.write_char(',')?;
            }
            filter(out, f)?;
        }
    }
    out.write_char('}')
}

fn is_number_word(name: &str) -> bool {
    name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("nan")
}

pub(crate) fn filter(out: &mut Out<'_>, f: &LabelFilter) -> fmt::Result {
    write_ident(out, &f.label)?;
    if f.op == MatchOp::Template {
        return Ok(());
    }
    out.write_str(f.op.as_str())?;
    text(out, &f.value)
}

pub(crate) fn rollup_needs_parens(r: &Rollup) -> bool {
    match &r.expr {
        Expr::Rollup(_) | Expr::Binary(_) | Expr::Negation(_) | Expr::With(_) => true,
        // `sum(m) by (a) [5m]` parses, but reads badly.
        Expr::Aggregation(a) => a.grouping.is_some() || a.limit.is_some(),
        Expr::Call(c) => c.keep_metric_names,
        Expr::String(s) => !s.text.parts.is_empty(),
        _ => false,
    }
}

pub(crate) fn rollup_modifiers(out: &mut Out<'_>, r: &Rollup) -> fmt::Result {
    if r.window.is_some() || r.is_subquery() {
        out.write_char('[')?;
        if let Some(window) = &r.window {
            out.write_str(window.as_str())?;
        }
        match &r.step {
            SubqueryStep::None => {}
            SubqueryStep::Inherit => out.write_char(':')?,
            SubqueryStep::Every(step) => write!(out, ":{}", step.as_str())?,
        }
        out.write_char(']')?;
    }
    if let Some(offset) = &r.offset {
        write!(out, " offset {}", offset.as_str())?;
    }
    if let Some(at) = &r.at {
        out.write_str(" @ ")?;
        let parens = matches!(
            at,
            Expr::Binary(_) | Expr::Rollup(_) | Expr::With(_) | Expr::String(_)
        );
        in_parens(out, at, parens)?;
    }
    Ok(())
}

fn call(out: &mut Out<'_>, c: &Call) -> fmt::Result {
    write_ident(out, &c.name)?;
    list(out, &c.args)?;
    call_modifiers(out, c)
}

pub(crate) fn call_modifiers(out: &mut Out<'_>, c: &Call) -> fmt::Result {
    if c.keep_metric_names {
        out.write_str(" keep_metric_names")
    } else {
        Ok(())
    }
}

fn aggregation(out: &mut Out<'_>, a: &Aggregation) -> fmt::Result {
    write_ident(out, &a.name)?;
    list(out, &a.args)?;
    aggregation_modifiers(out, a)
}

pub(crate) fn aggregation_modifiers(out: &mut Out<'_>, a: &Aggregation) -> fmt::Result {
    if let Some(Grouping { kind, labels: names }) = &a.grouping {
        out.write_str(if *kind == GroupingKind::By {
            " by "
        } else {
            " without "
        })?;
        labels(out, names)?;
    }
    match a.limit {
        Some(limit) => write!(out, " limit {limit}"),
        None => Ok(()),
    }
}

fn labels(out: &mut Out<'_>, names: &[String]) -> fmt::Result {
    out.write_char('(')?;
    separated(out, names, |out, name| write_ident(out, name))?;
    out.write_char(')')
}

fn binary(out: &mut Out<'_>, b: &Binary) -> fmt::Result {
    if b.keep_metric_names {
        out.write_char('(')?;
    }
    in_parens(out, &b.left, left_needs_parens(b))?;
    out.write_char(' ')?;
    operator(out, b)?;
    out.write_char(' ')?;
    in_parens(out, &b.right, right_needs_parens(b))?;
    if b.keep_metric_names {
        out.write_str(") keep_metric_names")?;
    }
    Ok(())
}

pub(crate) fn left_needs_parens(b: &Binary) -> bool {
    let by_precedence = match &b.left {
        Expr::Binary(left) => {
            !left.keep_metric_names
                && (left.op.precedence() < b.op.precedence()
                    || left.op.precedence() == b.op.precedence() && b.op.is_right_associative())
        }
        Expr::Negation(left) => !left.keep_metric_names,
        Expr::With(_) => true,
        _ => false,
    };
    by_precedence
        || match last_operand(&b.left) {
            // `"a" + b` would take `b` for a part of the string.
            Expr::String(_) => b.op == BinaryOp::Add,
            // A bare function name before a word, as in `sum or m`, would be an aggregation.
            Expr::Selector(s) => {
                is_word(b) && s.is_only_name() && s.name.as_deref().is_some_and(is_function_name)
            }
            _ => false,
        }
}

/// Returns the operand that ends the text of an expression, where no parenthesis closes it.
fn last_operand(e: &Expr) -> &Expr {
    match e {
        Expr::Binary(b) if !b.keep_metric_names && !right_needs_parens(b) => last_operand(&b.right),
        Expr::Negation(n) if !n.keep_metric_names && !negation_needs_parens(n) => last_operand(&n.expr),
        other => other,
    }
}

/// Returns the name that starts the text of an expression, where no parenthesis opens it.
fn first_name(mut e: &Expr) -> Option<&str> {
    loop {
        e = match e {
            Expr::Binary(b) if !b.keep_metric_names && !left_needs_parens(b) => &b.left,
            Expr::Rollup(r) if !rollup_needs_parens(r) => &r.expr,
            Expr::Call(c) => return Some(&c.name),
            Expr::Selector(s) => return s.name.as_deref(),
            _ => return None,
        }
    }
}

fn is_word(b: &Binary) -> bool {
    b.op.as_str().as_bytes()[0].is_ascii_alphabetic()
}

fn is_function_name(name: &str) -> bool {
    crate::functions::function(name).is_some()
}

pub(crate) fn right_needs_parens(b: &Binary) -> bool {
    let by_precedence = match &b.right {
        Expr::Binary(right) => {
            !right.keep_metric_names
                && (right.op.precedence() < b.op.precedence()
                    || right.op.precedence() == b.op.precedence() && !b.op.is_right_associative())
        }
        Expr::With(_) => true,
        Expr::Negation(n) => n.keep_metric_names || matches!(n.expr, Expr::Binary(_)),
        _ => false,
    };
    by_precedence || first_name(&b.right).is_some_and(is_modifier_word)
}

/// Returns whether a name after an operator would be taken for a modifier of the operator.
fn is_modifier_word(name: &str) -> bool {
    ["bool", "on", "ignoring", "group_left", "group_right", "prefix"]
        .iter()
        .any(|w| name.eq_ignore_ascii_case(w))
}

pub(crate) fn operator(out: &mut Out<'_>, b: &Binary) -> fmt::Result {
    out.write_str(b.op.as_str())?;
    if b.bool_modifier {
        out.write_str(" bool")?;
    }
    if let Some(Matching { kind, labels: names }) = &b.matching {
        out.write_str(if *kind == MatchingKind::On {
            " on "
        } else {
            " ignoring "
        })?;
        labels(out, names)?;
    }
    if let Some(Join {
        side,
        labels: names,
        prefix,
    }) = &b.join
    {
        out.write_str(if *side == JoinSide::Left {
            " group_left "
        } else {
            " group_right "
        })?;
        if names.len() == 1 && names[0] == "*" {
            out.write_str("(*)")?;
        } else {
            labels(out, names)?;
        }
        if let Some(prefix) = prefix {
            out.write_str(" prefix ")?;
            text(out, prefix)?;
        }
    }
    Ok(())
}

fn negation(out: &mut Out<'_>, n: &Negation) -> fmt::Result {
    if n.keep_metric_names {
        out.write_char('(')?;
    }
    out.write_char('-')?;
    in_parens(out, &n.expr, negation_needs_parens(n))?;
    if n.keep_metric_names {
        out.write_str(") keep_metric_names")?;
    }
    Ok(())
}

pub(crate) fn negation_needs_parens(n: &Negation) -> bool {
    match &n.expr {
        Expr::Binary(b) => !b.keep_metric_names,
        Expr::With(_) => true,
        _ => false,
    }
}

pub(crate) fn template_head(out: &mut Out<'_>, t: &Template) -> fmt::Result {
    write_ident(out, &t.name)?;
    if !t.params.is_empty() {
        out.write_char('(')?;
        separated(out, &t.params, |out, name| write_ident(out, name))?;
        out.write_char(')')?;
    }
    out.write_str(" = ")
}

fn template(out: &mut Out<'_>, t: &Template) -> fmt::Result {
    template_head(out, t)?;
    expr(out, &t.body)
}
