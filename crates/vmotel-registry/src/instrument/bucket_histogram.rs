//! Handles of histograms with explicit bounds.

use std::fmt;

use crate::{
    series::Handle,
    store::{Explicit, Store as _},
};

/// A histogram with explicit bounds, which are inclusive, and a last bucket up to +Inf. Clones share the values.
#[derive(Clone)]
pub struct BucketHistogram(pub(crate) Handle<Explicit>);

impl BucketHistogram {
    /// Records an observation; returns false, and records nothing, if it is NaN, which the registry counts.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, value: f64) -> bool {
        let usable = !value.is_nan();
        if usable {
            self.0.store().record(self.0.shape(), self.0.at(), value);
        } else {
            self.0.refuse();
        }
        usable
    }

    /// Returns the number of observations in each bucket, not cumulative.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.0.store().read(self.0.shape(), self.0.at()).counts
    }

    /// Returns the sum of all observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.store().read(self.0.shape(), self.0.at()).sum
    }
}

impl fmt::Debug for BucketHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.0.store().read(self.0.shape(), self.0.at());
        f.debug_struct("BucketHistogram")
            .field("bounds", &self.0.shape().all)
            .field("counts", &read.counts)
            .field("sum", &read.sum)
            .finish()
    }
}
