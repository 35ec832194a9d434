//! Expansion of `WITH` templates.

mod environment;
mod selector;

use std::rc::Rc;

use crate::ast::{
    Aggregation, Binary, Call, Duration, Expr, Grouping, Join, List, Matching, Negation, Rollup,
    StringLiteral, SubqueryStep, Text, TextPart, With,
};
use crate::error::{ParseError, ParseErrorKind};
use crate::parser::ParseConfig;
use crate::span::Span;
use environment::{Body, Scope, lookup};

/// Returns the expression with its `WITH` templates put in, as the server evaluates it.
///
/// Parts keep the spans of the text they come from. The result contains no [`Expr::With`].
///
/// # Errors
///
/// Returns an error where a template is used in a wrong place, or where the result grows beyond 100,000 nodes. A query
/// that came from [`crate::parse`] has been expanded once already and does not fail.
///
/// ```
/// let query = vmotel_metricsql::parse("WITH (f(q) = sum(rate(q)) by (job)) f(a[5m]) / f(b[5m])")?;
/// assert_eq!(
///     vmotel_metricsql::expand(&query)?.to_string(),
///     "sum(rate(a[5m])) by (job) / sum(rate(b[5m])) by (job)"
/// );
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
pub fn expand(expr: &Expr) -> Result<Expr, ParseError> {
    expand_with_limits(expr, &ParseConfig::default())
}

pub(crate) fn expand_with_limits(expr: &Expr, config: &ParseConfig) -> Result<Expr, ParseError> {
    // A template nests what it stands for; those that build on each other are few in practice.
    let max_depth = 2 * config.max_depth;
    let mut expander = Expander {
        nodes: 0,
        max_nodes: config.max_expansion,
        depth: 0,
        max_depth,
    };
    expander.expr(expr, &None)
}

struct Expander {
    nodes: usize,
    max_nodes: usize,
    depth: usize,
    max_depth: usize,
}

impl Expander {
    fn count(&mut self, nodes: usize, span: Span) -> Result<(), ParseError> {
        self.nodes += nodes;
        if self.nodes > self.max_nodes {
            let kind = ParseErrorKind::ExpansionTooLarge {
                limit: self.max_nodes,
            };
            return Err(ParseError::new(kind, span));
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        self.count(1, expr.span())?;
        self.depth += 1;
        if self.depth > self.max_depth {
            let kind = ParseErrorKind::TooDeep {
                limit: self.max_depth,
            };
            return Err(ParseError::new(kind, expr.span()));
        }
        let result = self.node(expr, scope);
        self.depth -= 1;
        result
    }

    fn node(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        match expr {
            Expr::Number(_) | Expr::Duration(_) => Ok(expr.clone()),
            Expr::String(s) => {
                let text = Text::literal(self.text(&s.text, s.span, scope)?);
                Ok(Expr::String(StringLiteral { text, span: s.span }))
            }
            Expr::Selector(s) => self.selector(s, scope),
            Expr::Rollup(r) => self.rollup(r, scope),
            Expr::Call(c) => self.call(c, scope),
            Expr::Aggregation(a) => self.aggregation(a, scope),
            Expr::Binary(b) => self.binaries(b, scope),
            Expr::Negation(n) => self.negation(n, scope),
            Expr::List(l) => Ok(Expr::List(List {
                items: self.exprs(&l.items, scope)?,
                span: l.span,
            })),
            Expr::With(w) => self.with(w, scope),
        }
    }

    fn call(&mut self, c: &Call, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let args = self.exprs(&c.args, scope)?;
        match lookup(scope, &c.name) {
            Some((body, below)) => self.body(&body, &below, &c.name, args, c.span),
            None => Ok(Expr::Call(Call {
                args,
                ..clone_call(c)
            })),
        }
    }

    fn aggregation(&mut self, a: &Aggregation, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let args = self.exprs(&a.args, scope)?;
        if let Some((body, below)) = lookup(scope, &a.name) {
            return self.body(&body, &below, &a.name, args, a.span);
        }
        let grouping = match &a.grouping {
            Some(g) => Some(Grouping {
                kind: g.kind,
                labels: self.labels(&g.labels, a.span, scope)?,
            }),
            None => None,
        };
        let Aggregation {
            name,
            limit,
            name_span,
            span,
            ..
        } = a;
        let (name, limit, name_span, span) = (name.clone(), *limit, *name_span, *span);
        Ok(Expr::Aggregation(Aggregation {
            name,
            args,
            grouping,
            limit,
            name_span,
            span,
        }))
    }

    fn negation(&mut self, n: &Negation, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let expr = self.expr(&n.expr, scope)?;
        let (keep_metric_names, span) = (n.keep_metric_names, n.span);
        Ok(Expr::Negation(Box::new(Negation {
            expr,
            keep_metric_names,
            span,
        })))
    }

    fn exprs(&mut self, exprs: &[Expr], scope: &Scope<'_>) -> Result<Vec<Expr>, ParseError> {
        exprs.iter().map(|e| self.expr(e, scope)).collect()
    }

    fn with<'a>(&mut self, with: &'a With, scope: &Scope<'a>) -> Result<Expr, ParseError> {
        let mut inner = scope.clone();
        for template in &with.templates {
            inner = environment::push(&inner, &template.name, Body::Template(template));
        }
        self.expr(&with.body, &inner)
    }

