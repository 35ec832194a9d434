//! Histograms with bounds, those that break their contract included, and ready `vmrange` buckets.

use vmotel_model::Kind;

use crate::parity::case::{Case, Value};

pub(super) fn add(all: &mut Vec<Case>) {
    let big = 9_007_199_254_740_993;
    let points = [
        Value::histogram(&[0.005, 0.5, 1.0, 10.0], &[1, 2, 0, 4, 5], Some(77.5)),
        Value::histogram(&[], &[7], Some(1.0)),
        Value::Histogram {
            bounds: Vec::new(),
            counts: Vec::new(),
            sum: Some(1.0),
            count: 7,
        },
        Value::histogram(&[1.0], &[3, 4], None),
        Value::histogram(&[1.0, 2.0], &[0, 0, 0], Some(0.0)),
        Value::histogram(&[0.0], &[0, 1], Some(1.0)),
        Value::histogram(&[-2.5, -1.0, 0.0, 1.0], &[1, 2, 3, 4, 5], Some(-3.0)),
        Value::histogram(&[-0.0, 1.0], &[1, 2, 3], Some(3.0)),
        Value::histogram(&[5e-324, 1e-9, 1e300], &[1, 2, 3, 4], Some(1e300)),
        Value::histogram(&[1.0, f64::INFINITY], &[1, 2, 3], Some(2.0)),
        Value::histogram(&[f64::NEG_INFINITY, 1.0], &[1, 2, 3], Some(2.0)),
        Value::histogram(&[1.0, 1.0, 0.5, f64::NAN, 2.0], &[1, 2, 3, 4, 5, 6], Some(2.0)),
        Value::histogram(&[1.0, 2.0], &[6], Some(2.0)),
        Value::histogram(&[1.0], &[1, 2, 3], Some(2.0)),
        Value::histogram(&[1.0], &[1, 2], Some(f64::NAN)),
        Value::histogram(&[1.0], &[1, 2], Some(f64::INFINITY)),
        Value::histogram(&[1.0], &[1, 2], Some(f64::NEG_INFINITY)),
        Value::histogram(&[0.1, 100_000.0, 12_345_678.0], &[1, 2, 3, 4], Some(0.1)),
        Value::histogram(&[0.1 + 0.2, 1.0 / 3.0], &[1, 2, 3], Some(0.1)),
        Value::histogram(&[1e21, 1e22], &[1, 2, 3], Some(1e21)),
        Value::histogram(&[1.0], &[big, big], Some(1.0)),
        Value::histogram(
            &(1..=100).map(f64::from).collect::<Vec<_>>(),
            &(0..=100).collect::<Vec<_>>(),
            Some(5050.0),
        ),
    ];
    for (at, point) in points.into_iter().enumerate() {
        let name = format!("h{at:02}.size");
        all.push(Case::new("histograms", Kind::Histogram, name, point).unit("By"));
    }
    let ranges: &[&[(&str, u64)]] = &[
        &[
            ("0...1.000e-09", 2),
            ("8.799e-01...1.000e+00", 0),
            ("1.000e+00...1.136e+00", 5),
            ("1.000e+18...+Inf", 1),
        ],
        &[("1.000e+00...1.136e+00", 1)],
        &[],
    ];
    for (at, buckets) in ranges.iter().enumerate() {
        let buckets = buckets.iter().map(|&(range, count)| (range.to_owned(), count));
        let value = Value::Vmrange {
            buckets: buckets.collect(),
            sum: 6.5,
        };
        let name = format!("h5{at}.vmrange");
        all.push(Case::new("vmrange", Kind::Histogram, name, value).unit("s"));
    }
}
