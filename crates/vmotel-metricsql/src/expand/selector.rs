//! Templates within label filters.

use super::environment::{Body, Scope, lookup};
use super::{Expander, template_type};
use crate::ast::{Expr, LabelFilter, MatchOp, Rollup, Selector, SubqueryStep, Text};
use crate::error::{ParseError, ParseErrorKind};
use crate::regex;
use crate::span::Span;

impl Expander {
    pub(super) fn selector(&mut self, selector: &Selector, scope: &Scope<'_>) -> Result<Expr, ParseError> {
        let mut groups = Vec::with_capacity(selector.groups.len());
        for group in &selector.groups {
            groups.push(self.group(group, scope)?);
        }
        let own = Selector {
            name: selector.name.clone(),
            groups,
            span: selector.span,
        };
        let Some(name) = &own.name else {
            return Ok(Expr::Selector(own));
        };
        match lookup(scope, name) {
            Some((body, below)) if body.params().is_empty() => {
                let name = name.clone();
                let expanded = self.body(&body, &below, &name, Vec::new(), own.span)?;
                merge(own, expanded, &name)
            }
            _ => Ok(Expr::Selector(own)),
        }
    }

    fn group(&mut self, group: &[LabelFilter], scope: &Scope<'_>) -> Result<Vec<LabelFilter>, ParseError> {
        let mut out = Vec::with_capacity(group.len());
        for filter in group {
            if filter.op == MatchOp::Template {
                out.extend(self.template_filters(&filter.label, filter.span, scope)?);
                self.count(out.len(), filter.span)?;
                continue;
            }
            let value = self.text(&filter.value, filter.span, scope)?;
            if !filter.value.parts.is_empty() && matches!(filter.op, MatchOp::Regex | MatchOp::NotRegex) {
                regex::check_anchored(&value).map_err(|reason| {
                    ParseError::new(
                        ParseErrorKind::InvalidRegex {
                            pattern: value.clone(),
                            reason,
                        },
                        filter.span,
                    )
                })?;
            }
            out.push(LabelFilter {
                label: filter.label.clone(),
                op: filter.op,
                value: Text::literal(value),
                span: filter.span,
            });
        }
        Ok(out)
    }

    fn template_filters(
        &mut self,
        name: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Vec<LabelFilter>, ParseError> {
        let wrong = || template_type(name, "{filters} without a metric name and without `or`", span);
        let (body, below) = lookup(scope, name).ok_or_else(wrong)?;
        if matches!(&body, Body::Template(t) if !t.params.is_empty()) {
            return Err(wrong());
        }
        match self.body(&body, &below, name, Vec::new(), span)? {
            Expr::Selector(Selector {
                name: None,
                mut groups,
                ..
            }) if groups.len() <= 1 => Ok(groups.pop().unwrap_or_default()),
            _ => Err(wrong()),
        }
    }
}

/// Puts the filters of `own` into the selector that its name stands for.
fn merge(own: Selector, expanded: Expr, name: &str) -> Result<Expr, ParseError> {
    if own.is_only_name() {
        return Ok(expanded);
    }
    let (inner, outer) = match expanded {
        Expr::Selector(s) => (s, None),
        Expr::Rollup(mut r) if matches!(r.expr, Expr::Selector(_)) => {
            let taken = std::mem::replace(&mut r.expr, Expr::Selector(Selector::default()));
            match taken {
                Expr::Selector(s) => (s, Some(r)),
                _ => (Selector::default(), Some(r)),
            }
        }
        _ => return Err(template_type(name, "a series selector", own.span)),
    };
    let groups = match (inner.groups.len(), own.groups.len()) {
        (0 | 1, _) => {
            let first = inner.groups.into_iter().next().unwrap_or_default();
            own.groups
                .into_iter()
                .map(|g| first.iter().cloned().chain(g).collect())
                .collect()
        }
        (_, 0 | 1) => {
            let last = own.groups.into_iter().next().unwrap_or_default();
            inner
                .groups
                .into_iter()
                .map(|g| g.into_iter().chain(last.iter().cloned()).collect())
                .collect()
        }
        _ => return Err(template_type(name, "a series selector without `or`", own.span)),
    };
    let merged = Expr::Selector(Selector {
        name: inner.name,
        groups,
        span: own.span,
    });
    Ok(match outer {
        None => merged,
        Some(rollup) => {
            let Rollup {
                window,
                step,
                offset,
                at,
                span,
                ..
            } = *rollup;
            debug_assert!(window.is_some() || step != SubqueryStep::None || offset.is_some() || at.is_some());
            Expr::Rollup(Box::new(Rollup {
                expr: merged,
                window,
                step,
                offset,
                at,
                span,
            }))
        }
    })
}
