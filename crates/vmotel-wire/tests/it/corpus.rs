//! Hand-made families that paths are known to treat differently, named and labelled under `Naming::Parity`.

use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, Family, HistogramPoint, Kind, LabelPlan, MetricSink, Naming,
    Number, Point, Quantile, Series, Snapshot, SummaryPoint, VmrangeBucket, VmrangePoint,
};

/// One family of one series.
#[derive(Debug)]
pub(crate) struct Hand {
    name: String,
    kind: Kind,
    keys: Vec<String>,
    values: Vec<String>,
    point: Point<'static>,
}

impl Snapshot for &Hand {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: &self.name,
            kind: self.kind,
            unit: "",
            help: "By hand.",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let plan = LabelPlan::new(
            Naming::Parity,
            self.kind,
            self.keys.iter().map(String::as_str),
            &[],
            &[],
        );
        sink.series(&Series {
            labels: &plan.labels(self.values.as_slice()),
            text: None,
            point: self.point,
            start: None,
        });
    }
}

const ONE: Point<'static> = Point::Number(Number::U64(1));

/// Returns all cases; each name has a prefix of its own, except those whose beginning is the case.
pub(crate) fn corpus() -> Vec<Hand> {
    let mut all = Vec::new();
    names(&mut all);
    labels(&mut all);
    numbers(&mut all);
    histograms(&mut all);
    exponential(&mut all);
    summaries(&mut all);
    all
}

fn add(
    all: &mut Vec<Hand>,
    kind: Kind,
    name: &str,
    unit: &str,
    labels: &[(&str, &str)],
    point: Point<'static>,
) {
    let name = Naming::Parity
        .metric_name(name, unit, kind)
        .expect("the name can be exposed");
    all.push(Hand {
        name,
        kind,
        keys: labels.iter().map(|(key, _)| (*key).to_owned()).collect(),
        values: labels.iter().map(|(_, value)| (*value).to_owned()).collect(),
        point,
    });
}

fn names(all: &mut Vec<Hand>) {
    let mut name = |kind, name: &str, unit: &str| add(all, kind, name, unit, &[("l", "v")], ONE);
    name(Kind::Counter, "n01.without", "");
    name(Kind::Counter, "n02_total", "");
    name(Kind::Counter, "n03_total_b_total", "");
    name(Kind::Counter, "n04.total_allocated", "By");
    name(Kind::Gauge, "n05_total", "");
    name(Kind::UpDownCounter, "n06_total", "");
    name(Kind::Gauge, "n07_ratio", "");
    name(Kind::Gauge, "n08_bucket", "");
    name(Kind::Gauge, "n09:colon:s", "");
    name(Kind::Gauge, "_n10", "");
    name(Kind::Gauge, "__n11", "");
    name(Kind::Gauge, "n12__double", "");
    name(Kind::Gauge, "n13_trailing_", "");
    name(Kind::Gauge, "_9n14", "");
    name(Kind::Gauge, "9n15", "");
    name(Kind::Gauge, "n16.dots-dash/slash blank", "");
    name(Kind::Gauge, "n17.größe.世界", "");
    for (at, unit) in [
        "s",
        "ms",
        "By",
        "%",
        "{request}",
        "By/s",
        "Cel",
        "1",
        "kBy",
        "USD",
    ]
    .iter()
    .enumerate()
    {
        name(Kind::Gauge, &format!("n2{at}.gauge"), unit);
        name(Kind::Counter, &format!("n3{at}.counter"), unit);
    }
    name(Kind::Counter, "total", "");
    name(Kind::Unknown, "n40.unknown", "s");
}

