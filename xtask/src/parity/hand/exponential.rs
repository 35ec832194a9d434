//! Exponential histograms: scales, zero and negative buckets, no sum, the ends of the doubles.

use vmotel_model::Kind;

use crate::parity::case::{Case, Value};

type Run<'a> = (i32, &'a [u64]);

const NONE: Run<'static> = (0, &[]);

pub(super) fn add(all: &mut Vec<Case>) {
    let mut next = 0;
    let mut point = |scale, zero: (u64, f64), positive: Run<'_>, negative: Run<'_>, sum| {
        next += 1;
        let value = Value::Exponential {
            scale,
            zero,
            positive: (positive.0, positive.1.to_vec()),
            negative: (negative.0, negative.1.to_vec()),
            sum,
        };
        let name = format!("e{next:02}.time");
        all.push(Case::new("exponential", Kind::Histogram, name, value).unit("s"));
    };
    for scale in [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20] {
        point(
            scale,
            (0, 0.0),
            (-7, &[1, 2, 0, 3, 4, 5, 0, 0, 9, 1]),
            NONE,
            Some(12.5),
        );
    }
    for scale in [0, 3, 5] {
        point(scale, (1, 0.0), (2, &[1, 2]), NONE, Some(1.0));
        point(scale, (2, 0.001), (2, &[1, 2]), NONE, Some(1.0));
        point(scale, (0, 0.0), NONE, (-3, &[4, 5, 6]), Some(-9.0));
        point(scale, (3, 1e-6), (-3, &[1, 1]), (-3, &[4, 5, 6]), None);
    }
    point(0, (0, 0.0), NONE, NONE, Some(0.0));
    point(0, (5, 0.0), NONE, NONE, Some(0.0));
    point(2, (0, 0.0), (0, &[0, 0, 0]), NONE, Some(0.0));
    point(2, (0, 0.0), (4, &[1, 2, 3]), NONE, None);
    point(2, (0, 0.0), (4, &[1, 2, 3]), NONE, Some(f64::NAN));
    point(2, (0, 0.0), (4, &[9_007_199_254_740_993]), NONE, Some(1.0));
    // Bounds 2^-6 and 2^-7, which the server spells otherwise from case to case where it makes them itself.
    point(1, (0, 0.0), (-14, &[1, 1, 1, 1]), NONE, Some(0.01));
    point(3, (0, 0.0), (-58, &[1; 12]), NONE, Some(0.01));
    point(0, (0, 0.0), (1021, &[1, 2, 3, 4]), NONE, Some(1e308));
    point(0, (0, 0.0), (-1075, &[1, 2, 3, 4]), NONE, Some(1e-308));
    point(3, (0, 0.0), (-100, &[1; 160]), NONE, Some(1.0));
}
