//! Whole bodies of merged snapshots.

use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, LabelSet, Number, Pairs, Point, VmrangeBucket,
    VmrangePoint,
};

use super::*;
use crate::{EncodeReport, openmetrics, text};

type Labels = &'static [(&'static str, &'static str)];

/// A snapshot of families that are given.
#[derive(Debug, Default)]
struct Given(Vec<(Family<'static>, Vec<(Labels, Point<'static>)>)>);

impl Given {
    fn with(
        mut self,
        name: &'static str,
        kind: Kind,
        help: &'static str,
        series: &[(Labels, Point<'static>)],
    ) -> Self {
        self.0.push((
            Family {
                name,
                kind,
                unit: "",
                help,
            },
            series.to_vec(),
        ));
        self
    }
}

impl Snapshot for Given {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        self.0[index].0
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        for &(labels, point) in &self.0[index].1 {
            let labels: &dyn LabelSet = &Pairs(labels);
            sink.series(&Series {
                labels,
                text: None,
                point,
                start: None,
            });
        }
    }
}

fn n(n: u64) -> Point<'static> {
    Point::Number(Number::U64(n))
}

fn text_of(snapshots: Vec<Given>) -> (String, EncodeReport) {
    let snapshots: Vec<Box<dyn Snapshot>> = snapshots
        .into_iter()
        .map(|snapshot| Box::new(snapshot) as Box<dyn Snapshot>)
        .collect();
    let mut out = Vec::new();
    let report = text::encode(&snapshots, &EncodeConfig::default(), &mut out);
    (String::from_utf8(out).unwrap(), report)
}

#[test]
fn equal_counters_are_added_and_gauges_replaced() {
    let (body, report) = text_of(vec![
        Given::default()
            .with(
                "b_total",
                Kind::Counter,
                "B.",
                &[(&[("x", "1")], n(9_007_199_254_740_993)), (&[("x", "2")], n(2))],
            )
            .with("a", Kind::Gauge, "", &[(&[], n(1))]),
        Given::default()
            .with("a", Kind::Gauge, "A.", &[(&[], n(5))])
            .with(
                "b_total",
                Kind::Counter,
                "B.",
                &[(&[("x", "1")], n(2)), (&[("x", "3")], n(3))],
            ),
    ]);
    assert_eq!(
        body,
        "# HELP a A.\n# TYPE a gauge\na 5\n\
         # HELP b_total B.\n# TYPE b_total counter\nb_total{x=\"2\"} 2\nb_total{x=\"3\"} 3\nb_total{x=\"1\"} 9007199254740995\n"
    );
    assert_eq!(
        (report.merge.merged, report.merge.dropped(), report.series),
        (2, 0, 4)
    );
    let kinds: Vec<_> = report
        .merge
        .conflicts
        .iter()
        .map(|conflict| conflict.kind)
        .collect();
    assert_eq!(kinds, [ConflictKind::EqualSeries; 2]);
}

#[test]
fn one_type_stays_whatever_the_order() {
    let counter = || Given::default().with("x", Kind::Counter, "a", &[(&[("s", "1")], n(1))]);
    let gauge = || {
        Given::default().with(
            "x",
            Kind::Gauge,
            "b",
            &[(&[("s", "2")], n(2)), (&[("s", "3")], n(2))],
        )
    };
    let (one, report) = text_of(vec![counter(), gauge()]);
    let (other, _) = text_of(vec![gauge(), counter()]);
    assert_eq!(one, "# HELP x a\n# TYPE x counter\nx{s=\"1\"} 1\n");
    assert_eq!(one, other);
    assert_eq!(report.merge.dropped_type, 2);
    assert_eq!(
        report.merge.conflicts,
        [Conflict {
            name: "x".into(),
            kind: ConflictKind::Type
        }]
    );
}

#[test]
fn different_help_is_left_out() {
    let gauge = |help, labels| Given::default().with("x", Kind::Gauge, help, &[(labels, n(1))]);
    let (body, report) = text_of(vec![gauge("a", &[("s", "1")]), gauge("b", &[("s", "2")])]);
    assert_eq!(body, "# TYPE x gauge\nx{s=\"1\"} 1\nx{s=\"2\"} 1\n");
    assert_eq!(report.merge.conflicts[0].kind, ConflictKind::Help);
    assert_eq!(report.merge.dropped() + report.merge.merged, 0);
}

const fn explicit(bounds: &'static [f64], counts: &'static [u64], count: u64) -> Point<'static> {
    Point::Histogram(HistogramPoint {
        bounds,
        counts,
        sum: Some(1.5),
        count,
    })
}

