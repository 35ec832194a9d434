//! Random families: any names, labels, help and values.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, Family, HistogramPoint, Kind, MetricSink, Number, Pairs, Point,
    Quantile, Series, Snapshot, SummaryPoint, Timestamp,
};

/// A snapshot of one family.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) help: String,
    pub(crate) series: Vec<(Vec<(String, String)>, Value)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Number(Number),
    Histogram(Vec<f64>, Vec<u64>, Option<f64>),
    Exponential(i32, i32, Vec<u64>, Vec<u64>, u64),
    Summary(Vec<(f64, f64)>, f64, u64),
}

/// Returns `n` families whose names differ by their number, the same ones for a seed.
pub(crate) fn cases(seed: u64, n: usize) -> Vec<Case> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed as u8; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..n)
        .map(|at| {
            let mut case = case()
                .new_tree(&mut runner)
                .expect("nothing is rejected")
                .current();
            case.name = format!("m{at}x{}", case.name);
            if case.kind == Kind::Counter && at % 5 > 0 {
                case.name.push_str("_total");
            }
            case
        })
        .collect()
}

/// Any text: mostly of characters that formats trip over.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ -~]{0,12}",
        3 => r#"[\\"\n\r\t\x00-\x1f\x7f{},=# nréß世\u{2028}\u{feff}\u{1F600}]{0,10}"#,
        2 => any::<String>(),
        1 => "[a-z\u{e9}]{300,1300}",
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let kinds = prop_oneof![
        Just(Kind::Counter),
        Just(Kind::UpDownCounter),
        Just(Kind::Gauge),
        Just(Kind::Histogram),
        Just(Kind::Summary),
        Just(Kind::Unknown),
    ];
    // Names of no more than ASCII: others become `_` and may fall together, which the unit tests cover.
    (("[a-zA-Z0-9_:]{0,12}", "[^a]{0,3}"), any_text(), kinds).prop_flat_map(|((name, odd), help, kind)| {
        let labels = btree_map("[a-zA-Z0-9.\u{e9}]{0,8}", any_text(), 0..5);
        vec((labels, value(kind)), 1..6).prop_map(move |series| Case {
            name: format!("{name}{odd}"),
            kind,
            help: help.clone(),
            series: series
                .into_iter()
                .enumerate()
                .map(|(at, (labels, value))| {
                    let mut labels: Vec<_> = labels.into_iter().collect();
                    // Series differ by this label. Neither sorted nor without empty values: the encoder has to see to it.
                    labels.insert(labels.len() / 2, ("zz".to_owned(), at.to_string()));
                    (labels, value)
                })
                .collect(),
        })
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -1e6..1e6,
        any::<i32>().prop_map(f64::from),
        Just(f64::INFINITY),
        Just(f64::NAN)
    ]
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Histogram => prop_oneof![
            (vec(-1e3..1e6, 0..8), any::<u32>(), proptest::option::of(number())).prop_map(
                |(mut bounds, count, sum)| {
                    bounds.sort_by(f64::total_cmp);
                    let counts = (0..=bounds.len())
                        .map(|at| u64::from(count.rotate_left(at as u32) % 100_000))
                        .collect();
                    Value::Histogram(bounds, counts, sum)
                }
            ),
            (
                -4..12i32,
                -300..300i32,
                vec(0..9u64, 0..40),
                vec(0..9u64, 0..10),
                0..3u64
            )
                .prop_map(|(scale, offset, positive, negative, zero)| {
                    Value::Exponential(scale, offset, positive, negative, zero)
                }),
        ]
        .boxed(),
        Kind::Summary => (vec((0.0..1.0, number()), 0..4), 0.0..1e9, any::<u32>())
            .prop_map(|(quantiles, sum, count)| Value::Summary(quantiles, sum, count.into()))
            .boxed(),
        _ => prop_oneof![
            any::<u64>().prop_map(Number::U64),
            any::<i64>().prop_map(Number::I64),
            number().prop_map(Number::F64)
        ]
        .prop_map(Value::Number)
        .boxed(),
    }
}

impl Snapshot for &Case {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: &self.name,
            kind: self.kind,
            unit: "",
            help: &self.help,
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        for (labels, value) in &self.series {
            let labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let quantiles: Vec<Quantile>;
            let point = match value {
                Value::Number(number) => Point::Number(*number),
                Value::Histogram(bounds, counts, sum) => Point::Histogram(HistogramPoint {
                    bounds,
                    counts,
                    sum: *sum,
                    count: counts.iter().sum(),
                }),
                Value::Exponential(scale, offset, positive, negative, zero_count) => {
                    Point::Exponential(ExponentialPoint {
                        scale: *scale,
                        zero_count: *zero_count,
                        zero_threshold: 0.0,
                        positive: ExponentialBuckets {
                            offset: *offset,
                            counts: positive,
                        },
                        negative: ExponentialBuckets {
                            offset: *offset,
                            counts: negative,
                        },
                        sum: Some(1.0),
                        count: zero_count + positive.iter().chain(negative).sum::<u64>(),
                    })
                }
                Value::Summary(given, sum, count) => {
                    quantiles = given
                        .iter()
                        .map(|&(quantile, value)| Quantile { quantile, value })
                        .collect();
                    Point::Summary(SummaryPoint {
                        quantiles: &quantiles,
                        sum: *sum,
                        count: *count,
                    })
                }
            };
            let start = Some(Timestamp(1_700_000_000_123_000_000));
            sink.series(&Series {
                labels: &Pairs(&labels),
                text: None,
                point,
                start,
            });
        }
    }
}
