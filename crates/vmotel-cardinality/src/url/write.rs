//! Writes a template, and borrows from the input for as long as nothing changes.

use std::borrow::Cow;

use super::file::{FileVerdict, Pieces, What};
use super::placeholder::Placeholder;
use super::segment::Verdict;
use super::split::Span;

#[derive(Debug)]
pub(crate) struct Writer<'a> {
    input: &'a str,
    /// The range of the input that is the output so far, unless `owned`.
    start: usize,
    end: usize,
    capacity: usize,
    owned: Option<String>,
    collapsed: Option<&'a str>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(input: &'a str, segments: &[Span], collapsed: Option<&'a str>) -> Self {
        let first = segments.first().map_or(0, |span| span.start);
        let last = segments.last().map_or(0, |span| span.end);
        let capacity = (last - first).min(1024) + 4 * segments.len() + 8;
        let start = first.saturating_sub(1);
        let rooted = first > 0 && input.as_bytes()[start] == b'/';
        let owned = (!rooted).then(|| String::with_capacity(capacity));
        Self {
            input,
            start,
            end: start,
            capacity,
            owned,
            collapsed,
        }
    }

    pub(crate) fn finish(self) -> Cow<'a, str> {
        match self.owned {
            Some(text) => Cow::Owned(text),
            None => Cow::Borrowed(&self.input[self.start..self.end]),
        }
    }

    fn own(&mut self) -> &mut String {
        self.owned.get_or_insert_with(|| {
            let mut text = String::with_capacity(self.capacity);
            text.push_str(&self.input[self.start..self.end]);
            text
        })
    }

    /// Writes a segment that stays as it stands in the input.
    pub(crate) fn keep(&mut self, span: Span) {
        if self.owned.is_none() && span.start == self.end + 1 && self.input.as_bytes()[self.end] == b'/' {
            self.end = span.end;
        } else {
            let input = self.input;
            self.text(&input[span.start..span.end]);
        }
    }

    /// Writes a segment that is no part of the input.
    pub(crate) fn text(&mut self, text: &str) {
        let out = self.own();
        out.push('/');
        out.push_str(text);
    }

    pub(crate) fn placeholder(&mut self, placeholder: Placeholder) {
        let name = self.name(placeholder);
        self.text(name);
    }

    fn name(&self, placeholder: Placeholder) -> &'a str {
        self.collapsed.unwrap_or(placeholder.name())
    }

    /// Writes a decoded segment that is not the same as in the input, or is changed by the verdict.
    pub(crate) fn verdict(&mut self, verdict: Verdict, text: &[u8]) {
        match verdict {
            Verdict::Keep => self.text(ascii(text)),
            Verdict::Is(placeholder) => self.placeholder(placeholder),
            Verdict::Verb(placeholder, colon) => {
                self.placeholder(placeholder);
                self.own().push_str(ascii(&text[colon..]));
            }
            Verdict::Key(open) => {
                let key = self.name(Placeholder::Key);
                self.text(ascii(&text[..open]));
                let out = self.own();
                out.push('(');
                out.push_str(key);
                out.push(')');
            }
            Verdict::File(file) => self.file(file, text),
        }
    }

    fn file(&mut self, file: FileVerdict, text: &[u8]) {
        match file {
            FileVerdict::Keep => self.text(ascii(text)),
            FileVerdict::Whole(placeholder) => self.placeholder(placeholder),
            FileVerdict::Stem(placeholder, stem) => {
                self.placeholder(placeholder);
                self.own().push_str(ascii(&text[stem..]));
            }
            FileVerdict::Parts(stem) => {
                let collapsed = self.collapsed;
                let out = self.own();
                out.push('/');
                for piece in Pieces::new(&text[..stem], collapsed) {
                    out.push_str(ascii(piece.separator));
                    out.push_str(match piece.what {
                        What::Text(text) | What::Marked(text) => ascii(text),
                        What::Variable(placeholder) => collapsed.unwrap_or(placeholder.name()),
                    });
                }
                out.push_str(ascii(&text[stem..]));
            }
        }
    }
}

/// Only printable ASCII is ever written: anything else became `:str` before.
fn ascii(text: &[u8]) -> &str {
    str::from_utf8(text).unwrap_or_default()
}
