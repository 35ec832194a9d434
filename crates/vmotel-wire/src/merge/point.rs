//! Sums of points.

use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, Number, Point, Quantile, SummaryPoint,
    VmrangeBucket, VmrangePoint,
};

use crate::{
    exponential::{bound, downscaled},
    vmrange::parse_range,
};

/// A point with its own memory.
#[derive(Debug)]
pub(crate) enum OwnedPoint {
    Number(Number),
    Histogram {
        bounds: Vec<f64>,
        counts: Vec<u64>,
        sum: Option<f64>,
        count: u64,
    },
    Exponential(Exponential),
    Vmrange {
        buckets: Vec<(String, u64)>,
        sum: f64,
        count: u64,
    },
    Summary {
        quantiles: Vec<Quantile>,
        sum: f64,
        count: u64,
    },
}

#[derive(Debug)]
pub(crate) struct Exponential {
    scale: i32,
    zero_count: u64,
    zero_threshold: f64,
    positive: (i32, Vec<u64>),
    negative: (i32, Vec<u64>),
    sum: Option<f64>,
    count: u64,
}

impl OwnedPoint {
    pub(crate) fn new(point: &Point<'_>) -> Self {
        match *point {
            Point::Number(number) => Self::Number(number),
            Point::Histogram(point) => Self::Histogram {
                bounds: point.bounds.to_vec(),
                counts: point.counts.to_vec(),
                sum: point.sum,
                count: point.count,
            },
            Point::Exponential(point) => Self::Exponential(Exponential {
                scale: point.scale,
                zero_count: point.zero_count,
                zero_threshold: point.zero_threshold,
                positive: (point.positive.offset, point.positive.counts.to_vec()),
                negative: (point.negative.offset, point.negative.counts.to_vec()),
                sum: point.sum,
                count: point.count,
            }),
            Point::Vmrange(point) => Self::Vmrange {
                buckets: point
                    .buckets
                    .iter()
                    .map(|bucket| (bucket.range.to_owned(), bucket.count))
                    .collect(),
                sum: point.sum,
                count: point.count,
            },
            Point::Summary(point) => Self::Summary {
                quantiles: point.quantiles.to_vec(),
                sum: point.sum,
                count: point.count,
            },
            // A form that is newer than this crate; sinks count what they cannot take.
            _ => Self::Number(Number::F64(f64::NAN)),
        }
    }

    pub(crate) fn as_point<'a>(&'a self, ranges: &'a [VmrangeBucket<'a>]) -> Point<'a> {
        match self {
            Self::Number(number) => Point::Number(*number),
            Self::Histogram {
                bounds,
                counts,
                sum,
                count,
            } => Point::Histogram(HistogramPoint {
                bounds,
                counts,
                sum: *sum,
                count: *count,
            }),
            Self::Exponential(point) => Point::Exponential(point.as_point()),
            Self::Vmrange { sum, count, .. } => Point::Vmrange(VmrangePoint {
                buckets: ranges,
                sum: *sum,
                count: *count,
            }),
            Self::Summary {
                quantiles,
                sum,
                count,
            } => Point::Summary(SummaryPoint {
                quantiles,
                sum: *sum,
                count: *count,
            }),
        }
    }

    /// Adds a point; false, and nothing changed, if the two are of different forms.
    pub(super) fn add(&mut self, other: &Point<'_>) -> bool {
        match (self, *other) {
            (Self::Number(number), Point::Number(other)) => *number = add_numbers(*number, other),
            (
                Self::Histogram {
                    bounds,
                    counts,
                    sum,
                    count,
                },
                Point::Histogram(other),
            ) => {
                add_histograms(bounds, counts, &other);
                *sum = add_sums(*sum, other.sum);
                *count = count.saturating_add(other.count);
            }
            (Self::Exponential(point), Point::Exponential(other)) => point.add(&other),
            (Self::Vmrange { buckets, sum, count }, Point::Vmrange(other)) => {
                for bucket in other.buckets {
                    match buckets.iter_mut().find(|(range, _)| range == bucket.range) {
                        Some((_, count)) => *count = count.saturating_add(bucket.count),
                        None => buckets.push((bucket.range.to_owned(), bucket.count)),
                    }
                }
                let lower = |range: &str| parse_range(range).map_or(f64::INFINITY, |(lower, _)| lower);
                buckets.sort_by(|(a, _), (b, _)| lower(a).total_cmp(&lower(b)));
                *sum += other.sum;
                *count = count.saturating_add(other.count);
            }
            _ => return false,
        }
        true
    }
}

fn add_sums(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? + b?)
}