#[test]
fn histograms_are_added_on_common_bounds() {
    let (body, report) = text_of(vec![
        Given::default().with(
            "h",
            Kind::Histogram,
            "",
            &[(&[], explicit(&[1.0, 2.0, 4.0], &[1, 2, 3, 4], 10))],
        ),
        Given::default().with(
            "h",
            Kind::Histogram,
            "",
            &[(&[], explicit(&[0.5, 1.0, 4.0], &[10, 20, 30, 40], 100))],
        ),
        Given::default().with("h_count", Kind::Gauge, "", &[(&[], n(7))]),
    ]);
    assert_eq!(
        body,
        "# TYPE h histogram\nh_bucket{le=\"1\"} 31\nh_bucket{le=\"4\"} 66\nh_bucket{le=\"+Inf\"} 110\nh_sum 3\nh_count 110\n"
    );
    assert_eq!((report.merge.merged, report.merge.dropped_clash), (1, 1));
}

const fn exponential(scale: i32, offset: i32, counts: &'static [u64], zero: u64) -> Point<'static> {
    Point::Exponential(ExponentialPoint {
        scale,
        zero_count: zero,
        zero_threshold: 0.001,
        positive: ExponentialBuckets { offset, counts },
        negative: ExponentialBuckets {
            offset: 0,
            counts: &[],
        },
        sum: Some(1.0),
        count: 10,
    })
}

#[test]
fn exponential_histograms_are_vmrange_at_the_coarser_scale() {
    let (body, _) = text_of(vec![
        Given::default().with(
            "e",
            Kind::Histogram,
            "",
            &[(&[("a", "b")], exponential(1, 0, &[1, 2, 3, 4], 5))],
        ),
        Given::default().with(
            "e",
            Kind::Histogram,
            "",
            &[(&[("a", "b")], exponential(0, -1, &[10], 0))],
        ),
    ]);
    assert_eq!(
        body,
        "# TYPE e histogram\n\
         e_bucket{a=\"b\",vmrange=\"-1.000e-03...1.000e-03\"} 5\n\
         e_bucket{a=\"b\",vmrange=\"5.000e-01...1.000e+00\"} 10\n\
         e_bucket{a=\"b\",vmrange=\"1.000e+00...2.000e+00\"} 3\n\
         e_bucket{a=\"b\",vmrange=\"2.000e+00...4.000e+00\"} 7\n\
         e_sum{a=\"b\"} 2\ne_count{a=\"b\"} 20\n"
    );
}

#[test]
fn vmrange_buckets_are_united_and_forms_are_kept_apart() {
    let vmrange = |buckets| {
        Point::Vmrange(VmrangePoint {
            buckets,
            sum: 1.0,
            count: 3,
        })
    };
    let (body, report) = text_of(vec![Given::default().with(
        "v",
        Kind::Histogram,
        "",
        &[
            (
                &[],
                vmrange(&[VmrangeBucket {
                    range: "1.000e+00...1.136e+00",
                    count: 3,
                }]),
            ),
            (
                &[],
                vmrange(&[VmrangeBucket {
                    range: "8.799e-01...1.000e+00",
                    count: 3,
                }]),
            ),
            (
                &[],
                vmrange(&[VmrangeBucket {
                    range: "1.000e+00...1.136e+00",
                    count: 3,
                }]),
            ),
            (&[], explicit(&[], &[1], 1)),
        ],
    )]);
    assert_eq!(
        body,
        "# TYPE v histogram\nv_bucket{vmrange=\"8.799e-01...1.000e+00\"} 3\nv_bucket{vmrange=\"1.000e+00...1.136e+00\"} 6\n\
         v_sum 3\nv_count 9\n"
    );
    assert_eq!((report.merge.merged, report.merge.dropped_form), (2, 1));
}

#[test]
fn openmetrics_body() {
    let snapshots: Vec<Box<dyn Snapshot>> = vec![Box::new(
        Given::default()
            .with("a", Kind::Gauge, "", &[(&[], n(1))])
            .with("a_total", Kind::Counter, "as \"unknown\"", &[(&[], n(2))])
            .with(
                "c_total",
                Kind::Counter,
                "",
                &[(&[("x", "y")], n(3)), (&[], Point::Number(Number::F64(-1.0)))],
            )
            .with(
                "h",
                Kind::Histogram,
                "",
                &[(&[], explicit(&[-1.0, 1.0], &[1, 1, 0], 2))],
            )
            .with("plain", Kind::Counter, "", &[(&[], n(4))])
            .with(
                "target_info",
                Kind::Gauge,
                "",
                &[(&[("service_name", "shop")], n(1))],
            ),
    )];
    let mut out = Vec::new();
    let report = openmetrics::encode(&snapshots, &EncodeConfig::default(), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "# TYPE target info\ntarget_info{service_name=\"shop\"} 1\n\
         # TYPE a gauge\na 1\n\
         # TYPE a_total unknown\n# HELP a_total as \\\"unknown\\\"\na_total 2\n\
         # TYPE c counter\nc_total{x=\"y\"} 3\n\
         # TYPE h histogram\nh_bucket{le=\"-1.0\"} 1\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 2\n\
         # TYPE plain unknown\nplain 4\n# EOF\n"
    );
    assert_eq!(report.skipped.invalid, 1);
}
