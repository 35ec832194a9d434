//! Parses `WITH` templates.

use super::Parser;
use crate::ast::{Expr, Template, With};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::Kind;
use crate::text::unescape_ident;

impl Parser<'_> {
    /// Parses `WITH (name = expr, name(params) = expr) expr`.
    pub(super) fn with(&mut self) -> Result<Expr, ParseError> {
        self.uses_with = true;
        let start = self.advance()?.start;
        self.advance()?;
        let outer = self.scope.len();
        let mut templates: Vec<Template> = Vec::new();
        while self.token.kind != Kind::CloseParen {
            let name_span = self.token.span();
            let template = self.template()?;
            if templates.iter().any(|t| t.name == template.name) {
                return Err(ParseError::new(
                    ParseErrorKind::DuplicateName(template.name),
                    name_span,
                ));
            }
            self.scope.push(template.name.clone());
            templates.push(template);
            if !self.eat(Kind::Comma)? && self.token.kind != Kind::CloseParen {
                return Err(self.unexpected("an operator, `,` or `)` after a template"));
            }
        }
        self.advance()?;
        let body = self.expr()?;
        self.scope.truncate(outer);
        Ok(Expr::With(Box::new(With {
            templates,
            body,
            span: self.span_from(start),
        })))
    }

    fn template(&mut self) -> Result<Template, ParseError> {
        let start = self.token.start;
        self.count_operator(self.token.span())?;
        let name = self.expect(Kind::Ident, "the name of a template")?;
        let name = unescape_ident(self.slice(name)).into_owned();
        let outer = self.scope.len();
        let mut params = Vec::new();
        if self.token.kind == Kind::OpenParen {
            let span = self.token.span();
            params = self.label_list(false)?;
            for (i, param) in params.iter().enumerate() {
                if params[..i].contains(param) {
                    return Err(ParseError::new(
                        ParseErrorKind::DuplicateName(param.clone()),
                        span,
                    ));
                }
            }
            // Checks against names already in scope are linear, so the number of parameters counts, too.
            for param in &params {
                self.count_operator(span)?;
                self.scope.push(param.clone());
            }
        }
        self.expect(Kind::Assign, "`=` after the name of a template")?;
        let body = self.expr()?;
        self.scope.truncate(outer);
        Ok(Template {
            name,
            params,
            body,
            span: self.span_from(start),
        })
    }
}
