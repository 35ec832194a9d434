//! The recursive-descent parser.

mod call;
mod operand;
mod rollup;
mod selector;
mod with;

use crate::ast::{Binary, BinaryOp, Expr, Join, JoinSide, Matching, MatchingKind, Negation};
use crate::check;
use crate::error::{ParseError, ParseErrorKind};
use crate::expand::expand_with_limits;
use crate::lexer::{self, Kind, Token};
use crate::span::Span;
use crate::version::Version;

/// What queries are checked for, and the bounds on their size.
#[derive(Clone, Debug)]
pub struct ParseConfig {
    /// The server's version; default 1.145.
    pub version: Version,
    /// The highest number of bytes; default 1 MiB (a server's own default is 16 KiB, `-search.maxQueryLen`).
    pub max_length: usize,
    /// The deepest nesting of parentheses, calls, signs, `WITH` and right operands; default 100. Above about 200 the stack of a thread may
    /// not suffice.
    pub max_depth: usize,
    /// The highest number of operators and templates in the query; default 1000. They bound how deep left operands nest.
    pub max_operators: usize,
    /// The highest number of nodes that `WITH` templates may expand to; default 100,000.
    pub max_expansion: usize,
}

impl Default for ParseConfig {
    fn default() -> Self {
        Self {
            version: Version::default(),
            max_length: 1 << 20,
            max_depth: 100,
            max_operators: 1000,
            max_expansion: 100_000,
        }
    }
}

/// Parses and checks a query for the newest supported version.
///
/// Refused is what the server refuses whatever its data: bad syntax, unknown functions, wrong counts of arguments,
/// values where a string is needed, bad regular expressions, negative windows, undefined templates.
///
/// # Errors
///
/// Returns the first mistake with its place.
///
/// ```
/// let query = vmotel_metricsql::parse("sum(rate(http_requests_total{code=~'5..'}[5m])) by (job)")?;
/// assert_eq!(query.to_string(), r#"sum(rate(http_requests_total{code=~"5.."}[5m])) by (job)"#);
/// # Ok::<(), vmotel_metricsql::ParseError>(())
/// ```
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    parse_with(query, &ParseConfig::default())
}

/// Parses and checks a query.
///
/// # Errors
///
/// Returns the first mistake with its place.
///
/// ```
/// use vmotel_metricsql::{ParseConfig, Version, parse_with};
///
/// let old = ParseConfig { version: Version::V1_112, ..Default::default() };
/// let error = parse_with("rate_prometheus(m[5m])", &old).unwrap_err();
/// assert!(error.to_string().contains("needs VictoriaMetrics 1.120"));
/// ```
pub fn parse_with(query: &str, config: &ParseConfig) -> Result<Expr, ParseError> {
    if query.len() > config.max_length.min(u32::MAX as usize) {
        let limit = config.max_length;
        let kind = ParseErrorKind::TooLong {
            length: query.len(),
            limit,
        };
        return Err(ParseError::new(kind, Span::default()));
    }
    let token = lexer::next(query, 0)?;
    let mut parser = Parser {
        text: query,
        token,
        last_end: 0,
        config,
        scope: Vec::new(),
        uses_with: false,
        depth: 0,
        operators: 0,
    };
    let expr = parser.expr()?;
    if parser.token.kind != Kind::Eof {
        return Err(parser.unexpected("an operator or the end of the query"));
    }
    if parser.uses_with {
        let expanded = expand_with_limits(&expr, config)?;
        check::check(&expanded, config.version)?;
    } else {
        check::check(&expr, config.version)?;
    }
    Ok(expr)
}

/// State: `token` is the next token that no node has taken.
struct Parser<'a> {
    text: &'a str,
    token: Token,
    /// End of the token before `token`.
    last_end: usize,
    config: &'a ParseConfig,
    /// Names of the templates and parameters in scope, unescaped.
    scope: Vec<String>,
    uses_with: bool,
    depth: usize,
    operators: usize,
}

/// An operator that waits for its right operand.
struct Pending {
    precedence: u8,
    op: PendingOp,
}

