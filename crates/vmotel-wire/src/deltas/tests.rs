use vmotel_model::{Pairs, VmrangeBucket, VmrangePoint};

use super::*;

/// Visits one counter for each name; returns their deltas.
fn visit(deltas: &mut Deltas, second: u64, series: &[(&str, u64, Option<u64>)]) -> Vec<u64> {
    let mut sent = Vec::new();
    deltas.begin();
    deltas.family("orders_total");
    for (shop, value, start) in series {
        let labels = [("shop", *shop)];
        let series = Series {
            labels: &Pairs(&labels),
            text: None,
            point: Point::Number(Number::U64(*value)),
            start: start.map(Timestamp),
        };
        deltas.of(&series, Timestamp(second), &mut |delta| match delta.point {
            Point::Number(Number::U64(n)) => sent.push(n),
            other => panic!("{other:?} is no counter"),
        });
    }
    deltas.end();
    sent
}

#[test]
fn what_began_anew_is_told_whole_and_what_comes_back_is_not_told_twice() {
    let mut deltas = Deltas::default();
    let mut check = |second, series: &[_], expected: &[u64]| {
        assert_eq!(visit(&mut deltas, second, series), expected, "at {second}");
    };
    check(1, &[("a", 5, Some(1)), ("b", 7, None)], &[5, 7]);
    check(2, &[("a", 9, Some(1))], &[4]);
    check(3, &[("a", 9, Some(1)), ("b", 10, None)], &[0, 3]);
    check(4, &[("a", 20, Some(4)), ("b", 2, None)], &[20, 2]);
    check(5, &[("a", 21, Some(4)), ("b", 2, None)], &[1, 0]);
}

#[test]
fn what_is_remembered_is_bounded_and_the_longest_absent_go_first() {
    let mut deltas = Deltas::default();
    for second in 1..200 {
        let names: Vec<String> = (0..100).map(|n| format!("{second}-{n}")).collect();
        let series: Vec<_> = names.iter().map(|name| (name.as_str(), 1, None)).collect();
        assert_eq!(visit(&mut deltas, second, &series).len(), 100);
        assert!(deltas.known.len() <= 200 + ABSENT, "{}", deltas.known.len());
    }
    assert_eq!(visit(&mut deltas, 200, &[("198-5", 3, None)]), [2], "is known");
    assert_eq!(visit(&mut deltas, 201, &[("1-5", 3, None)]), [3], "was forgotten");
}

#[test]
fn numbers_stay_exact_and_never_become_nan_or_negative() {
    let check = |before, now, expected| assert_eq!(difference(before, now), expected, "{before:?} {now:?}");
    check(Number::U64(u64::MAX - 1), Number::U64(u64::MAX), Number::U64(1));
    check(Number::U64(5), Number::U64(3), Number::U64(3));
    check(
        Number::I64(i64::MIN),
        Number::I64(i64::MAX),
        Number::U64(u64::MAX),
    );
    check(Number::F64(1.5), Number::F64(4.0), Number::F64(2.5));
    check(Number::F64(4.0), Number::F64(1.5), Number::F64(1.5));
    check(Number::U64(1), Number::F64(1.5), Number::F64(0.5));
    let infinite = Number::F64(f64::INFINITY);
    check(infinite, infinite, infinite);
}

#[test]
fn ranges_without_an_addition_are_left_out() {
    fn point<'a>(buckets: &'a [VmrangeBucket<'a>]) -> Point<'a> {
        Point::Vmrange(VmrangePoint {
            buckets,
            sum: 9.0,
            count: 9,
        })
    }
    let bucket = |range, count| VmrangeBucket { range, count };
    let before = [
        bucket("1.000e+00...1.136e+00", 2),
        bucket("2.000e+00...2.275e+00", 3),
    ];
    let now = [
        bucket("1.000e+00...1.136e+00", 2),
        bucket("2.000e+00...2.275e+00", 4),
        bucket("9.000e+00...9.999e+00", 1),
    ];
    let seen = |before: &[VmrangeBucket<'_>], now: &[VmrangeBucket<'_>]| {
        let mut seen = Vec::new();
        let mut see = |point: Point<'_>| match point {
            Point::Vmrange(point) => seen.extend(point.buckets.iter().map(|bucket| bucket.count)),
            other => panic!("{other:?}"),
        };
        with_difference(&OwnedPoint::new(&point(before)), &point(now), &mut see);
        seen
    };
    assert_eq!(seen(&before, &now), [1, 1]);
    assert_eq!(seen(&now, &before), [2, 3], "a bucket has gone: all of it is new");
}
