//! One visited series.

use crate::{LabelSet, Point, Timestamp};

/// One series of a family: labels, optionally its ready text, and the value.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// The labels under their exposed names: sorted by name, distinct, without empty values.
    pub labels: &'a dyn LabelSet,
    /// The ready text of name and labels under the visit's configuration, where the source keeps one.
    pub text: Option<SeriesText<'a>>,
    /// The value.
    pub point: Point<'a>,
    /// When the cumulative value began, where it is known.
    pub start: Option<Timestamp>,
}

/// The text `name{label="value",...} ` of a series: escaped, sorted, with the blank behind it.
///
/// Without labels it is `name `. Encoders of text copy it; those that add a suffix to the name or a label (`le`)
/// cut it by [`SeriesText::labels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesText<'a> {
    bytes: &'a [u8],
    name_len: usize,
}

impl<'a> SeriesText<'a> {
    /// Wraps the text `bytes`, whose first `name_len` bytes are the name.
    ///
    /// # Panics
    /// Panics if `bytes` is not the name and a blank, or the name, `{`, labels, `}` and a blank.
    #[must_use]
    pub const fn new(bytes: &'a [u8], name_len: usize) -> Self {
        let len = bytes.len();
        assert!(len > name_len && bytes[len - 1] == b' ', "text ends with a blank");
        assert!(
            len == name_len + 1 || (len >= name_len + 3 && bytes[name_len] == b'{' && bytes[len - 2] == b'}'),
            "labels stand in braces"
        );
        Self { bytes, name_len }
    }

    /// Returns the whole text.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the labels without braces, such as `method="GET",path="/"`; empty if there are none.
    #[must_use]
    pub fn labels(&self) -> &'a [u8] {
        self.bytes
            .get(self.name_len + 1..self.bytes.len() - 2)
            .unwrap_or_default()
    }
}
