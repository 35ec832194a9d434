//! The `le` labels of explicit bounds, rendered once for all series that share them.

use std::ops::Range;

use crate::number::{push_canonical, push_f64};

/// The labels `le="bound"} ` of the bounds seen last.
#[derive(Debug, Default)]
pub(crate) struct LeTexts {
    bounds: Vec<f64>,
    text: Vec<u8>,
    /// Where the text of each bound ends; that of a bound that has no line of its own is empty.
    ends: Vec<usize>,
}

/// Appends `le="bound"} `.
pub(crate) fn push_le(bound: f64, canonical: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"le=\"");
    if canonical {
        push_canonical(bound, out);
    } else {
        push_f64(bound, out);
    }
    out.extend_from_slice(b"\"} ");
}

impl LeTexts {
    /// Makes ready for the bounds of a series.
    ///
    /// A bound that is NaN, infinite upwards or not above the one before it gets no line: its count goes on to the next.
    #[inline]
    pub(crate) fn set(&mut self, bounds: &[f64], canonical: bool) {
        if self.bounds != bounds || self.ends.len() != bounds.len() {
            self.render(bounds, canonical);
        }
    }

    /// So many bytes are copied of each text, as a fixed number needs no call; nearly all are shorter.
    const COPIED: usize = 32;

    #[cold]
    fn render(&mut self, bounds: &[f64], canonical: bool) {
        self.bounds.clear();
        self.bounds.extend_from_slice(bounds);
        self.text.clear();
        self.ends.clear();
        let mut last = None;
        for &bound in bounds {
            if bound < f64::INFINITY && last.is_none_or(|last| bound > last) {
                last = Some(bound);
                push_le(bound, canonical, &mut self.text);
            }
            self.ends.push(self.text.len());
        }
        self.text.extend_from_slice(&[0; Self::COPIED]);
    }

    /// Returns the label of bound `index`, empty if it has no line.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        &self.text[self.range(index)]
    }

    /// Appends the label of bound `index`.
    #[inline]
    pub(crate) fn push(&self, index: usize, out: &mut Vec<u8>) {
        let range = self.range(index);
        match self.text[range.start..].first_chunk::<{ Self::COPIED }>() {
            Some(more) if range.len() <= Self::COPIED => {
                let end = out.len() + range.len();
                out.extend_from_slice(more);
                out.truncate(end);
            }
            _ => out.extend_from_slice(&self.text[range]),
        }
    }

    #[inline]
    fn range(&self, index: usize) -> Range<usize> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }

    /// Returns true if a bound is below zero.
    pub(crate) fn has_negative(&self) -> bool {
        self.bounds.iter().any(|&bound| bound < 0.0)
    }
}
