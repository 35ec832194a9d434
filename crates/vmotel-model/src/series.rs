//! One visited series.

use std::{
    num::NonZeroU64,
    sync::atomic::{AtomicU64, Ordering},
};

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
/// cut it by [`SeriesText::labels`]. The name may stand elsewhere, so that a source need not keep it once per series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesText<'a> {
    /// Empty if the name is in `rest`.
    name: &'a [u8],
    rest: &'a [u8],
    /// Bytes of the name in `rest`.
    name_len: usize,
    size: Option<LabelSize>,
    id: Option<SeriesId>,
}

/// A number that stands for one name and set of labels within a process, and is never used again.
///
/// A source that keeps texts gives one to each text that it renders, so that a sink that keeps what it has made of a text knows it again
/// without a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(NonZeroU64);

impl SeriesId {
    /// Returns one that nobody else has.
    ///
    /// ```
    /// use vmotel_model::SeriesId;
    ///
    /// assert_ne!(SeriesId::unique(), SeriesId::unique());
    /// ```
    #[must_use]
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::new(next).unwrap_or(NonZeroU64::MAX))
    }
}

/// How many labels a series has and how long their names are, at most.
///
/// A source that knows it spares encoders a look at each label when they check the server's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LabelSize {
    /// The number of labels, without the name.
    pub count: usize,
    /// The length of the longest label name in bytes.
    pub longest_name: usize,
}

impl<'a> SeriesText<'a> {
    /// Wraps the text `bytes`, whose first `name_len` bytes are the name.
    ///
    /// # Panics
    /// Panics in debug builds if `bytes` is not the name and a blank, or the name, `{`, labels, `}` and a blank. In others nothing is
    /// looked at, and what is wrong is exposed as it is: a look costs a cache miss per series, and pushes need no text.
    #[must_use]
    pub const fn new(bytes: &'a [u8], name_len: usize) -> Self {
        check(bytes, name_len);
        Self {
            name: &[],
            rest: bytes,
            name_len,
            size: None,
            id: None,
        }
    }

    /// Adds what the source knows of the labels. Default: not known.
    #[must_use]
    pub const fn with_size(mut self, size: LabelSize) -> Self {
        self.size = Some(size);
        self
    }

    /// Returns what the source knows of the labels.
    #[must_use]
    pub const fn size(&self) -> Option<LabelSize> {
        self.size
    }

    /// Adds the number that stands for the name and the labels. Default: none.
    #[must_use]
    pub const fn with_id(mut self, id: SeriesId) -> Self {
        self.id = Some(id);
        self
    }

    /// Returns the number that stands for the name and the labels.
    #[must_use]
    pub const fn id(&self) -> Option<SeriesId> {
        self.id
    }

    /// Returns the length of the whole text in bytes.
    #[must_use]
    pub const fn text_len(&self) -> usize {
        self.name.len() + self.rest.len()
    }

    /// Joins a name and the text that follows it.
    ///
    /// ```
    /// use vmotel_model::SeriesText;
    ///
    /// let text = SeriesText::split(b"up_count", br#"{a="1"} "#);
    /// assert_eq!(text, SeriesText::split(b"up_count", br#"{a="1"} "#));
    /// let mut line = Vec::new();
    /// text.push_to(&mut line);
    /// assert_eq!(line, br#"up_count{a="1"} "#);
    /// assert_eq!(text.labels(), br#"a="1""#);
    /// ```
    ///
    /// # Panics
    /// Panics in debug builds if `rest` is not a blank, or `{`, labels, `}` and a blank; see [`SeriesText::new`].
    #[inline]
    #[must_use]
    pub const fn split(name: &'a [u8], rest: &'a [u8]) -> Self {
        check(rest, 0);
        Self {
            name,
            rest,
            name_len: 0,
            size: None,
            id: None,
        }
    }

    /// Appends the whole text.
    #[inline]
    pub fn push_to(&self, out: &mut Vec<u8>) {
        if !self.name.is_empty() {
            out.extend_from_slice(self.name);
        }
        out.extend_from_slice(self.rest);
    }

    /// Returns the labels without braces, such as `method="GET",path="/"`; empty if there are none.
    #[must_use]
    pub const fn labels(&self) -> &'a [u8] {
        let (start, len) = (self.name_len + 1, self.rest.len());
        if len < start + 2 {
            return &[];
        }
        self.rest.split_at(len - 2).0.split_at(start).1
    }
}

#[inline]
const fn check(bytes: &[u8], name_len: usize) {
    if !cfg!(debug_assertions) {
        return;
    }
    let len = bytes.len();
    assert!(len > name_len && bytes[len - 1] == b' ', "text ends with a blank");
    assert!(
        len == name_len + 1 || (len >= name_len + 3 && bytes[name_len] == b'{' && bytes[len - 2] == b'}'),
        "labels stand in braces"
    );
}
