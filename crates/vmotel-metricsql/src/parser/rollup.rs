//! Parses windows, subqueries, `offset` and `@`.

use super::Parser;
use crate::ast::{BinaryOp, Duration, Expr, Rollup, SubqueryStep};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{self, Kind};

impl Parser<'_> {
    /// Parses the window, offset and `@` after `expr`.
    pub(super) fn rollup(&mut self, expr: Expr, start: usize) -> Result<Expr, ParseError> {
        self.count_operator(self.token.span())?;
        let mut rollup = Rollup {
            expr,
            window: None,
            step: SubqueryStep::None,
            offset: None,
            at: None,
            span: self.token.span(),
        };
        if self.token.kind == Kind::OpenBracket {
            self.window(&mut rollup)?;
        }
        if self.token.kind == Kind::At {
            rollup.at = Some(self.at()?);
        }
        if self.at_word("offset") {
            rollup.offset = Some(self.offset()?);
        }
        if self.token.kind == Kind::At {
            if rollup.at.is_some() {
                return Err(ParseError::new(ParseErrorKind::DuplicateAt, self.token.span()));
            }
            rollup.at = Some(self.at()?);
        }
        if rollup.window.is_none() && !rollup.is_subquery() && rollup.offset.is_none() && rollup.at.is_none()
        {
            // `m[$__interval]` means `m`.
            return Ok(rollup.expr);
        }
        rollup.span = self.span_from(start);
        Ok(Expr::Rollup(Box::new(rollup)))
    }

    fn window(&mut self, rollup: &mut Rollup) -> Result<(), ParseError> {
        self.advance()?;
        if self.token.kind == Kind::Interval {
            self.advance()?;
        } else if !self.at_colon() {
            rollup.window = Some(self.duration()?);
        }
        if self.at_colon() {
            rollup.step = self.step()?;
        }
        self.expect(Kind::CloseBracket, "`]` after the window")?;
        Ok(())
    }

    /// Returns whether the next token is a name that starts with the colon of a step.
    fn at_colon(&self) -> bool {
        self.token.kind == Kind::Ident && self.text.as_bytes()[self.token.start] == b':'
    }

    fn step(&mut self) -> Result<SubqueryStep, ParseError> {
        // The lexer takes `:5m` for a name: read again after the colon.
        let (start, end) = (self.token.start + 1, self.token.end);
        self.last_end = start;
        self.token = lexer::next(self.text, start)?;
        if self.token.kind == Kind::CloseBracket {
            return Ok(SubqueryStep::Inherit);
        }
        let duration = self.duration()?;
        if start < end && self.last_end != end {
            return Err(self.unexpected("`]` after the step"));
        }
        Ok(SubqueryStep::Every(duration))
    }

    fn offset(&mut self) -> Result<Duration, ParseError> {
        self.advance()?;
        if self.token.kind == Kind::OpenParen {
            self.advance()?;
            let duration = self.signed_duration()?;
            self.expect(Kind::CloseParen, "`)` after the offset")?;
            return Ok(duration);
        }
        self.signed_duration()
    }

    fn signed_duration(&mut self) -> Result<Duration, ParseError> {
        let start = self.token;
        if !self.eat(Kind::Op(BinaryOp::Sub))? {
            return self.duration();
        }
        let duration = self.duration()?;
        if duration.is_template() {
            let kind = ParseErrorKind::InvalidDuration(format!("-{}", duration.as_str()));
            return Err(ParseError::new(kind, start.span().to(duration.span)));
        }
        let mut duration = duration.negated();
        duration.span = self.span_from(start.start);
        Ok(duration)
    }

    fn at(&mut self) -> Result<Expr, ParseError> {
        self.advance()?;
        self.bare_operand()
    }
}
