//! Parses selectors and label filters.

use super::Parser;
use crate::ast::{BinaryOp, LabelFilter, MatchOp, Selector, Text};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{Kind, Token};
use crate::regex;
use crate::span::Span;
use crate::text::unescape_ident;
use crate::version::Version;

impl Parser<'_> {
    /// Parses a selector; `name` is the metric name where one stands before the braces.
    pub(super) fn selector(&mut self, name: Option<Token>) -> Result<Selector, ParseError> {
        let start = name.map_or(self.token.start, |t| t.start);
        let mut selector = Selector {
            name: name.map(|t| unescape_ident(self.slice(t)).into_owned()),
            groups: Vec::new(),
            span: Span::default(),
        };
        if self.token.kind == Kind::OpenBrace {
            self.advance()?;
            let names = self.groups(&mut selector.groups)?;
            if names {
                hoist_name(&mut selector, self.config.version)?;
            }
        }
        selector.span = self.span_from(start);
        Ok(selector)
    }

    /// Parses groups of filters up to the closing brace; returns whether one is on the metric name.
    fn groups(&mut self, groups: &mut Vec<Vec<LabelFilter>>) -> Result<bool, ParseError> {
        let mut names = false;
        if self.eat(Kind::CloseBrace)? {
            return Ok(false);
        }
        let mut group = Vec::with_capacity(1);
        loop {
            let filter = self.filter()?;
            names |= filter.label == "__name__";
            group.push(filter);
            let comma = self.eat(Kind::Comma)?;
            if self.token.kind == Kind::CloseBrace {
                self.advance()?;
                groups.push(group);
                return Ok(names);
            }
            if comma {
                continue;
            }
            if !self.eat_word("or")? {
                return Err(self.unexpected("`,`, `or` or `}` after a label filter"));
            }
            groups.push(std::mem::take(&mut group));
        }
    }

    fn filter(&mut self) -> Result<LabelFilter, ParseError> {
        let token = self.token;
        let text = self.slice(token);
        let (name, quoted) = match token.kind {
            Kind::Ident => (text, false),
            Kind::String => (&text[1..text.len() - 1], true),
            _ => return Err(self.unexpected("a label name")),
        };
        let label = unescape_ident(name).into_owned();
        self.advance()?;
        let op = match self.token.kind {
            Kind::Assign => MatchOp::Equal,
            Kind::Op(BinaryOp::NotEqual) => MatchOp::NotEqual,
            Kind::Match => MatchOp::Regex,
            Kind::NotMatch => MatchOp::NotRegex,
            Kind::Comma | Kind::CloseBrace | Kind::Ident
                if self.token.kind != Kind::Ident || self.at_word("or") =>
            {
                return self.valueless(label, quoted, token);
            }
            _ => return Err(self.unexpected("`=`, `!=`, `=~` or `!~` after a label name")),
        };
        self.advance()?;
        let value = self.string_sum()?;
        if matches!(op, MatchOp::Regex | MatchOp::NotRegex)
            && let Some(pattern) = value.text.as_literal()
        {
            regex::check_anchored(pattern).map_err(|reason| {
                ParseError::new(
                    ParseErrorKind::InvalidRegex {
                        pattern: pattern.to_owned(),
                        reason,
                    },
                    value.span,
                )
            })?;
        }
        Ok(LabelFilter {
            label,
            op,
            value: value.text,
            span: self.span_from(token.start),
        })
    }

    /// Makes a filter of a name without value: a template, or a metric name in quotes.
    fn valueless(&self, label: String, quoted: bool, token: Token) -> Result<LabelFilter, ParseError> {
        let span = token.span();
        if self.in_scope(&label) {
            return Ok(LabelFilter {
                label,
                op: MatchOp::Template,
                value: Text::default(),
                span,
            });
        }
        if quoted {
            return Ok(LabelFilter {
                span,
                ..LabelFilter::new("__name__", MatchOp::Equal, label)
            });
        }
        let hint = "; a label filter has a value, as in `a=\"b\"`";
        Err(ParseError::new(
            ParseErrorKind::UnknownTemplate {
                what: "the filter",
                name: label,
                hint,
            },
            span,
        ))
    }
}

/// Moves an exact filter on `__name__` to the name of the selector where all groups share it.
fn hoist_name(selector: &mut Selector, version: Version) -> Result<(), ParseError> {
    let on_name = |f: &LabelFilter| f.label == "__name__" && f.op != MatchOp::Template;
    let exact = |f: &LabelFilter| f.is_exact_name() && f.value.parts.is_empty();
    let mut shared: Option<String> = selector.name.take();
    let prefix = shared.clone();
    let mut mixed = false;
    for group in &selector.groups {
        let mut in_group = prefix.clone();
        for filter in group.iter().filter(|f| exact(f)) {
            let name = &filter.value.value;
            let before = if version < Version::V1_145 {
                &shared
            } else {
                &in_group
            };
            if let Some(first) = before.as_ref().filter(|first| *first != name) {
                let (first, second) = (first.clone(), name.clone());
                return Err(ParseError::new(
                    ParseErrorKind::TwoMetricNames { first, second },
                    filter.span,
                ));
            }
            if shared.as_ref().is_some_and(|s| s != name) {
                mixed = true;
            }
            in_group = Some(name.clone());
            shared.get_or_insert_with(|| name.clone());
        }
        // A group with only a pattern for the name keeps it and takes no shared name, unless one stands in front.
        mixed |= prefix.is_none() && in_group.is_none() && group.iter().any(on_name);
    }
    if !mixed {
        for group in &mut selector.groups {
            group.retain(|f| !exact(f));
        }
        selector.name = shared;
        selector.normalize();
        return Ok(());
    }
    for group in &mut selector.groups {
        if let Some(first) = group.iter().position(exact) {
            // One is enough, and it goes first.
            let filter = group.remove(first);
            group.retain(|f| !exact(f));
            group.insert(0, filter);
        }
    }
    Ok(())
}
