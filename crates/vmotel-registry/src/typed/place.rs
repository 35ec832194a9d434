//! The place of a series among all combinations of its labels' values.

use std::fmt::{self, Display, Write as _};

use super::{LabelValue, free::FreeValues};

/// Where a series is, put together label by label.
#[derive(Debug)]
pub struct Place<'a> {
    free: &'a [FreeValues],
    number: usize,
    is_stray: bool,
    is_folded: bool,
}

impl<'a> Place<'a> {
    #[inline(always)]
    pub(super) const fn new(free: &'a [FreeValues]) -> Self {
        Self {
            free,
            number: 0,
            is_stray: false,
            is_folded: false,
        }
    }

    /// Adds the value of a label whose values are known.
    #[inline(always)]
    pub fn known<V: LabelValue>(&mut self, value: V) {
        let index = value.index();
        self.is_stray |= index >= V::VALUES.len();
        self.number = self.number.wrapping_mul(V::VALUES.len()).wrapping_add(index);
    }

    /// Adds the value of a free label.
    #[inline]
    pub fn free(&mut self, value: &str) {
        let Some((values, rest)) = self.free.split_first() else {
            self.is_stray = true;
            return;
        };
        self.free = rest;
        let index = values.index(value);
        self.is_folded |= index == values.max();
        self.number = self.number.wrapping_mul(values.max() + 1).wrapping_add(index);
    }

    /// Adds the value of a free label, as its `Display` writes it.
    #[inline]
    pub fn free_display(&mut self, value: &dyn Display) {
        let mut text = Text::default();
        // What cannot be written is what was written so far.
        let _ = write!(text, "{value}");
        self.free(text.as_str());
    }

    /// Returns the number; none if a value is not one of those that are known.
    #[inline(always)]
    pub(super) const fn number(&self) -> Option<usize> {
        if self.is_stray || !self.free.is_empty() {
            return None;
        }
        Some(self.number)
    }

    /// Returns true if a free value became `other`.
    #[inline(always)]
    pub(super) const fn is_folded(&self) -> bool {
        self.is_folded
    }
}

/// Bytes of a value that need no allocation.
const ON_STACK: usize = 64;

/// A value being written.
struct Text {
    stack: [u8; ON_STACK],
    len: usize,
    heap: String,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            stack: [0; ON_STACK],
            len: 0,
            heap: String::new(),
        }
    }
}

impl Text {
    fn as_str(&self) -> &str {
        if self.heap.is_empty() {
            // Whole texts were appended, so it is one.
            std::str::from_utf8(&self.stack[..self.len]).unwrap_or_default()
        } else {
            &self.heap
        }
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.heap.is_empty() && self.len + text.len() <= ON_STACK {
            self.stack[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
            self.len += text.len();
        } else {
            if self.heap.is_empty() {
                self.heap = self.as_str().to_owned();
            }
            self.heap.push_str(text);
        }
        Ok(())
    }
}
