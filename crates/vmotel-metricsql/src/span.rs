//! Places in the text of a query.

use std::fmt;

/// A half-open range of bytes in the text of a query.
///
/// Spans say where a node or a mistake stands. Nodes compare equal whatever their spans are, so that a query and
/// its formatted text have equal trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // The parser refuses texts longer than `u32::MAX` before it makes a span.
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end,
        }
    }

    /// Returns the text under the span, or an empty text where the span does not fit `query`.
    #[must_use]
    pub fn text(self, query: &str) -> &str {
        query.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Returns line and column of the start, both counted from 1, the column in characters.
    ///
    /// ```
    /// let query = "sum(\n  rte(m))";
    /// let error = vmotel_metricsql::parse(query).unwrap_err();
    /// assert_eq!(error.span().line_column(query), (2, 3));
    /// ```
    #[must_use]
    pub fn line_column(self, query: &str) -> (usize, usize) {
        let mut at = (self.start as usize).min(query.len());
        while !query.is_char_boundary(at) {
            at -= 1;
        }
        let before = &query[..at];
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
