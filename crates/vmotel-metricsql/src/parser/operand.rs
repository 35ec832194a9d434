//! Parses operands: literals, lists, parentheses, signs.

use super::Parser;
use crate::ast::{BinaryOp, Duration, Expr, List, Negation, NumberLiteral, StringLiteral, Text, TextPart};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{self, Kind, Token};
use crate::number;
use crate::span::Span;
use crate::text::{unescape_ident, unquote};

impl Parser<'_> {
    /// Parses an operand with its window, offset and `@`.
    pub(super) fn operand(&mut self) -> Result<Expr, ParseError> {
        let start = self.token.start;
        if self.at_word("with") && self.peek()?.kind == Kind::OpenParen {
            return self.with();
        }
        let expr = self.bare_operand()?;
        match self.token.kind {
            Kind::OpenBracket | Kind::At => self.rollup(expr, start),
            Kind::Ident if self.at_word("offset") => self.rollup(expr, start),
            _ => Ok(expr),
        }
    }

    /// Returns the token after the next one.
    pub(super) fn peek(&self) -> Result<Token, ParseError> {
        lexer::next(self.text, self.token.end)
    }

    /// Parses an operand without window, offset and `@`.
    pub(super) fn bare_operand(&mut self) -> Result<Expr, ParseError> {
        match self.token.kind {
            Kind::Ident => self.name(),
            Kind::Number => self.number(),
            Kind::Duration | Kind::Interval => self.duration().map(Expr::Duration),
            Kind::String => self.string_sum().map(Expr::String),
            Kind::OpenParen => self.parens(),
            Kind::OpenBrace => self.selector(None).map(Expr::Selector),
            Kind::Op(BinaryOp::Sub) => {
                let start = self.token.start;
                self.count_operator(self.token.span())?;
                self.nested(|p| {
                    p.advance()?;
                    let expr = p.operand()?;
                    let span = p.span_from(start);
                    Ok(Expr::Negation(Box::new(Negation {
                        expr,
                        keep_metric_names: false,
                        span,
                    })))
                })
            }
            Kind::Op(BinaryOp::Add) => self.nested(|p| {
                p.advance()?;
                p.operand()
            }),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// Runs a part of the parser one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        let limit = self.config.max_depth;
        if self.depth >= limit {
            return Err(ParseError::new(
                ParseErrorKind::TooDeep { limit },
                self.token.span(),
            ));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn number(&mut self) -> Result<Expr, ParseError> {
        let token = self.advance()?;
        let text = self.slice(token);
        let value = number::parse(text)
            .ok_or_else(|| ParseError::new(ParseErrorKind::InvalidNumber(text.to_owned()), token.span()))?;
        let text = if number::is_plain(text) {
            None
        } else {
            Some(text.into())
        };
        Ok(Expr::Number(NumberLiteral {
            value,
            text,
            span: token.span(),
        }))
    }

    /// Parses an expression that starts with a name.
    fn name(&mut self) -> Result<Expr, ParseError> {
        let text = self.slice(self.token);
        if text.len() == 3 && (text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("nan")) {
            let span = self.advance()?.span();
            let value = if text.eq_ignore_ascii_case("inf") {
                f64::INFINITY
            } else {
                f64::NAN
            };
            return Ok(Expr::Number(NumberLiteral {
                value,
                text: None,
                span,
            }));
        }
        let token = self.advance()?;
        match self.token.kind {
            Kind::OpenParen => self.call(token),
            Kind::Eof
            | Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::CloseParen
            | Kind::Comma
            | Kind::At
            | Kind::Op(_) => self.selector(Some(token)).map(Expr::Selector),
            Kind::Ident if self.at_word("offset") => self.selector(Some(token)).map(Expr::Selector),
            Kind::Ident => match self.aggregate(token) {
                Some(function) => self.aggregation(token, function),
                None => self.selector(Some(token)).map(Expr::Selector),
            },
            _ => Err(self.unexpected("an operator, `(`, `{`, `[`, `)`, `,` or `@` after a name")),
        }
    }

    fn parens(&mut self) -> Result<Expr, ParseError> {
        let start = self.advance()?.start;
        let mut items = Vec::new();
        while self.token.kind != Kind::CloseParen {
            items.push(self.expr()?);
            if !self.eat(Kind::Comma)? && self.token.kind != Kind::CloseParen {
                return Err(self.unexpected("an operator, `,` or `)`"));
            }
        }
        self.advance()?;
        if items.len() != 1 {
            return Ok(Expr::List(List {
                items,
                span: self.span_from(start),
            }));
        }
        let mut item = items.remove(0);
        let keep = match &mut item {
            Expr::Binary(binary) => Some(&mut binary.keep_metric_names),
            Expr::Negation(negation) => Some(&mut negation.keep_metric_names),
            _ => None,
        };
        if let Some(keep) = keep
            && self.at_word("keep_metric_names")
        {
            *keep = true;
            self.advance()?;
        }
        Ok(item)
    }

    /// Parses a string, or a sum of strings and names of templates that stand for strings.
    pub(super) fn string_sum(&mut self) -> Result<StringLiteral, ParseError> {
        let start = self.token.start;
        let mut text = Text::default();
        loop {
            match self.token.kind {
                Kind::String => {
                    let value = self.string()?;
                    if text.parts.is_empty() {
                        if text.value.is_empty() {
                            text.value = value;
                        } else {
                            text.value.push_str(&value);
                        }
                    } else {
                        text.parts.push(TextPart::Literal(value));
                    }
                }
                Kind::Ident => {
                    let token = self.advance()?;
                    let name = self.slice(token).to_owned();
                    if !self.in_scope(&name) {
                        let kind = ParseErrorKind::UnknownTemplate {
                            what: "the string",
                            name,
                            hint: "; put a string into quotes",
                        };
                        return Err(ParseError::new(kind, token.span()));
                    }
                    if text.parts.is_empty() && !text.value.is_empty() {
                        text.parts
                            .push(TextPart::Literal(std::mem::take(&mut text.value)));
                    }
                    text.parts.push(TextPart::Template(name));
                }
                _ => return Err(self.unexpected("a string")),
            }
            if self.token.kind != Kind::Op(BinaryOp::Add) {
                break;
            }
            // `"a" + "b"` and `"a" + template` are parts of the string; `"a" + m(...)` is an operation.
            let next = self.peek()?;
            let is_part = match next.kind {
                Kind::String => true,
                Kind::Ident => {
                    let after = lexer::next(self.text, next.end)?;
                    !matches!(after.kind, Kind::OpenParen | Kind::OpenBrace)
                }
                _ => false,
            };
            if !is_part {
                break;
            }
            self.advance()?;
        }
        Ok(StringLiteral {
            text,
            span: self.span_from(start),
        })
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let token = self.advance()?;
        let text = self.slice(token);
        unquote(text).map_err(|reason| {
            ParseError::new(
                ParseErrorKind::InvalidString {
                    text: text.to_owned(),
                    reason,
                },
                token.span(),
            )
        })
    }

    /// Parses a duration without sign: with units, in seconds, or the name of a template.
    pub(super) fn duration(&mut self) -> Result<Duration, ParseError> {
        let token = self.token;
        match token.kind {
            Kind::Ident => {
                // A name may hold colons, but here one ends it.
                let text = self.slice(token);
                let len = text.find(':').unwrap_or(text.len());
                let end = token.start + len;
                self.last_end = end;
                self.token = lexer::next(self.text, end)?;
                self.template_duration(&text[..len], Span::new(token.start, end))
            }
            Kind::Interval => {
                self.advance()?;
                let mut duration = self.parse_duration("1i", token.span())?;
                duration.span = token.span();
                Ok(duration)
            }
            Kind::Duration | Kind::Number => {
                self.advance()?;
                self.parse_duration(self.slice(token), token.span())
            }
            _ => Err(self.unexpected("a duration")),
        }
    }

    fn template_duration(&self, name: &str, span: Span) -> Result<Duration, ParseError> {
        if !self.in_scope(&unescape_ident(name)) {
            let name = name.to_owned();
            let hint = "; a duration starts with a digit";
            let kind = ParseErrorKind::UnknownTemplate {
                what: "the duration",
                name,
                hint,
            };
            return Err(ParseError::new(kind, span));
        }
        let mut duration = Duration::template(name);
        duration.span = span;
        Ok(duration)
    }

    fn parse_duration(&self, text: &str, span: Span) -> Result<Duration, ParseError> {
        let mut duration = Duration::parse(text)
            .ok_or_else(|| ParseError::new(ParseErrorKind::InvalidDuration(text.to_owned()), span))?;
        duration.span = span;
        Ok(duration)
    }
}
