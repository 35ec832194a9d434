//! The limits of the server, behind which it drops series without an error.

use vmotel_model::{
    LabelSet, SeriesText,
    limits::{MAX_LABEL_NAME_BYTES, MAX_LABEL_VALUE_BYTES, MAX_LABELS},
};

use crate::RejectReason;

/// The fewest bytes of a label in text, with what separates it from the next: `a="b",`.
const SHORTEST: usize = 6;

/// What of a series' labels the server limits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    pub(crate) count: usize,
    name: usize,
    value: usize,
}

impl Limits {
    /// Returns true if a series with ready text is known to be within them, beside so many other labels; the name with it.
    #[inline]
    pub(crate) fn are_kept(text: &SeriesText<'_>, others: usize) -> bool {
        let len = text.text_len();
        if len > MAX_LABEL_VALUE_BYTES {
            return false;
        }
        match text.size() {
            Some(size) => {
                size.count.saturating_add(others) <= MAX_LABELS && size.longest_name <= MAX_LABEL_NAME_BYTES
            }
            None => len <= MAX_LABEL_NAME_BYTES && (len / SHORTEST).saturating_add(others) <= MAX_LABELS,
        }
    }

    pub(crate) fn of(labels: &dyn LabelSet) -> Self {
        let mut limits = Self::default();
        labels.for_each(&mut |name, value| limits.add(name, value));
        limits
    }

    #[inline]
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.count += 1;
        self.name = self.name.max(name.len());
        self.value = self.value.max(value.len());
    }

    /// Checks them, with so many labels that are added.
    pub(crate) fn check(&self, others: usize) -> Result<(), RejectReason> {
        let labels = self.count.saturating_add(others);
        if labels > MAX_LABELS {
            Err(RejectReason::TooManyLabels { labels })
        } else if self.name > MAX_LABEL_NAME_BYTES {
            Err(RejectReason::LongLabelName { bytes: self.name })
        } else if self.value > MAX_LABEL_VALUE_BYTES {
            Err(RejectReason::LongLabelValue { bytes: self.value })
        } else {
            Ok(())
        }
    }
}
