//! Differences of points.

use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, Number, Point, VmrangeBucket, VmrangePoint,
};

use crate::{exponential::downscaled, merge::point::OwnedPoint, shape::as_f64};

/// Returns what was added to a number; all of it, if it has become smaller.
pub(super) fn difference(before: Number, now: Number) -> Number {
    let exact = |number| match number {
        Number::U64(n) => Some(i128::from(n)),
        Number::I64(n) => Some(i128::from(n)),
        Number::F64(_) => None,
    };
    if let (Some(before), Some(after)) = (exact(before), exact(now)) {
        return u64::try_from(after - before).map_or(now, Number::U64);
    }
    let delta = as_f64(now) - as_f64(before);
    // Also where both are infinite.
    if delta >= 0.0 { Number::F64(delta) } else { now }
}

/// Calls `f` with what was added to a histogram; with all of it, if it is of another form or has become smaller.
pub(super) fn with_difference(before: &OwnedPoint, now: &Point<'_>, f: &mut dyn FnMut(Point<'_>)) {
    match (before, now) {
        (OwnedPoint::Histogram { .. }, Point::Histogram(now)) => {
            let Point::Histogram(before) = before.as_point(&[]) else {
                return f(Point::Histogram(*now));
            };
            match explicit(&before, now) {
                Some(counts) => f(Point::Histogram(HistogramPoint {
                    bounds: now.bounds,
                    count: now.count - before.count,
                    sum: sum(before.sum, now.sum),
                    counts: &counts,
                })),
                None => f(Point::Histogram(*now)),
            }
        }
        (OwnedPoint::Exponential(_), Point::Exponential(now)) => {
            let Point::Exponential(before) = before.as_point(&[]) else {
                return f(Point::Exponential(*now));
            };
            match exponential(&before, now) {
                Some([positive, negative]) => {
                    f(Point::Exponential(ExponentialPoint {
                        positive: ExponentialBuckets {
                            offset: now.positive.offset,
                            counts: &positive,
                        },
                        negative: ExponentialBuckets {
                            offset: now.negative.offset,
                            counts: &negative,
                        },
                        zero_count: now.zero_count - before.zero_count,
                        count: now.count - before.count,
                        sum: sum(before.sum, now.sum),
                        ..*now
                    }));
                }
                None => f(Point::Exponential(*now)),
            }
        }
        (
            OwnedPoint::Vmrange {
                buckets,
                sum: before,
                count,
            },
            Point::Vmrange(now),
        ) => match ranges(buckets, now).filter(|_| now.count >= *count) {
            Some(buckets) => f(Point::Vmrange(VmrangePoint {
                buckets: &buckets,
                sum: now.sum - before,
                count: now.count - count,
            })),
            None => f(Point::Vmrange(*now)),
        },
        (_, now) => f(*now),
    }
}

fn sum(before: Option<f64>, now: Option<f64>) -> Option<f64> {
    Some(now? - before?)
}

fn explicit(before: &HistogramPoint<'_>, now: &HistogramPoint<'_>) -> Option<Vec<u64>> {
    let is_same = before.bounds == now.bounds && before.counts.len() == now.counts.len();
    if !is_same || now.count < before.count {
        return None;
    }
    let counts = now.counts.iter().zip(before.counts);
    counts.map(|(now, before)| now.checked_sub(*before)).collect()
}

/// Returns the buckets of both signs, at the offsets of now; the scale may have become coarser in between.
fn exponential(before: &ExponentialPoint<'_>, now: &ExponentialPoint<'_>) -> Option<[Vec<u64>; 2]> {
    let is_same = before.zero_threshold == now.zero_threshold && before.scale >= now.scale;
    if !is_same || now.count < before.count || now.zero_count < before.zero_count {
        return None;
    }
    let shift = (before.scale - now.scale).unsigned_abs();
    let run = |before, now: ExponentialBuckets<'_>| {
        let (offset, counts) = downscaled(before, shift);
        let mut deltas = now.counts.to_vec();
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let index = i64::from(offset) + at as i64 - i64::from(now.offset);
            let delta = deltas.get_mut(usize::try_from(index).ok()?)?;
            *delta = delta.checked_sub(*count)?;
        }
        Some(deltas)
    };
    Some([
        run(before.positive, now.positive)?,
        run(before.negative, now.negative)?,
    ])
}

fn ranges<'a>(before: &[(String, u64)], now: &VmrangePoint<'a>) -> Option<Vec<VmrangeBucket<'a>>> {
    let mut deltas = now.buckets.to_vec();
    for (range, count) in before.iter().filter(|(_, count)| *count > 0) {
        let delta = deltas.iter_mut().find(|bucket| bucket.range == range)?;
        delta.count = delta.count.checked_sub(*count)?;
    }
    deltas.retain(|bucket| bucket.count > 0);
    Some(deltas)
}
