//! Base-2 exponential histograms: exact downscaling, bounds, and the buckets in order.

use vmotel_model::{ExponentialBuckets, ExponentialPoint};

/// The finest scale that is rendered: `vmrange` has four digits, and buckets of a finer scale would share labels.
pub(crate) const MAX_SCALE: i32 = 5;

/// Calls `f` with lower bound, upper bound and count of every bucket that is not empty, ascending, at a scale of at most
/// [`MAX_SCALE`].
pub(crate) fn for_each_bucket(point: &ExponentialPoint<'_>, mut f: impl FnMut(f64, f64, u64)) {
    let scale = point.scale.min(MAX_SCALE);
    let shift = (point.scale - scale).unsigned_abs();
    let limits = limits(scale);
    let lower = |index| {
        if index == limits.0 {
            0.0
        } else {
            bound(scale, index)
        }
    };
    for_each_index(point.negative, shift, limits, true, |index, count| {
        f(-bound(scale, index + 1), -lower(index), count);
    });
    if point.zero_count > 0 {
        f(-point.zero_threshold, point.zero_threshold, point.zero_count);
    }
    for_each_index(point.positive, shift, limits, false, |index, count| {
        f(lower(index), bound(scale, index + 1), count);
    });
}

/// Returns the first and last bucket that doubles can be in; denormal numbers, which the server takes for zero, are all in the first.
fn limits(scale: i32) -> (i64, i64) {
    if scale >= 0 {
        ((-1022 << scale) - 1, (1024 << scale) - 1)
    } else {
        let shift = (-scale).min(40);
        (-1023 >> shift, 1023 >> shift)
    }
}

/// Calls `f` with index and count of every bucket that is not empty, after dividing indexes by `2^shift` and bringing them
/// within `limits`.
pub(crate) fn for_each_index(
    buckets: ExponentialBuckets<'_>,
    shift: u32,
    (first, last): (i64, i64),
    backwards: bool,
    mut f: impl FnMut(i64, u64),
) {
    let shift = shift.min(62);
    let mut current = 0;
    let mut sum = 0u64;
    let mut step = |at: usize| {
        let count = buckets.counts[at];
        if count == 0 {
            return;
        }
        let index = (i64::from(buckets.offset) + at as i64) >> shift;
        let index = index.clamp(first, last);
        if index != current {
            if sum > 0 {
                f(current, sum);
            }
            current = index;
            sum = 0;
        }
        sum = sum.saturating_add(count);
    };
    if backwards {
        (0..buckets.counts.len()).rev().for_each(&mut step);
    } else {
        (0..buckets.counts.len()).for_each(&mut step);
    }
    if sum > 0 {
        f(current, sum);
    }
}

/// Returns the lower bound of bucket `index`: `2^(index / 2^scale)`; zero or infinite beyond the doubles.
pub(crate) fn bound(scale: i32, index: i64) -> f64 {
    if scale <= 0 {
        return power_of_two(index.saturating_mul(1i64 << (-scale).min(40)));
    }
    let per_octave = 1i64 << scale;
    let fraction = (index.rem_euclid(per_octave)) as f64 / per_octave as f64;
    let octave = index.div_euclid(per_octave);
    if octave < -1022 {
        return power_of_two(octave + 60) * fraction.exp2() * power_of_two(-60);
    }
    power_of_two(octave) * fraction.exp2()
}

fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        1024.. => f64::INFINITY,
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        -1074..=-1023 => f64::from_bits(1 << (exponent + 1074)),
        _ => 0.0,
    }
}

/// Divides the scale of a run of buckets by `2^shift`, exactly.
pub(crate) fn downscaled(buckets: ExponentialBuckets<'_>, shift: u32) -> (i32, Vec<u64>) {
    let mut offset = None;
    let mut counts: Vec<u64> = Vec::new();
    for_each_index(buckets, shift, (i64::MIN, i64::MAX), false, |index, count| {
        let first = *offset.get_or_insert(index);
        counts.resize((index - first) as usize, 0);
        counts.push(count);
    });
    (offset.unwrap_or(0) as i32, counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_powers() {
        let check = |scale, index, expected: f64| {
            let bound = bound(scale, index);
            assert!(
                bound == expected || ((bound - expected) / expected).abs() < 1e-15,
                "scale {scale} index {index}: {bound:e}, expected {expected:e}"
            );
        };
        check(0, 0, 1.0);
        check(0, 10, 1024.0);
        check(0, -1, 0.5);
        check(1, 1, std::f64::consts::SQRT_2);
        check(1, -1, std::f64::consts::FRAC_1_SQRT_2);
        check(3, -8, 0.5);
        check(-2, 1, 16.0);
        check(-10, 1, f64::INFINITY);
        check(-10, -2, 0.0);
        check(0, -1074, 5e-324);
        check(5, 32 * 1024, f64::INFINITY);
        check(5, -32 * 1030, 2f64.powi(-1000) * 2f64.powi(-30));
        for index in -2000..2000 {
            check(5, index, 2f64.powf(index as f64 / 32.0));
        }
    }

    #[test]
    fn buckets_beyond_the_doubles_are_one() {
        for (scale, offset) in [
            (3, 9000),
            (3, -9000),
            (-4, 100),
            (-4, -100),
            (5, i32::MAX - 2),
            (-10, i32::MIN),
        ] {
            let buckets = ExponentialBuckets {
                offset,
                counts: &[1, 2, 3],
            };
            let none = ExponentialBuckets::default();
            let point = |positive, negative| ExponentialPoint {
                scale,
                zero_count: 0,
                zero_threshold: 0.0,
                positive,
                negative,
                sum: None,
                count: 6,
            };
            for point in [point(buckets, none), point(none, buckets)] {
                let mut seen = Vec::new();
                for_each_bucket(&point, |lower, upper, count| {
                    assert!(lower < upper);
                    seen.push(count);
                });
                assert_eq!(seen, [6], "scale {scale} offset {offset}");
            }
        }
    }

    #[test]
    fn buckets_come_in_order_and_keep_every_count() {
        let point = ExponentialPoint {
            scale: 6,
            zero_count: 7,
            zero_threshold: 0.001,
            positive: ExponentialBuckets {
                offset: -3,
                counts: &[1, 2, 0, 3, 4],
            },
            negative: ExponentialBuckets {
                offset: 0,
                counts: &[5, 6, 7],
            },
            sum: None,
            count: 35,
        };
        let mut seen = Vec::new();
        for_each_bucket(&point, |lower, upper, count| {
            assert!(lower < upper);
            assert!(
                seen.last()
                    .is_none_or(|&(_, last, _): &(f64, f64, u64)| last <= lower)
            );
            seen.push((lower, upper, count));
        });
        let counts: Vec<_> = seen.iter().map(|&(_, _, count)| count).collect();
        // Indexes -3 -2 | -1 0 | 1 become -2 -1 -1 0 0 by halving; of the negative ones 0 1 | 2 become 0 0 1.
        assert_eq!(counts, [7, 11, 7, 1, 2, 7]);
        assert_eq!(downscaled(point.positive, 1), (-2, vec![1, 2, 7]));
    }
}
