//! Numbers and strings as they are written.

use super::eq_without_span;
use crate::span::Span;

/// A number.
#[derive(Clone, Debug)]
pub struct NumberLiteral {
    /// The value.
    pub value: f64,
    /// The text as written where it is no plain decimal, such as `0x1F` or `1.5Ki`.
    pub text: Option<Box<str>>,
    /// Place in the query.
    pub span: Span,
}

impl PartialEq for NumberLiteral {
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits() && self.text == other.text
    }
}

/// A string.
#[derive(Clone, Debug)]
pub struct StringLiteral {
    /// The content.
    pub text: Text,
    /// Place in the query.
    pub span: Span,
}
eq_without_span!(StringLiteral: text);

/// The content of a string: known, or put together from templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The content without quotes and escapes; empty where `parts` is not.
    pub value: String,
    /// The members of a sum such as `"a" + x` that uses a template; empty in expanded queries.
    pub parts: Vec<TextPart>,
}

impl Text {
    /// Returns a text without template references.
    pub fn literal(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            parts: Vec::new(),
        }
    }

    /// Returns the content, `None` where it depends on a template.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        self.parts.is_empty().then_some(&*self.value)
    }
}

/// A member of a string sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// Known content.
    Literal(String),
    /// The name of a template that stands for a string.
    Template(String),
}