fn labels(all: &mut Vec<Hand>) {
    let long_name = "k".repeat(256);
    let too_long_name = "k".repeat(257);
    let long_value = "v".repeat(4096);
    let too_long_value = "v".repeat(4097);
    // With the name and the label that tells the path: 40.
    let many: Vec<String> = (0..39).map(|at| format!("l{at}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "x")).collect();
    let sets: [&[(&str, &str)]; 36] = [
        &[("_x", "1")],
        &[("_9x", "1")],
        &[("9x", "1")],
        &[("__x", "1")],
        &[("__meta_x", "1")],
        &[("", "1")],
        &[("__name__", "other")],
        &[("key_", "1")],
        &[("x_", "1")],
        &[("x__y", "1")],
        &[("x.y", "1"), ("x_y", "2"), ("x-y", "3")],
        &[("größe", "1")],
        &[("le", "1")],
        &[("quantile", "0.5")],
        &[("vmrange", "1...2")],
        &[("job", "j")],
        &[("instance", "i")],
        &[("exported_job", "e")],
        &[("job", "j"), ("exported_job", "e")],
        &[("Upper", "1"), ("lower", "2"), ("_", "3")],
        &[(&long_name, "1")],
        &[(&too_long_name, "1")],
        &[("x", &long_value)],
        &[("x", &too_long_value)],
        &many[..38],
        &many,
        &[("x", "")],
        &[("x", "line\nbreak")],
        &[("x", "quote\"s\"")],
        &[("x", "back\\slash\\n")],
        &[("x", "carriage\rreturn\ttab")],
        &[("x", "nul\0nul")],
        &[("x", "# {a=\"b\"} 1")],
        &[("x", "größe 世界 \u{1f600}")],
        &[("x", "\u{2028}\u{feff}")],
        &[("x", "  blanks  ")],
    ];
    for (at, set) in sets.iter().enumerate() {
        add(all, Kind::Gauge, &format!("l{at:02}"), "", set, ONE);
    }
    add(
        all,
        Kind::Histogram,
        "l50",
        "",
        &[("le", "x"), ("vmrange", "y"), ("quantile", "z")],
        HISTOGRAM,
    );
    let summary = Point::Summary(SummaryPoint {
        quantiles: &[Quantile {
            quantile: 0.5,
            value: 1.0,
        }],
        sum: 1.0,
        count: 1,
    });
    add(
        all,
        Kind::Summary,
        "l51",
        "",
        &[("quantile", "x"), ("le", "y"), ("Upper", "z")],
        summary,
    );
}

fn numbers(all: &mut Vec<Hand>) {
    let numbers = [
        Number::U64(0),
        Number::U64(9_007_199_254_740_993),
        Number::U64(i64::MAX as u64 + 1),
        Number::U64(u64::MAX),
        Number::I64(i64::MIN),
        Number::I64(i64::MAX),
        Number::F64(-0.0),
        Number::F64(5e-324),
        Number::F64(1e308),
        Number::F64(-1e-300),
        Number::F64(0.1 + 0.2),
        Number::F64(std::f64::consts::PI),
        Number::F64(f64::INFINITY),
        Number::F64(f64::NEG_INFINITY),
        Number::F64(f64::NAN),
        Number::F64(-123_456.789),
    ];
    for (at, number) in numbers.into_iter().enumerate() {
        let kind = [Kind::Gauge, Kind::UpDownCounter, Kind::Unknown][at % 3];
        add(
            all,
            kind,
            &format!("v{at:02}"),
            "",
            &[("l", "v")],
            Point::Number(number),
        );
    }
}

const fn histogram(
    bounds: &'static [f64],
    counts: &'static [u64],
    sum: Option<f64>,
    count: u64,
) -> Point<'static> {
    Point::Histogram(HistogramPoint {
        bounds,
        counts,
        sum,
        count,
    })
}

const HISTOGRAM: Point<'static> = histogram(&[0.005, 0.5, 1.0, 10.0], &[1, 2, 0, 4, 5], Some(77.5), 12);

fn histograms(all: &mut Vec<Hand>) {
    let points = [
        HISTOGRAM,
        histogram(&[], &[7], Some(1.0), 7),
        histogram(&[], &[], Some(1.0), 7),
        histogram(&[1.0], &[3, 4], None, 7),
        histogram(&[1.0, 2.0], &[0, 0, 0], Some(0.0), 0),
        histogram(&[-2.5, -1.0, 0.0, 1.0], &[1, 2, 3, 4, 5], Some(-3.0), 15),
        histogram(&[5e-324, 1e-9, 1e300], &[1, 2, 3, 4], Some(1e300), 10),
        histogram(&[1.0, f64::INFINITY], &[1, 2, 3], Some(2.0), 6),
        histogram(
            &[1.0, 1.0, 0.5, f64::NAN, 2.0],
            &[1, 2, 3, 4, 5, 6],
            Some(2.0),
            21,
        ),
        histogram(&[1.0, 2.0], &[1], Some(2.0), 6),
        histogram(&[1.0], &[1, 2, 3], Some(2.0), 6),
        histogram(&[1.0], &[1, 2], Some(f64::NAN), 3),
        histogram(&[1.0], &[1, 2], Some(f64::INFINITY), 3),
        histogram(&[0.1, 100_000.0, 12_345_678.0], &[1, 2, 3, 4], Some(0.1), 10),
    ];
    for (at, point) in points.into_iter().enumerate() {
        add(
            all,
            Kind::Histogram,
            &format!("h{at:02}.size"),
            "By",
            &[("l", "v"), ("z", "y")],
            point,
        );
    }
    let ranges = Point::Vmrange(VmrangePoint {
        buckets: &[
            VmrangeBucket {
                range: "0...1.000e-09",
                count: 2,
            },
            VmrangeBucket {
                range: "8.799e-01...1.000e+00",
                count: 0,
            },
            VmrangeBucket {
                range: "1.000e+00...1.136e+00",
                count: 5,
            },
            VmrangeBucket {
                range: "1.000e+18...+Inf",
                count: 1,
            },
        ],
        sum: 6.5,
        count: 8,
    });
    add(
        all,
        Kind::Histogram,
        "h50.vmrange",
        "s",
        &[("l", "v"), ("z", "y")],
        ranges,
    );
}

fn exponential(all: &mut Vec<Hand>) {
    const fn run(offset: i32, counts: &'static [u64]) -> ExponentialBuckets<'static> {
        ExponentialBuckets { offset, counts }
    }
    const NONE: ExponentialBuckets<'static> = run(0, &[]);
    let mut point = |at: usize, scale, zero_count, positive, negative, sum| {
        let point = Point::Exponential(ExponentialPoint {
            scale,
            zero_count,
            zero_threshold: if zero_count > 1 { 0.001 } else { 0.0 },
            positive,
            negative,
            sum,
            count: 100 + zero_count,
        });
        add(
            all,
            Kind::Histogram,
            &format!("e{at:02}.time"),
            "s",
            &[("l", "v"), ("x", "y")],
            point,
        );
    };
    let scales = [-2, -1, 0, 1, 2, 3, 4, 5, 8, 10, 20];
    for (at, scale) in scales.into_iter().enumerate() {
        point(
            at,
            scale,
            0,
            run(-7, &[1, 2, 0, 3, 4, 5, 0, 0, 9, 1]),
            NONE,
            Some(12.5),
        );
    }
    point(20, 3, 1, run(2, &[1, 2]), NONE, Some(1.0));
    point(21, 3, 2, run(2, &[1, 2]), NONE, Some(1.0));
    point(22, 2, 0, NONE, run(-3, &[4, 5, 6]), Some(-9.0));
    point(23, 2, 3, run(-3, &[1, 1]), run(-3, &[4, 5, 6]), None);
    point(24, 0, 0, NONE, NONE, Some(0.0));
    // Bounds 2^-6 and 2^-7, which the server spells otherwise from case to case where it makes them itself.
    point(25, 1, 0, run(-14, &[1, 1, 1, 1]), NONE, Some(0.01));
    point(26, 0, 0, run(1021, &[1, 2, 3, 4]), NONE, Some(1e308));
    point(27, 0, 0, run(-1075, &[1, 2, 3, 4]), NONE, Some(1e-308));
}

fn summaries(all: &mut Vec<Hand>) {
    const fn quantile(quantile: f64, value: f64) -> Quantile {
        Quantile { quantile, value }
    }
    const SETS: [&[Quantile]; 4] = [
        &[],
        &[
            quantile(0.0, 1.0),
            quantile(0.5, 2.0),
            quantile(0.999, 3.5),
            quantile(1.0, -4.0),
        ],
        &[quantile(0.5, f64::NAN), quantile(0.9, f64::INFINITY)],
        &[
            quantile(1e-9, 1.0),
            quantile(1.5, 2.0),
            quantile(0.123_456_789, 3.0),
        ],
    ];
    for (at, quantiles) in SETS.into_iter().enumerate() {
        let sum = if at == 3 { f64::NAN } else { 10.5 };
        let point = Point::Summary(SummaryPoint {
            quantiles,
            sum,
            count: 4,
        });
        add(
            all,
            Kind::Summary,
            &format!("s{at:02}.time"),
            "s",
            &[("l", "v"), ("z", "y")],
            point,
        );
    }
}
