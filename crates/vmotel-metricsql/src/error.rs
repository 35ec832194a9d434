//! Errors of the parser, with their place and help.

use std::fmt::{self, Write as _};

use crate::span::Span;
use crate::version::Version;

/// Why a query was refused, with its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    kind: Box<ParseErrorKind>,
    span: Span,
}

impl ParseError {
    pub(crate) fn new(kind: ParseErrorKind, span: Span) -> Self {
        Self {
            kind: Box::new(kind),
            span,
        }
    }

    /// Returns the reason.
    #[must_use]
    pub fn kind(&self) -> &ParseErrorKind {
        &self.kind
    }

    /// Returns the place of the mistake.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Returns the message with the line of the query and a mark under the mistake.
    ///
    /// ```
    /// let query = "rte(m[5m])";
    /// let error = vmotel_metricsql::parse(query).unwrap_err();
    /// assert_eq!(
    ///     error.render(query),
    ///     "unknown function `rte`, did you mean `rate`?\n 1 | rte(m[5m])\n   | ^^^\n"
    /// );
    /// ```
    #[must_use]
    pub fn render(&self, query: &str) -> String {
        let (line, column) = self.span.line_column(query);
        let text = query.split('\n').nth(line - 1).unwrap_or("");
        let room = text.chars().count() + 1 - (column - 1).min(text.chars().count());
        let width = self
            .span
            .text(query)
            .lines()
            .next()
            .map_or(1, |s| s.chars().count())
            .clamp(1, room.max(1));
        let number = line.to_string();
        let mut out = format!("{self}\n {number} | {text}\n {:pad$} | ", "", pad = number.len());
        let lead: String = text
            .chars()
            .take(column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let _ = writeln!(out, "{lead}{}", "^".repeat(width));
        out
    }
}

/// The reasons why queries are refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// A token stands where another is needed.
    #[error("unexpected `{found}`, expected {expected}")]
    UnexpectedToken {
        /// The token.
        found: String,
        /// What may stand here.
        expected: &'static str,
    },
    /// The query ends too early.
    #[error("unexpected end of query, expected {expected}")]
    UnexpectedEnd {
        /// What may stand here.
        expected: &'static str,
    },
    /// A character starts no token.
    #[error("unexpected character {0:?}")]
    UnexpectedCharacter(char),
    /// A string has no closing quote.
    #[error("the string has no closing quote")]
    UnclosedString,
    /// A string has a bad escape.
    #[error("invalid string {text}: {reason}")]
    InvalidString {
        /// The string with its quotes.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A number is malformed or out of range.
    #[error("invalid number `{0}`, expected a form such as 1.5, 1e3, 0x1F, 10Ki, below 1.8e308")]
    InvalidNumber(String),
    /// A duration is malformed.
    #[error("invalid duration `{0}`, expected a form such as 5m, 1h30m, 1.5d, 3i or seconds")]
    InvalidDuration(String),
    /// A window or step is below zero.
    #[error("the {what} `{text}` is negative, expected 0 or more")]
    NegativeDuration {
        /// `window` or `step`.
        what: &'static str,
        /// The duration.
        text: String,
    },
    /// A `limit` is no integer.
    #[error("invalid limit `{0}`, expected an integer from 0")]
    InvalidLimit(String),
    /// A regular expression is malformed (RE2 syntax).
    #[error("invalid regular expression {pattern:?}: {reason}")]
    InvalidRegex {
        /// The expression.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// No function or template has the name.
    #[error("unknown function `{name}`{}", DidYouMean(suggestion.as_deref()))]
    UnknownFunction {
        /// The name.
        name: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
    /// The function came with a later version than the one asked for.
    #[error("the function `{name}` needs VictoriaMetrics {since} or later, the query is for {version}")]
    FunctionTooNew {
        /// The function.
        name: &'static str,
        /// The first version that has it.
        since: &'static str,
        /// The version asked for.
        version: Version,
    },
    /// The syntax came with a later version than the one asked for.
    #[error("{what} need a later VictoriaMetrics than {version}")]
    SyntaxTooNew {
        /// The syntax.
        what: &'static str,
        /// The version asked for.
        version: Version,
    },
    /// A call has too many or too few arguments.
    #[error("`{function}` takes {expected}, got {found}: {signature}")]
    ArgumentCount {
        /// The function.
        function: &'static str,
        /// The counts allowed.
        expected: String,
        /// The count given.
        found: usize,
        /// The function with its parameters.
        signature: String,
    },
    /// An argument has the wrong type or value.
    #[error("argument {position} of `{function}` must be {expected}")]
    ArgumentType {
        /// The function.
        function: &'static str,
        /// The place of the argument, from 1.
        position: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// `bool` after an operator that does not compare.
    #[error("`bool` needs a comparison, not `{0}`")]
    BoolWithoutComparison(&'static str),
    /// `group_left` or `group_right` with a set operator.
    #[error("`{0}` matches many to many, it takes no group_left or group_right")]
    JoinOfSets(&'static str),
    /// `@` given twice.
    #[error("`@` is given twice")]
    DuplicateAt,
    /// A selector names two metrics.
    #[error("the selector names two metrics, {first:?} and {second:?}")]
    TwoMetricNames {
        /// The first name.
        first: String,
        /// The second name.
        second: String,
    },
    /// A name that only a `WITH` template could explain.
    #[error("{what} `{name}` is no WITH template in scope{hint}")]
    UnknownTemplate {
        /// What the name stands for.
        what: &'static str,
        /// The name.
        name: String,
        /// Advice, with its leading `; `.
        hint: &'static str,
    },
    /// A template is called with the wrong number of arguments.
    #[error("the template `{name}` takes {expected} arguments, got {found}")]
    TemplateArguments {
        /// The template.
        name: String,
        /// The number of its parameters.
        expected: usize,
        /// The number given.
        found: usize,
    },
    /// A template stands for something that cannot be used here.
    #[error("the template `{name}` cannot be used here, expected it to stand for {expected}")]
    TemplateType {
        /// The template.
        name: String,
        /// What it must stand for.
        expected: &'static str,
    },
    /// A template or parameter is defined twice.
    #[error("`{0}` is defined twice")]
    DuplicateName(String),
    /// The query nests too deep, counting operators.
    #[error("the query nests deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The query has too many operators or templates.
    #[error("the query has more than {limit} operators and templates")]
    TooManyOperators {
        /// The limit.
        limit: usize,
    },
    /// The templates expand to too much.
    #[error("the templates expand to more than {limit} nodes")]
    ExpansionTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The query is too long.
    #[error("the query has {length} bytes, expected at most {limit}")]
    TooLong {
        /// The length.
        length: usize,
        /// The limit.
        limit: usize,
    },
}

struct DidYouMean<'a>(Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, ", did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}
