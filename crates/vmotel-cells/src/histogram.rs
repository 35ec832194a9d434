//! Histograms with explicit bounds.

use std::{fmt, sync::Arc};

use crate::{cells::Run, handle::Handle};

/// Up to this many bounds, counting all of them without a branch beats a binary search.
const LINEAR: usize = 16;

/// Partial sums of a histogram, chosen by bucket: adds to different ones need not wait for each other.
pub(crate) const SUMS: usize = 4;

/// The bounds of a histogram cannot be used.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BoundsError {
    /// A bound is NaN or infinite.
    NotFinite {
        /// The bound.
        bound: f64,
    },
    /// A bound is not greater than the one before it.
    NotAscending {
        /// The bound.
        bound: f64,
        /// The one before it.
        previous: f64,
    },
}

impl BoundsError {
    pub(crate) fn check(bounds: &[f64]) -> Result<(), Self> {
        if let Some(&bound) = bounds.iter().find(|bound| !bound.is_finite()) {
            return Err(Self::NotFinite { bound });
        }
        match bounds.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(Self::NotAscending {
                bound: pair[1],
                previous: pair[0],
            }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for BoundsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { bound } => write!(f, "histogram bound {bound}: expected a finite number"),
            Self::NotAscending { bound, previous } => {
                write!(
                    f,
                    "histogram bound {bound}: expected more than the bound before it, {previous}"
                )
            }
        }
    }
}

impl std::error::Error for BoundsError {}

/// A histogram with explicit upper bounds (inclusive) and a last bucket up to +Inf.
///
/// Clones share the values.
///
/// # Examples
/// ```
/// use vmotel_cells::Cells;
///
/// let latency = Cells::new().histogram([0.1, 1.0])?;
/// [0.05, 0.1, 0.5, 7.0].map(|seconds| latency.record(seconds));
///
/// let snapshot = latency.snapshot();
/// assert_eq!(snapshot.counts(), [2, 1, 1]);
/// assert_eq!(snapshot.sum(), 7.65);
/// # Ok::<(), vmotel_cells::BoundsError>(())
/// ```
#[derive(Clone)]
pub struct Histogram {
    handle: Handle,
    bounds: Arc<[f64]>,
}

impl Histogram {
    pub(crate) fn new(run: Arc<Run>, bounds: Arc<[f64]>) -> Self {
        Self {
            handle: Handle::new(run),
            bounds,
        }
    }

    /// Records one observation; returns false, and records nothing, if it is NaN.
    ///
    /// An infinite observation is counted and makes the sum infinite, as in the Prometheus clients.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, value: f64) -> bool {
        self.record_weighted(value, 1)
    }

    /// Records an observation that stands for `weight` equal ones; returns false, and records nothing, if it is NaN.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a weight beyond 2^53 is not exact in a sum of doubles either"
    )]
    pub fn record_weighted(&self, value: f64, weight: u64) -> bool {
        if value.is_nan() {
            return false;
        }
        let bucket = self.bucket(value);
        self.handle
            .update(bucket, move |count| count.wrapping_add(weight));
        let sum = self.bounds.len() + 1 + bucket % SUMS;
        self.handle.update(sum, move |bits| {
            (f64::from_bits(bits) + value * weight as f64).to_bits()
        });
        true
    }

    #[inline]
    fn bucket(&self, value: f64) -> usize {
        if self.bounds.len() <= LINEAR {
            self.bounds.iter().map(|bound| usize::from(value > *bound)).sum()
        } else {
            self.bounds.partition_point(|bound| value > *bound)
        }
    }

    /// Adds the difference of two snapshots of a histogram with as many buckets; surplus buckets are ignored.
    pub fn absorb(&self, now: &HistogramSnapshot, before: &HistogramSnapshot) {
        let buckets = self.bounds.len() + 1;
        for (bucket, (now, before)) in now.counts.iter().zip(&before.counts).take(buckets).enumerate() {
            self.handle
                .update(bucket, move |count| count.wrapping_add(now.wrapping_sub(*before)));
        }
        self.handle.update(buckets, |bits| {
            (f64::from_bits(bits) + now.sum - before.sum).to_bits()
        });
    }

    /// Returns the upper bounds, without the last one, +Inf.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Returns the values of all buckets and the sum.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        let mut counts = Vec::with_capacity(self.bounds.len() + 1);
        let sum = self.read(&mut counts);
        HistogramSnapshot { counts, sum }
    }

    /// Reads the count of each bucket (not cumulative) into `counts`, which is cleared first, and returns the sum.
    pub fn read(&self, counts: &mut Vec<u64>) -> f64 {
        counts.clear();
        let buckets = self.bounds.len() + 1;
        counts.extend((0..buckets).map(|index| self.handle.fold(index, |bits| bits, u64::wrapping_add)));
        (buckets..buckets + SUMS)
            .map(|index| self.handle.fold(index, f64::from_bits, |a, b| a + b))
            .sum()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("bounds", &self.bounds)
            .field("value", &self.snapshot())
            .finish()
    }
}

/// The values of a histogram at one read.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramSnapshot {
    counts: Vec<u64>,
    sum: f64,
}

impl HistogramSnapshot {
    /// Returns the count of each bucket, not cumulative; the last one is the bucket up to +Inf.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the sum of all observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Returns the number of all observations: the sum of the counts.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |total, count| total.wrapping_add(*count))
    }
}
