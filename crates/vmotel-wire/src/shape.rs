//! What a series becomes in binary formats: the same samples as in text.

use vmotel_model::{ExponentialPoint, HistogramPoint, Kind, Number, Point, SummaryPoint, VmrangePoint};

use crate::{
    Exponential, PushConfig, Skipped,
    exponential::for_each_bucket,
    vmrange::{parse_range, push_range},
};

/// A series on its way out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape<'a> {
    Number(Number),
    Explicit(Explicit<'a>),
    Ranges(Ranges<'a>),
    Native(&'a ExponentialPoint<'a>),
    Summary(&'a SummaryPoint<'a>),
}

/// A histogram whose bounds ascend and whose counts are one more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explicit<'a> {
    pub(crate) bounds: &'a [f64],
    pub(crate) counts: &'a [u64],
    pub(crate) sum: Option<f64>,
    pub(crate) count: u64,
}

/// A histogram in `vmrange` buckets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ranges<'a> {
    Exponential(&'a ExponentialPoint<'a>),
    Vmrange(&'a VmrangePoint<'a>),
}

/// Memory of conversions, reused.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    buckets: Vec<(f64, u64)>,
}

impl<'a> Shape<'a> {
    /// Returns what a point becomes, or none, counted, if it has no value or is not of its family's type.
    ///
    /// `native` tells whether the format has exponential histograms.
    #[inline]
    pub(crate) fn of(
        kind: Kind,
        point: &'a Point<'a>,
        config: &PushConfig,
        native: bool,
        stale: bool,
        scratch: &'a mut Scratch,
        skipped: &mut Skipped,
    ) -> Option<Self> {
        Some(match (kind, point) {
            (Kind::Counter | Kind::UpDownCounter | Kind::Gauge | Kind::Unknown, Point::Number(number)) => {
                if let Number::F64(value) = number
                    && value.is_nan()
                    && !stale
                {
                    skipped.nan += 1;
                    return None;
                }
                Self::Number(*number)
            }
            (Kind::Histogram, Point::Histogram(point)) => Self::Explicit(scratch.explicit(point)),
            (Kind::Histogram, Point::Exponential(point)) if native => Self::Native(point),
            (Kind::Histogram, Point::Exponential(point)) => match &config.exponential {
                Exponential::Fixed(bounds) => {
                    scratch.buckets.clear();
                    let buckets = &mut scratch.buckets;
                    for_each_bucket(point, |_, upper, count| buckets.push((upper, count)));
                    Self::Explicit(scratch.fixed(bounds, point.sum, point.count))
                }
                Exponential::Vmrange => Self::Ranges(Ranges::Exponential(point)),
            },
            (Kind::Histogram, Point::Vmrange(point)) => match &config.exponential {
                Exponential::Fixed(bounds) => {
                    scratch.buckets.clear();
                    for bucket in point.buckets {
                        let upper = parse_range(bucket.range).map_or(f64::INFINITY, |(_, upper)| upper);
                        scratch.buckets.push((upper, bucket.count));
                    }
                    scratch.buckets.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                    Self::Explicit(scratch.fixed(bounds, Some(point.sum), point.count))
                }
                Exponential::Vmrange => Self::Ranges(Ranges::Vmrange(point)),
            },
            (Kind::Summary, Point::Summary(point)) => Self::Summary(point),
            _ => {
                skipped.mismatched += 1;
                return None;
            }
        })
    }

    /// Returns the label that the type adds, empty if it adds none.
    pub(crate) const fn own(&self) -> &'static str {
        match self {
            Self::Number(_) => "",
            Self::Explicit(_) => "le",
            Self::Ranges(_) | Self::Native(_) => "vmrange",
            Self::Summary(_) => "quantile",
        }
    }
}

