//! Summaries.

use vmotel_model::Kind;

use crate::parity::case::{Case, Value};

pub(super) fn add(all: &mut Vec<Case>) {
    let points = [
        Value::summary(&[], 10.5),
        Value::summary(&[(0.0, 1.0), (0.5, 2.0), (0.999, 3.5), (1.0, -4.0)], 10.5),
        Value::summary(&[(0.5, f64::NAN), (0.9, f64::INFINITY)], 10.5),
        Value::summary(&[(1e-9, 1.0), (1.5, 2.0), (0.123_456_789, 3.0)], f64::NAN),
        Value::summary(&[(-0.5, 1.0), (f64::NAN, 2.0)], f64::INFINITY),
        Value::summary(&[(0.99, 1e300), (0.5, 5e-324)], -1.0),
        Value::summary(&[(0.5, 1.0)], 0.0),
    ];
    for (at, point) in points.into_iter().enumerate() {
        all.push(Case::new("summaries", Kind::Summary, format!("s{at:02}.time"), point).unit("s"));
    }
}
