//! Exposition of ready text: a fake source hands over prefixes, so that only the seams and the encoder are measured.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use vmotel_model::{
    Family, HistogramPoint, Kind, LabelSet, MetricSink, Number, Pairs, Point, Series, SeriesText, Snapshot,
};
use vmotel_wire::{EncodeConfig, Merge, text};

/// The ready text of counters `http_requests_total` in one arena, with a value each.
struct Counters {
    arena: Vec<u8>,
    ends: Vec<usize>,
    values: Vec<u64>,
    distinct: bool,
}

const NAME: &str = "http_requests_total";

impl Counters {
    fn new(n: usize, distinct: bool) -> Self {
        let (mut arena, mut ends) = (Vec::new(), Vec::new());
        for i in 0..n {
            arena.extend_from_slice(
                format!("{NAME}{{method=\"GET\",route=\"/api/v1/items/{i}\",status=\"200\"}} ").as_bytes(),
            );
            ends.push(arena.len());
        }
        let values = (0..n as u64).map(|i| (i * 2_654_435_761) % 1_000_000).collect();
        Self {
            arena,
            ends,
            values,
            distinct,
        }
    }
}

impl Snapshot for Counters {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: NAME,
            kind: Kind::Counter,
            unit: "",
            help: "Requests answered.",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let labels: &dyn LabelSet = &Pairs(&[]);
        let mut start = 0;
        for (&end, &value) in self.ends.iter().zip(&self.values) {
            sink.series(&Series {
                labels,
                text: Some(SeriesText::new(&self.arena[start..end], NAME.len())),
                point: Point::Number(Number::U64(value)),
                start: None,
            });
            start = end;
        }
    }

    fn distinct(&self, _: usize) -> bool {
        self.distinct
    }
}

/// The ready text of histograms `latency_seconds` with 11 bounds.
struct Histograms(Vec<Vec<u8>>);

const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

impl Snapshot for Histograms {
    fn len(&self) -> usize {
        1
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "latency_seconds",
            kind: Kind::Histogram,
            unit: "seconds",
            help: "Time to answer.",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let labels: &dyn LabelSet = &Pairs(&[]);
        for (i, text) in self.0.iter().enumerate() {
            let counts = [1, 20, 300, 4000, 5000, 600, 70, 8, i as u64, 1, 0, 0];
            sink.series(&Series {
                labels,
                text: Some(SeriesText::new(text, "latency_seconds".len())),
                point: Point::Histogram(HistogramPoint {
                    bounds: &BOUNDS,
                    counts: &counts,
                    sum: Some(i as f64 * 0.37),
                    count: counts.iter().sum(),
                }),
                start: None,
            });
        }
    }

    fn distinct(&self, _: usize) -> bool {
        true
    }
}

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("exposition");
    let config = EncodeConfig::default();
    let mut run = |case: String, n: usize, snapshot: Box<dyn Snapshot>| {
        let snapshots = [snapshot];
        let mut merge = Merge::default();
        let mut out = Vec::new();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new(case, "vmotel-wire"), |b| {
            b.iter(|| {
                out.clear();
                let report = text::encode_with(&mut merge, &snapshots, &config, &mut out);
                black_box((report.samples, out.len()))
            });
        });
    };
    for n in [1_000, 10_000, 100_000] {
        run(
            format!("{}k counters, ready prefixes", n / 1000),
            n,
            Box::new(Counters::new(n, true)),
        );
    }
    run(
        "100k counters, ready prefixes, equality checked".to_owned(),
        100_000,
        Box::new(Counters::new(100_000, false)),
    );
    let texts = (0..10_000).map(|i| format!("latency_seconds{{route=\"/api/v1/items/{i}\"}} ").into_bytes());
    run(
        "10k histograms x 11 buckets, ready prefixes".to_owned(),
        10_000,
        Box::new(Histograms(texts.collect())),
    );
    group.finish();
}
