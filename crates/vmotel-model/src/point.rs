//! The values of series.

/// A number as it was recorded: integers stay exact beyond 2^53.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An unsigned integer.
    U64(u64),
    /// A signed integer.
    I64(i64),
    /// A double.
    F64(f64),
}

/// The value of one series at one collection.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Point<'a> {
    /// The value of a counter, an up-down counter, a gauge or an unknown.
    Number(Number),
    /// A histogram with explicit bounds.
    Histogram(HistogramPoint<'a>),
    /// A base-2 exponential histogram.
    Exponential(ExponentialPoint<'a>),
    /// A histogram in VictoriaMetrics' `vmrange` buckets.
    Vmrange(VmrangePoint<'a>),
    /// Quantiles over a window, with sum and count.
    Summary(SummaryPoint<'a>),
}

/// A histogram with explicit bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramPoint<'a> {
    /// Upper bounds (inclusive), ascending, finite; the last bucket, up to +Inf, has none.
    pub bounds: &'a [f64],
    /// Observations per bucket, not cumulative: one more than there are bounds.
    pub counts: &'a [u64],
    /// The sum of all observations, where it is kept.
    pub sum: Option<f64>,
    /// The number of all observations.
    pub count: u64,
}

/// A base-2 exponential histogram: bucket `i` holds values in `(2^(i/2^scale), 2^((i+1)/2^scale)]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialPoint<'a> {
    /// The resolution, -10 to 20.
    pub scale: i32,
    /// Observations whose magnitude is at most `zero_threshold`.
    pub zero_count: u64,
    /// The largest magnitude that counts as zero.
    pub zero_threshold: f64,
    /// Buckets of positive values.
    pub positive: ExponentialBuckets<'a>,
    /// Buckets of negative values, by magnitude.
    pub negative: ExponentialBuckets<'a>,
    /// The sum of all observations, where it is kept.
    pub sum: Option<f64>,
    /// The number of all observations.
    pub count: u64,
}

/// A run of buckets of an exponential histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExponentialBuckets<'a> {
    /// The index of the first bucket.
    pub offset: i32,
    /// Observations per bucket, not cumulative.
    pub counts: &'a [u64],
}

/// A histogram in VictoriaMetrics' `vmrange` buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VmrangePoint<'a> {
    /// The non-empty buckets, ascending.
    pub buckets: &'a [VmrangeBucket<'a>],
    /// The sum of all observations.
    pub sum: f64,
    /// The number of all observations.
    pub count: u64,
}

/// One `vmrange` bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmrangeBucket<'a> {
    /// The value of the label, such as `1.000e+00...1.136e+00`.
    pub range: &'a str,
    /// Observations in this bucket, not cumulative.
    pub count: u64,
}

/// Quantiles over a window, with sum and count since the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SummaryPoint<'a> {
    /// The quantiles, ascending.
    pub quantiles: &'a [Quantile],
    /// The sum of all observations.
    pub sum: f64,
    /// The number of all observations.
    pub count: u64,
}

/// One quantile of a summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// The quantile, 0 to 1.
    pub quantile: f64,
    /// The value at the quantile; NaN if the window is empty.
    pub value: f64,
}