impl Scratch {
    /// Takes a histogram as it is if it keeps its contract.
    ///
    /// Else a bound that is NaN, infinite upwards or not above the one before it goes, and its count goes on to the next.
    #[inline]
    fn explicit<'a>(&'a mut self, point: &'a HistogramPoint<'a>) -> Explicit<'a> {
        let ascending = point.bounds.windows(2).all(|pair| pair[0] < pair[1])
            && point.bounds.first().is_none_or(|bound| !bound.is_nan())
            && point.bounds.last().is_none_or(|&bound| bound < f64::INFINITY);
        if ascending && point.counts.len() == point.bounds.len() + 1 {
            return Explicit {
                bounds: point.bounds,
                counts: point.counts,
                sum: point.sum,
                count: total(point.counts),
            };
        }
        self.bounds.clear();
        self.counts.clear();
        let mut before = 0u64;
        for (index, &bound) in point.bounds.iter().enumerate() {
            before = before.saturating_add(point.counts.get(index).copied().unwrap_or(0));
            if bound < f64::INFINITY && self.bounds.last().is_none_or(|&last| bound > last) {
                self.bounds.push(bound);
                self.counts.push(std::mem::take(&mut before));
            }
        }
        match point.counts.get(point.bounds.len()..) {
            Some(rest @ [_, ..]) => self.counts.push(before.saturating_add(total(rest))),
            _ => {
                let known = total(&self.counts);
                self.counts.push(before.max(point.count.saturating_sub(known)));
            }
        }
        Explicit {
            bounds: &self.bounds,
            counts: &self.counts,
            sum: point.sum,
            count: total(&self.counts),
        }
    }

    /// Brings the collected buckets under other bounds; one counts below a bound only if it lies below it whole.
    fn fixed(&mut self, bounds: &[f64], sum: Option<f64>, count: u64) -> Explicit<'_> {
        self.bounds.clear();
        self.counts.clear();
        let mut rest = self.buckets.as_slice();
        for &bound in bounds {
            if bound < f64::INFINITY && self.bounds.last().is_none_or(|&last| bound > last) {
                let below = rest.partition_point(|&(upper, _)| upper <= bound);
                self.bounds.push(bound);
                self.counts.push(
                    rest[..below]
                        .iter()
                        .fold(0, |sum, &(_, count)| sum.saturating_add(count)),
                );
                rest = &rest[below..];
            }
        }
        let known = total(&self.counts);
        let above = rest
            .iter()
            .fold(0u64, |sum, &(_, count)| sum.saturating_add(count));
        self.counts.push(above.max(count.saturating_sub(known)));
        Explicit {
            bounds: &self.bounds,
            counts: &self.counts,
            sum,
            count: total(&self.counts),
        }
    }
}

fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &count| sum.saturating_add(count))
}

impl Ranges<'_> {
    /// Calls `f` with the label value and the count of each bucket that is not empty.
    pub(crate) fn for_each(&self, text: &mut Vec<u8>, mut f: impl FnMut(&[u8], u64)) {
        match self {
            Self::Exponential(point) => for_each_bucket(point, |lower, upper, count| {
                text.clear();
                push_range(lower, upper, text);
                f(text, count);
            }),
            Self::Vmrange(point) => {
                for bucket in point.buckets.iter().filter(|bucket| bucket.count > 0) {
                    f(bucket.range.as_bytes(), bucket.count);
                }
            }
        }
    }

    pub(crate) const fn count(&self) -> u64 {
        match self {
            Self::Exponential(point) => point.count,
            Self::Vmrange(point) => point.count,
        }
    }

    pub(crate) const fn sum(&self) -> Option<f64> {
        match self {
            Self::Exponential(point) => point.sum,
            Self::Vmrange(point) => Some(point.sum),
        }
    }
}

/// Returns a sum that can be stored; one that is NaN is counted and left out.
pub(crate) fn stored_sum(sum: Option<f64>, stale: bool, skipped: &mut Skipped) -> Option<f64> {
    match sum {
        Some(sum) if sum.is_nan() && !stale => {
            skipped.nan += 1;
            None
        }
        sum => sum,
    }
}

/// Returns true if a quantile can be stored; one that is not is counted.
pub(crate) fn stored_quantile(quantile: f64, value: f64, stale: bool, skipped: &mut Skipped) -> bool {
    if !(0.0..=1.0).contains(&quantile) {
        skipped.invalid += 1;
        return false;
    }
    if value.is_nan() && !stale {
        skipped.nan += 1;
        return false;
    }
    true
}

/// Returns a number as the server keeps it.
pub(crate) fn as_f64(number: Number) -> f64 {
    match number {
        Number::U64(n) => n as f64,
        Number::I64(n) => n as f64,
        Number::F64(value) => value,
    }
}