    /// Puts in a template that is used with arguments in parentheses.
    fn body(
        &mut self,
        body: &Body<'_>,
        below: &Scope<'_>,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, ParseError> {
        let expected = body.params().len();
        if expected != args.len() {
            let kind = ParseErrorKind::TemplateArguments {
                name: name.to_owned(),
                expected,
                found: args.len(),
            };
            return Err(ParseError::new(kind, span));
        }
        match body {
            Body::Expanded(expr) => {
                self.count(environment::size(expr), span)?;
                Ok(Expr::clone(expr))
            }
            Body::Template(template) => {
                let mut scope = below.clone();
                for (param, arg) in template.params.iter().zip(args) {
                    scope = environment::push(&scope, param, Body::Expanded(Rc::new(arg)));
                }
                self.expr(&template.body, &scope)
            }
        }
    }

    /// Returns the string that a text stands for.
    fn text(&mut self, text: &Text, span: Span, scope: &Scope<'_>) -> Result<String, ParseError> {
        if text.parts.is_empty() {
            return Ok(text.value.clone());
        }
        let mut out = String::new();
        for part in &text.parts {
            match part {
                TextPart::Literal(value) => out.push_str(value),
                TextPart::Template(name) => {
                    let wrong = || template_type(name, "a string", span);
                    let (body, below) = lookup(scope, name).ok_or_else(wrong)?;
                    if !body.params().is_empty() {
                        return Err(wrong());
                    }
                    match self.body(&body, &below, name, Vec::new(), span)? {
                        Expr::String(s) if s.text.parts.is_empty() => out.push_str(&s.text.value),
                        _ => return Err(wrong()),
                    }
                }
            }
            // A chain of templates can double a string at each step.
            self.count(out.len() / 64, span)?;
        }
        Ok(out)
    }

    fn rollup(&mut self, r: &Rollup, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let rollup = Rollup {
            expr: self.expr(&r.expr, scope)?,
            window: r.window.as_ref().map(|d| self.duration(d, scope)).transpose()?,
            step: match &r.step {
                SubqueryStep::Every(d) => SubqueryStep::Every(self.duration(d, scope)?),
                other => other.clone(),
            },
            offset: r.offset.as_ref().map(|d| self.duration(d, scope)).transpose()?,
            at: r.at.as_ref().map(|e| self.expr(e, scope)).transpose()?,
            span: r.span,
        };
        Ok(Expr::Rollup(Box::new(rollup)))
    }

