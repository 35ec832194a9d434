//! Random recordings, pushed as deltas: what prost reads adds up to what was recorded.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{
        AggregationTemporality, exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
    },
};
use proptest::prelude::*;
use prost::Message as _;
use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, Family, HistogramPoint, Kind, MetricSink, Number, Pairs, Point,
    Series, Timestamp,
};
use vmotel_wire::{Deltas, PushConfig, Request, otlp};

const BOUNDS: [f64; 2] = [1.0, 100.0];

/// What was recorded into one series of each type, up to a push.
#[derive(Debug, Clone, Default)]
struct Recorded {
    count: u64,
    double: f64,
    users: i64,
    buckets: [u64; 3],
    /// By exponent of two: buckets of scale 0.
    powers: BTreeMap<i32, u64>,
    sum: f64,
}

impl Recorded {
    fn add(&mut self, exponent: i32) {
        // Within a bucket of every scale up to 1.
        let value = 1.2 * f64::from(exponent).exp2();
        self.count += exponent.unsigned_abs() as u64;
        self.double += value;
        self.users += i64::from(exponent);
        self.buckets[BOUNDS.partition_point(|bound| *bound < value)] += 1;
        *self.powers.entry(exponent).or_default() += 1;
        self.sum += value;
    }

    /// Visits all families; `scale` is 0, or coarser.
    fn visit(&self, scale: i32, sink: &mut dyn MetricSink) {
        let mut family = |name, kind, point| {
            sink.family(&Family {
                name,
                kind,
                unit: "",
                help: "",
            });
            sink.series(&Series {
                labels: &Pairs(&[("shop", "Bern")]),
                text: None,
                point,
                start: Some(Timestamp(1)),
            });
        };
        family("a_total", Kind::Counter, Point::Number(Number::U64(self.count)));
        family("b", Kind::Counter, Point::Number(Number::F64(self.double)));
        family("c", Kind::UpDownCounter, Point::Number(Number::I64(self.users)));
        let count = self.powers.values().sum();
        let explicit = HistogramPoint {
            bounds: &BOUNDS,
            counts: &self.buckets,
            sum: Some(self.sum),
            count,
        };
        family("d", Kind::Histogram, Point::Histogram(explicit));
        let run = coarse(&self.powers, scale);
        let offset = run.keys().next().copied().unwrap_or(0);
        let end = run.keys().next_back().map_or(offset, |last| last + 1);
        let counts: Vec<u64> = (offset..end)
            .map(|at| run.get(&at).copied().unwrap_or(0))
            .collect();
        let exponential = ExponentialPoint {
            scale,
            zero_count: 0,
            zero_threshold: 0.0,
            positive: ExponentialBuckets {
                offset,
                counts: &counts,
            },
            negative: ExponentialBuckets::default(),
            sum: Some(self.sum),
            count,
        };
        family("e", Kind::Histogram, Point::Exponential(exponential));
    }
}

/// Brings buckets of scale 0 to a scale that is not finer.
fn coarse(powers: &BTreeMap<i32, u64>, scale: i32) -> BTreeMap<i32, u64> {
    let mut coarse = BTreeMap::new();
    for (index, count) in powers {
        *coarse.entry(index.div_euclid(1 << -scale)).or_default() += count;
    }
    coarse
}

/// What was read, added up.
#[derive(Debug, Default)]
struct Sums {
    numbers: BTreeMap<String, f64>,
    buckets: [u64; 3],
    sum: f64,
    count: u64,
    /// By scale and index.
    exponential: BTreeMap<(i32, i32), u64>,
}

impl Sums {
    fn read(&mut self, body: &[u8], since: u64) {
        let request = ExportMetricsServiceRequest::decode(body).expect("prost reads the request");
        let delta = AggregationTemporality::Delta as i32;
        for metric in &request.resource_metrics[0].scope_metrics[0].metrics {
            match metric.data.as_ref().expect("a metric has data") {
                Data::Sum(sum) => {
                    let point = &sum.data_points[0];
                    let value = match point.value {
                        Some(number_data_point::Value::AsDouble(value)) => value,
                        Some(number_data_point::Value::AsInt(n)) => n as f64,
                        None => panic!("{metric:?} has no value"),
                    };
                    assert_eq!(sum.is_monotonic, metric.name.ends_with("_total"));
                    let total = self.numbers.entry(metric.name.clone()).or_default();
                    if metric.name == "c" {
                        assert_ne!(sum.aggregation_temporality, delta);
                        *total = value;
                    } else {
                        assert_eq!(
                            (sum.aggregation_temporality, point.start_time_unix_nano),
                            (delta, since)
                        );
                        *total += value;
                    }
                }
                Data::Histogram(histogram) => {
                    let point = &histogram.data_points[0];
                    assert_eq!(
                        (histogram.aggregation_temporality, point.start_time_unix_nano),
                        (delta, since)
                    );
                    assert_eq!(point.explicit_bounds, BOUNDS);
                    for (total, count) in self.buckets.iter_mut().zip(&point.bucket_counts) {
                        *total += count;
                    }
                    self.count += point.count;
                    self.sum += point.sum.expect("a sum is kept");
                }
                Data::ExponentialHistogram(histogram) => {
                    let point = &histogram.data_points[0];
                    assert_eq!(
                        (histogram.aggregation_temporality, point.start_time_unix_nano),
                        (delta, since)
                    );
                    let Buckets {
                        offset,
                        bucket_counts,
                    } = point.positive.clone().unwrap_or_default();
                    for (at, count) in bucket_counts.iter().enumerate() {
                        *self
                            .exponential
                            .entry((point.scale, offset + at as i32))
                            .or_default() += count;
                    }
                }
                other => panic!("{other:?} is not expected"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn deltas_add_up_to_what_was_recorded(
        pushes in prop::collection::vec(prop::collection::vec(-20..20i32, 0..6), 1..12),
        coarser_at in 0..12usize,
    ) {
        let config = PushConfig { native_exponential: true, ..PushConfig::default() };
        let (mut buffers, mut deltas) = (otlp::Buffers::default(), Deltas::default());
        let (mut recorded, mut sums) = (Recorded::default(), Sums::default());
        for (nth, values) in pushes.iter().enumerate() {
            values.iter().for_each(|value| recorded.add(*value));
            let scale = if nth < coarser_at { 0 } else { -2 };
            let time = (nth as u64 + 1) * 10_000_000_000;
            let since = if nth == 0 { 1 } else { time - 10_000_000_000 };
            let mut emit = |request: Request<'_>| sums.read(request.body, since);
            let mut sink = otlp::OtlpSink::new(&config, Timestamp(time), &mut buffers, &mut emit);
            sink.deltas(&mut deltas);
            recorded.visit(scale, &mut sink);
            let _ = sink.finish();
        }
        prop_assert_eq!(sums.numbers["a_total"], recorded.count as f64);
        prop_assert!((sums.numbers["b"] - recorded.double).abs() <= 1e-9 * recorded.double);
        prop_assert_eq!(sums.numbers["c"], recorded.users as f64);
        prop_assert_eq!(sums.buckets, recorded.buckets);
        prop_assert_eq!(sums.count, recorded.powers.values().sum::<u64>());
        prop_assert!((sums.sum - recorded.sum).abs() <= 1e-9 * recorded.sum);
        let mut coarsest = BTreeMap::new();
        for ((scale, index), count) in sums.exponential {
            *coarsest.entry(index.div_euclid(1 << (2 + scale))).or_default() += count;
        }
        coarsest.retain(|_, count| *count > 0);
        prop_assert_eq!(coarsest, coarse(&recorded.powers, -2));
    }
}