enum PendingOp {
    Negate(usize),
    Binary(Box<PendingBinary>),
}

struct PendingBinary {
    op: BinaryOp,
    bool_modifier: bool,
    matching: Option<Matching>,
    join: Option<Join>,
    keep_metric_names: bool,
    op_span: Span,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token, ParseError> {
        let token = self.token;
        self.last_end = token.end;
        self.token = lexer::next(self.text, token.end)?;
        Ok(token)
    }

    /// Takes the next token where it is of the given kind.
    fn eat(&mut self, kind: Kind) -> Result<bool, ParseError> {
        let found = self.token.kind == kind;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, kind: Kind, expected: &'static str) -> Result<Token, ParseError> {
        if self.token.kind == kind {
            self.advance()
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    /// Returns whether the next token is the given word in any case.
    fn at_word(&self, word: &str) -> bool {
        self.token.kind == Kind::Ident && self.slice(self.token).eq_ignore_ascii_case(word)
    }

    fn eat_word(&mut self, word: &str) -> Result<bool, ParseError> {
        let found = self.at_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.last_end)
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        let kind = match self.token.kind {
            Kind::Eof => ParseErrorKind::UnexpectedEnd { expected },
            _ => ParseErrorKind::UnexpectedToken {
                found: self.slice(self.token).to_owned(),
                expected,
            },
        };
        ParseError::new(kind, self.token.span())
    }

    fn in_scope(&self, name: &str) -> bool {
        self.scope.iter().any(|n| n == name)
    }

    /// Counts an operator or template; their number bounds the depth of the tree.
    fn count_operator(&mut self, span: Span) -> Result<(), ParseError> {
        self.operators += 1;
        let limit = self.config.max_operators;
        if self.operators > limit {
            return Err(ParseError::new(ParseErrorKind::TooManyOperators { limit }, span));
        }
        Ok(())
    }

    fn binary_op(&self) -> Option<BinaryOp> {
        match self.token.kind {
            Kind::Op(op) => Some(op),
            Kind::Ident => BinaryOp::from_word(self.slice(self.token)),
            _ => None,
        }
    }

    /// Parses operands joined by operators.
    fn expr(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        let limit = self.config.max_depth;
        if self.depth > limit {
            return Err(ParseError::new(
                ParseErrorKind::TooDeep { limit },
                self.token.span(),
            ));
        }
        let mut expr = if matches!(self.token.kind, Kind::Op(BinaryOp::Sub | BinaryOp::Add)) {
            None
        } else {
            Some(self.operand()?)
        };
        if expr.is_none() || self.binary_op().is_some() {
            expr = Some(self.operators(expr)?);
        }
        self.depth -= 1;
        expr.ok_or_else(|| self.unexpected("an expression"))
    }

    /// Parses the operators and operands after `first` by precedence.
    fn operators(&mut self, first: Option<Expr>) -> Result<Expr, ParseError> {
        let mut operands = Vec::with_capacity(2);
        let mut pending: Vec<Pending> = Vec::with_capacity(1);
        match first {
            Some(first) => operands.push(first),
            None => {
                self.signs(&mut pending)?;
                operands.push(self.deeper_operand(pending.len())?);
            }
        }
        while let Some(op) = self.binary_op() {
            let precedence = op.precedence();
            while let Some(top) = pending.last()
                && (top.precedence > precedence || top.precedence == precedence && !op.is_right_associative())
            {
                reduce(&mut operands, &mut pending);
            }
            let binary = self.operator(op)?;
            pending.push(Pending {
                precedence,
                op: PendingOp::Binary(Box::new(binary)),
            });
            self.signs(&mut pending)?;
            operands.push(self.deeper_operand(pending.len())?);
            if self.eat_word("keep_metric_names")?
                && let Some(binary) = pending.iter_mut().rev().find_map(|p| match &mut p.op {
                    PendingOp::Binary(binary) => Some(binary),
                    PendingOp::Negate(_) => None,
                })
            {
                binary.keep_metric_names = true;
            }
        }
        while !pending.is_empty() {
            reduce(&mut operands, &mut pending);
        }
        operands.pop().ok_or_else(|| self.unexpected("an expression"))
    }

    /// Parses an operand that ends up below `levels` operators. Only left operands may nest deeper than the limit.
    fn deeper_operand(&mut self, levels: usize) -> Result<Expr, ParseError> {
        let outer = self.depth;
        self.depth += levels;
        let limit = self.config.max_depth;
        if self.depth > limit {
            return Err(ParseError::new(
                ParseErrorKind::TooDeep { limit },
                self.token.span(),
            ));
        }
        let operand = self.operand();
        self.depth = outer;
        operand
    }

    /// Parses leading signs. A minus binds as a binary one does, but not weaker than the operator before it.
    fn signs(&mut self, pending: &mut Vec<Pending>) -> Result<(), ParseError> {
        loop {
            match self.token.kind {
                Kind::Op(BinaryOp::Add) => _ = self.advance()?,
                Kind::Op(BinaryOp::Sub) => {
                    self.count_operator(self.token.span())?;
                    let start = self.advance()?.start;
                    let before = pending.last().map_or(0, |p| p.precedence);
                    let precedence = BinaryOp::Sub.precedence().max(before);
                    pending.push(Pending {
                        precedence,
                        op: PendingOp::Negate(start),
                    });
                }
                _ => return Ok(()),
            }
        }
    }

    /// Parses an operator and its modifiers.
    fn operator(&mut self, op: BinaryOp) -> Result<PendingBinary, ParseError> {
        self.count_operator(self.token.span())?;
        let op_span = self.advance()?.span();
        let mut binary = PendingBinary {
            op,
            bool_modifier: false,
            matching: None,
            join: None,
            keep_metric_names: false,
            op_span,
        };
        if self.token.kind != Kind::Ident {
            return Ok(binary);
        }
        if self.at_word("bool") {
            if !op.is_comparison() {
                return Err(ParseError::new(
                    ParseErrorKind::BoolWithoutComparison(op.as_str()),
                    self.token.span(),
                ));
            }
            binary.bool_modifier = true;
            self.advance()?;
        }
        let kind = if self.at_word("on") {
            MatchingKind::On
        } else if self.at_word("ignoring") {
            MatchingKind::Ignoring
        } else {
            return Ok(binary);
        };
        self.advance()?;
        let labels = self.label_list(false)?;
        binary.matching = Some(Matching { kind, labels });
        let side = if self.at_word("group_left") {
            JoinSide::Left
        } else if self.at_word("group_right") {
            JoinSide::Right
        } else {
            return Ok(binary);
        };
        if op.is_set() {
            return Err(ParseError::new(
                ParseErrorKind::JoinOfSets(op.as_str()),
                self.token.span(),
            ));
        }
        self.advance()?;
        let labels = if self.token.kind == Kind::OpenParen {
            self.label_list(true)?
        } else {
            Vec::new()
        };
        let prefix = if self.eat_word("prefix")? {
            Some(self.string_sum()?.text)
        } else {
            None
        };
        binary.join = Some(Join { side, labels, prefix });
        Ok(binary)
    }
}

/// Applies the last pending operator to the last operands.
fn reduce(operands: &mut Vec<Expr>, pending: &mut Vec<Pending>) {
    let (Some(Pending { op, .. }), Some(right)) = (pending.pop(), operands.pop()) else {
        return;
    };
    match op {
        PendingOp::Negate(start) => {
            let span = Span {
                start: start as u32,
                end: right.span().end,
            };
            let negation = Negation {
                expr: right,
                keep_metric_names: false,
                span,
            };
            operands.push(Expr::Negation(Box::new(negation)));
        }
        PendingOp::Binary(op) => {
            let Some(left) = operands.pop() else { return };
            let span = left.span().to(right.span());
            let PendingBinary {
                op,
                bool_modifier,
                matching,
                join,
                keep_metric_names,
                op_span,
            } = *op;
            operands.push(Expr::Binary(Box::new(Binary {
                op,
                bool_modifier,
                matching,
                join,
                keep_metric_names,
                left,
                right,
                op_span,
                span,
            })));
        }
    }
}
