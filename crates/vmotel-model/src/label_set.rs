//! Labels of a series, seen without a copy.

use std::fmt;

/// The labels of a series: sorted by name, distinct, without empty values.
///
/// A trait and not a slice, so that a source that keeps ready text need not build the pairs unless a sink asks.
pub trait LabelSet: fmt::Debug {
    /// Calls `f` with each name and value (unescaped) in order.
    fn for_each(&self, f: &mut dyn FnMut(&str, &str));

    /// Returns the number of labels.
    fn len(&self) -> usize {
        let mut n = 0;
        self.for_each(&mut |_, _| n += 1);
        n
    }

    /// Returns true if there is no label.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A slice of pairs as a [`LabelSet`].
///
/// ```
/// use vmotel_model::{LabelSet, Pairs};
///
/// let labels = Pairs(&[("method", "GET"), ("path", "/")]);
/// assert_eq!(labels.len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs<'a>(pub &'a [(&'a str, &'a str)]);

impl LabelSet for Pairs<'_> {
    fn for_each(&self, f: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.0 {
            f(name, value);
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
