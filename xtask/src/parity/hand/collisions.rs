//! Families and series that fall together under their exposed names: merged before any encoder sees them.

use vmotel_model::{Kind, Number};

use crate::parity::case::{Case, Value};

pub(super) fn add(all: &mut Vec<Case>) {
    let number = |n| Value::Number(Number::U64(n));
    let group = "collisions";
    let mut pair = |kind: Kind, a: (&str, Value), b: (&str, Value)| {
        all.push(Case::new(group, kind, a.0, a.1));
        all.push(Case::new(group, kind, b.0, b.1));
    };
    // Equal series are added, of gauges the last stays.
    pair(Kind::Counter, ("c01.a", number(1)), ("c01_a", number(2)));
    pair(Kind::UpDownCounter, ("c02.a", number(1)), ("c02-a", number(2)));
    pair(Kind::Gauge, ("c03.a", number(1)), ("c03/a", number(2)));
    let histogram = |counts: &[u64]| Value::histogram(&[1.0, 2.0], counts, Some(1.0));
    pair(
        Kind::Histogram,
        ("c04.a", histogram(&[1, 2, 3])),
        ("c04_a", histogram(&[4, 5, 6])),
    );
    pair(
        Kind::Summary,
        ("c05.a", Value::summary(&[(0.5, 1.0)], 1.0)),
        ("c05_a", Value::summary(&[(0.5, 2.0)], 2.0)),
    );
    // Different labels: both stay.
    all.push(Case::new(group, Kind::Counter, "c06.a", number(1)).labels(&[("x", "1")]));
    all.push(Case::new(group, Kind::Counter, "c06_a", number(2)).labels(&[("x", "2")]));
    // Different types: the counter stays.
    all.push(Case::new(group, Kind::Counter, "c07.a_total", number(1)));
    all.push(Case::new(group, Kind::Gauge, "c07_a_total", number(2)));
    // A name that belongs to a series of a histogram.
    all.push(Case::new(group, Kind::Histogram, "c08.a", histogram(&[1, 2, 3])));
    all.push(Case::new(group, Kind::Gauge, "c08.a.count", number(9)));
    all.push(Case::new(group, Kind::Gauge, "c08.a.bucket", number(9)));
}