    fn duration(&mut self, duration: &Duration, scope: &Scope<'_>) -> Result<Duration, ParseError> {
        if !duration.is_template() {
            return Ok(duration.clone());
        }
        let (name, span) = (duration.as_str(), duration.span);
        let wrong = || template_type(name, "a duration or a number", span);
        let (body, below) = lookup(scope, name).ok_or_else(wrong)?;
        if !body.params().is_empty() {
            return Err(wrong());
        }
        let mut found = match self.body(&body, &below, name, Vec::new(), span)? {
            Expr::Duration(d) => d,
            Expr::Number(n) => {
                let text = n.text.map_or_else(|| n.value.to_string(), String::from);
                Duration::parse(&text).ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        };
        found.span = span;
        Ok(found)
    }

    /// Expands a chain of operations from the innermost left one, without recursion over its length.
    fn binaries(&mut self, last: &Binary, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let mut chain = vec![last];
        let mut first = &last.left;
        while let Expr::Binary(b) = first {
            self.count(1, b.span)?;
            chain.push(b);
            first = &b.left;
        }
        let mut left = self.expr(first, scope)?;
        for b in chain.into_iter().rev() {
            left = self.binary(b, left, scope)?;
        }
        Ok(left)
    }

    fn binary(&mut self, b: &Binary, left: Expr, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let mut out = Binary {
            op: b.op,
            bool_modifier: b.bool_modifier,
            matching: None,
            join: None,
            keep_metric_names: b.keep_metric_names,
            left,
            right: self.expr(&b.right, scope)?,
            op_span: b.op_span,
            span: b.span,
        };
        if let Some(m) = &b.matching {
            out.matching = Some(Matching {
                kind: m.kind,
                labels: self.labels(&m.labels, b.span, scope)?,
            });
        }
        if let Some(j) = &b.join {
            let prefix = match &j.prefix {
                Some(text) => Some(Text::literal(self.text(text, b.span, scope)?)),
                None => None,
            };
            out.join = Some(Join {
                side: j.side,
                labels: self.labels(&j.labels, b.span, scope)?,
                prefix,
            });
        }
        if b.op == crate::ast::BinaryOp::Add
            && let (Expr::String(left), Expr::String(right)) = (&out.left, &out.right)
        {
            let text = Text::literal(format!("{}{}", left.text.value, right.text.value));
            return Ok(Expr::String(StringLiteral { text, span: b.span }));
        }
        Ok(Expr::Binary(Box::new(out)))
    }

    /// Returns a label list in which parameters that stand for labels, or lists of them, are put in.
    fn labels(
        &mut self,
        labels: &[String],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Vec<String>, ParseError> {
        let mut out: Vec<String> = Vec::with_capacity(labels.len());
        for label in labels {
            let wrong = || template_type(label, "a label name, given as an argument", span);
            let mut add = |name: &str| {
                if !out.iter().any(|l| l == name) {
                    out.push(name.to_owned());
                }
            };
            match lookup(scope, label) {
                None => add(label),
                Some((Body::Template(t), _)) if !t.params.is_empty() => add(label),
                Some((Body::Template(_), _)) => return Err(wrong()),
                Some((Body::Expanded(expr), _)) => {
                    let items = match &*expr {
                        Expr::List(list) => &list.items[..],
                        other => std::slice::from_ref(other),
                    };
                    self.count(items.len(), span)?;
                    for item in items {
                        match item {
                            Expr::Selector(s) if s.is_only_name() => {
                                add(s.name.as_deref().unwrap_or_default())
                            }
                            _ => return Err(wrong()),
                        }
                    }
                }
            }
        }
        Ok(out)
    }
}

fn clone_call(call: &Call) -> Call {
    Call {
        name: call.name.clone(),
        args: Vec::new(),
        keep_metric_names: call.keep_metric_names,
        name_span: call.name_span,
        span: call.span,
    }
}

fn template_type(name: &str, expected: &'static str, span: Span) -> ParseError {
    ParseError::new(
        ParseErrorKind::TemplateType {
            name: name.to_owned(),
            expected,
        },
        span,
    )
}
