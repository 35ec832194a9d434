//! Parses calls of functions and aggregations.

use std::borrow::Cow;

use super::Parser;
use crate::ast::{Aggregation, Call, Expr, Grouping, GroupingKind};
use crate::error::{ParseError, ParseErrorKind};
use crate::functions::{Function, FunctionKind, function, suggest};
use crate::lexer::{Kind, Token};
use crate::text::unescape_ident;
use crate::version::Version;

impl Parser<'_> {
    /// Returns the aggregation named by a token.
    pub(super) fn aggregate(&self, name: Token) -> Option<&'static Function> {
        function(self.slice(name)).filter(|f| f.kind == FunctionKind::Aggregate)
    }

    /// Parses a call; the next token is its opening parenthesis.
    pub(super) fn call(&mut self, token: Token) -> Result<Expr, ParseError> {
        let text = self.slice(token);
        let known = function(text);
        if let Some(function) = known.filter(|f| f.kind == FunctionKind::Aggregate) {
            return self.aggregation(token, function);
        }
        let written = unescape_ident(text);
        let name = if self.in_scope(&written) {
            Cow::Owned(written.into_owned())
        } else {
            match known {
                Some(function) if function.is_in(self.config.version) => Cow::Borrowed(function.name),
                Some(&Function {
                    name,
                    since: Some(since),
                    ..
                }) => {
                    let kind = ParseErrorKind::FunctionTooNew {
                        name,
                        since,
                        version: self.config.version,
                    };
                    return Err(ParseError::new(kind, token.span()));
                }
                _ => {
                    let templates = self.scope.iter().map(String::as_str);
                    let suggestion = suggest(&written, self.config.version, templates);
                    let kind = ParseErrorKind::UnknownFunction {
                        name: written.into_owned(),
                        suggestion,
                    };
                    return Err(ParseError::new(kind, token.span()));
                }
            }
        };
        let args = self.args()?;
        let keep_metric_names = self.eat_word("keep_metric_names")?;
        let span = self.span_from(token.start);
        Ok(Expr::Call(Call {
            name,
            args,
            keep_metric_names,
            name_span: token.span(),
            span,
        }))
    }

    /// Parses the rest of an aggregation, from its modifier or opening parenthesis.
    pub(super) fn aggregation(
        &mut self,
        name: Token,
        function: &'static Function,
    ) -> Result<Expr, ParseError> {
        let mut grouping = self.grouping()?;
        if self.token.kind != Kind::OpenParen {
            return Err(self.unexpected("`(`, `by` or `without` after an aggregate function"));
        }
        let args = self.args()?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let mut limit = None;
        if self.eat_word("limit")? {
            let token = self.token;
            let text = self.slice(token);
            // Atoi of the server: decimal digits of an int64.
            let value = text.parse::<i64>().ok().and_then(|n| u64::try_from(n).ok());
            limit = value.filter(|_| token.kind == Kind::Number);
            if limit.is_none() {
                return Err(ParseError::new(
                    ParseErrorKind::InvalidLimit(text.to_owned()),
                    token.span(),
                ));
            }
            self.advance()?;
        }
        // A template may have the name of an aggregation, in lower case.
        let name_span = name.span();
        let span = self.span_from(name.start);
        Ok(Expr::Aggregation(Aggregation {
            name: Cow::Borrowed(function.name),
            args,
            grouping,
            limit,
            name_span,
            span,
        }))
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        let kind = if self.at_word("by") {
            GroupingKind::By
        } else if self.at_word("without") {
            GroupingKind::Without
        } else {
            return Ok(None);
        };
        self.advance()?;
        let labels = self.label_list(false)?;
        Ok(Some(Grouping { kind, labels }))
    }

    fn args(&mut self) -> Result<Vec<Expr>, ParseError> {
        self.advance()?;
        let mut args = Vec::new();
        while self.token.kind != Kind::CloseParen {
            args.push(self.expr()?);
            if !self.eat(Kind::Comma)? && self.token.kind != Kind::CloseParen {
                return Err(self.unexpected("an operator, `,` or `)`"));
            }
        }
        self.advance()?;
        Ok(args)
    }

    /// Parses label names in parentheses; `star` allows a single `*`.
    pub(super) fn label_list(&mut self, star: bool) -> Result<Vec<String>, ParseError> {
        self.expect(Kind::OpenParen, "`(` before the labels")?;
        let is_star = self.token.kind == Kind::Op(crate::ast::BinaryOp::Mul);
        if star && is_star {
            self.advance()?;
            self.expect(Kind::CloseParen, "`)` after `*`")?;
            return Ok(vec!["*".to_owned()]);
        }
        let mut labels = Vec::new();
        while self.token.kind != Kind::CloseParen {
            let text = self.slice(self.token);
            let name = match self.token.kind {
                Kind::Ident => text,
                Kind::String if self.config.version < Version::V1_145 => {
                    let what = "quoted label names in a list of labels";
                    let kind = ParseErrorKind::SyntaxTooNew {
                        what,
                        version: self.config.version,
                    };
                    return Err(ParseError::new(kind, self.token.span()));
                }
                Kind::String if crate::text::scan_ident(&text[1..text.len() - 1]) > 0 => {
                    &text[1..text.len() - 1]
                }
                _ => return Err(self.unexpected("a label name")),
            };
            labels.push(unescape_ident(name).into_owned());
            self.advance()?;
            if !self.eat(Kind::Comma)? && self.token.kind != Kind::CloseParen {
                return Err(self.unexpected("`,` or `)` after a label name"));
            }
        }
        self.advance()?;
        Ok(labels)
    }
}
