//! Samples in blocks.

use std::sync::LazyLock;

use crate::Labels;

/// The mark of a series that has ended, as VictoriaMetrics and Prometheus store it: a NaN with these bits.
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Returns true for the mark of a series that has ended.
///
/// # Examples
/// ```
/// use vmotel_query::{STALE_NAN, is_stale};
///
/// assert!(is_stale(STALE_NAN) && !is_stale(f64::NAN));
/// ```
#[must_use]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN.to_bits()
}

/// Consecutive samples of one series; a series may come in several blocks.
///
/// Cloning the labels is cheap; everything else is overwritten by the next block.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Block<'a> {
    /// The labels of the series.
    pub labels: &'a Labels,
    /// Whether the series begins here. With native exports, and with
    /// [`ExportQuery::reduce_mem_usage`](crate::ExportQuery::reduce_mem_usage), a series may begin several times.
    pub first: bool,
    /// The times, in milliseconds since 1970.
    pub times: &'a [i64],
    /// The values, as many as times; [`STALE_NAN`] marks the end of a series.
    pub values: &'a [f64],
}

static NO_LABELS: LazyLock<Labels> = LazyLock::new(Labels::default);

impl Block<'_> {
    /// Returns a block without samples.
    pub(crate) fn empty() -> Self {
        Self {
            labels: &NO_LABELS,
            first: false,
            times: &[],
            values: &[],
        }
    }
}

/// What a decoder has to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// It has used all of the input and needs more.
    NeedsInput,
    /// A block is ready, and some input may be left.
    Block,
}