/// Adds two numbers: integers exactly, as long as the sum is one of 64 bits.
fn add_numbers(a: Number, b: Number) -> Number {
    let exact = |number| match number {
        Number::U64(n) => Some(i128::from(n)),
        Number::I64(n) => Some(i128::from(n)),
        Number::F64(_) => None,
    };
    let double = |number| match number {
        Number::U64(n) => n as f64,
        Number::I64(n) => n as f64,
        Number::F64(value) => value,
    };
    if let (Some(a), Some(b)) = (exact(a), exact(b)) {
        if let Ok(sum) = u64::try_from(a + b) {
            return Number::U64(sum);
        }
        if let Ok(sum) = i64::try_from(a + b) {
            return Number::I64(sum);
        }
    }
    Number::F64(double(a) + double(b))
}

/// Adds a histogram; where the bounds differ, those that both have remain, and counts up to each stay exact.
fn add_histograms(bounds: &mut Vec<f64>, counts: &mut Vec<u64>, other: &HistogramPoint<'_>) {
    if bounds == other.bounds && counts.len() == other.counts.len() {
        for (count, other) in counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(*other);
        }
        return;
    }
    let common: Vec<f64> = bounds
        .iter()
        .copied()
        .filter(|bound| other.bounds.contains(bound))
        .collect();
    let mut sums = coarsened(bounds, counts, &common);
    for (sum, other) in sums
        .iter_mut()
        .zip(coarsened(other.bounds, other.counts, &common))
    {
        *sum = sum.saturating_add(other);
    }
    *bounds = common;
    *counts = sums;
}

/// Returns the counts under some of the bounds only.
fn coarsened(bounds: &[f64], counts: &[u64], common: &[f64]) -> Vec<u64> {
    let mut sums = vec![0u64; common.len() + 1];
    let mut at = 0;
    for (index, count) in counts.iter().enumerate() {
        sums[at] = sums[at].saturating_add(*count);
        if at < common.len() && bounds.get(index) == Some(&common[at]) {
            at += 1;
        }
    }
    sums
}

impl Exponential {
    fn as_point(&self) -> ExponentialPoint<'_> {
        ExponentialPoint {
            scale: self.scale,
            zero_count: self.zero_count,
            zero_threshold: self.zero_threshold,
            positive: ExponentialBuckets {
                offset: self.positive.0,
                counts: &self.positive.1,
            },
            negative: ExponentialBuckets {
                offset: self.negative.0,
                counts: &self.negative.1,
            },
            sum: self.sum,
            count: self.count,
        }
    }

    /// Adds at the coarser of both scales and the larger of both zero thresholds.
    fn add(&mut self, other: &ExponentialPoint<'_>) {
        let scale = self.scale.min(other.scale);
        let run =
            |from: i32, buckets: ExponentialBuckets<'_>| downscaled(buckets, (from - scale).unsigned_abs());
        let own = self.as_point();
        let positive = add_runs(run(self.scale, own.positive), run(other.scale, other.positive));
        let negative = add_runs(run(self.scale, own.negative), run(other.scale, other.negative));
        self.scale = scale;
        self.positive = positive;
        self.negative = negative;
        self.zero_count = self.zero_count.saturating_add(other.zero_count);
        self.sum = add_sums(self.sum, other.sum);
        self.count = self.count.saturating_add(other.count);
        let threshold = self.zero_threshold.max(other.zero_threshold);
        if self.zero_threshold != other.zero_threshold {
            // A bucket that reaches below the threshold is zero as a whole, and the threshold rises to its end.
            self.zero_threshold = threshold;
            while self.fold_into_zero() {}
        }
    }

    /// Moves the lowest buckets below the threshold to zero; true if the threshold rose by that.
    fn fold_into_zero(&mut self) -> bool {
        let mut risen = self.zero_threshold;
        for (offset, counts) in [&mut self.positive, &mut self.negative] {
            let below = counts
                .iter()
                .enumerate()
                .take_while(|&(at, _)| {
                    bound(self.scale, i64::from(*offset) + at as i64) < self.zero_threshold
                })
                .count();
            for (at, count) in counts.drain(..below).enumerate() {
                self.zero_count = self.zero_count.saturating_add(count);
                if count > 0 {
                    risen = risen.max(bound(self.scale, i64::from(*offset) + at as i64 + 1));
                }
            }
            *offset = offset.saturating_add(below as i32);
        }
        let rose = risen > self.zero_threshold;
        self.zero_threshold = risen;
        rose
    }
}

/// Adds two runs of buckets of one scale.
fn add_runs(a: (i32, Vec<u64>), b: (i32, Vec<u64>)) -> (i32, Vec<u64>) {
    let (low, mut sums, high, counts) = match (a.1.is_empty(), b.1.is_empty()) {
        (true, _) => return b,
        (_, true) => return a,
        _ if a.0 <= b.0 => (a.0, a.1, b.0, b.1),
        _ => (b.0, b.1, a.0, a.1),
    };
    let gap = (i64::from(high) - i64::from(low)) as usize;
    if sums.len() < gap + counts.len() {
        sums.resize(gap + counts.len(), 0);
    }
    for (sum, count) in sums[gap..].iter_mut().zip(counts) {
        *sum = sum.saturating_add(count);
    }
    (low, sums)
}
