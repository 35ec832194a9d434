//! Reading from a real VictoriaMetrics with 10 million samples: decoding of what it answers, and whole exchanges.
//!
//! The server is filled once, when the bench starts. Decoding works on bodies that are in memory; whole exchanges go over loopback. With
//! `VMOTEL_BENCH_QUICK`, which `cargo xtask bench query --quick` sets, there is a tenth of it all.

mod data;
#[cfg(feature = "peers")]
mod peers;
mod vector;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use vmotel_query::{
    CsvDecoder, CsvFormat, ExportFormat, JsonLinesDecoder, MatrixDecoder, NativeDecoder, Progress,
    QueryClient,
};

use data::{Filled, short};

/// As a connection gives them.
const CHUNK: usize = 64 * 1024;

macro_rules! drain {
    ($decoder:expr, $body:expr) => {{
        let mut decoder = $decoder;
        let mut sum = 0.0;
        for mut chunk in $body.chunks(CHUNK) {
            while decoder.advance(&mut chunk).expect("a good body") == Progress::Block {
                sum += decoder.block().values.iter().sum::<f64>();
            }
        }
        decoder.finish().expect("a whole body");
        sum
    }};
}

fn decode(c: &mut Criterion, filled: &Filled) {
    let mut group = c.benchmark_group("query");
    group.sample_size(10);
    for (case, query) in [
        ("decode a range", filled.range(2_000)),
        ("decode rate(), 17 digits,", filled.rate(1_000)),
    ] {
        let body = filled.body_of_range(&query);
        let samples = drain_count(&body);
        let case = &format!("{case} of {} samples", short(samples));
        group.throughput(Throughput::Elements(samples));
        group.bench_function(BenchmarkId::new(case, "vmotel stream"), |b| {
            b.iter(|| drain!(MatrixDecoder::new(), black_box(&body)))
        });
        #[cfg(feature = "peers")]
        peers::range(&mut group, case, &body);
    }

    let lines = filled.export(1, &ExportFormat::JsonLines);
    let part = filled.series / data::GROUPS * data::SAMPLES;
    group.throughput(Throughput::Elements(part));
    let case = &format!("decode an export of {} samples, JSON lines", short(part));
    group.bench_function(BenchmarkId::new(case, "vmotel stream"), |b| {
        b.iter(|| drain!(JsonLinesDecoder::new(), black_box(&lines)))
    });
    #[cfg(feature = "peers")]
    peers::lines(&mut group, case, &lines);

    let format = CsvFormat::of_labels(data::LABELS);
    let rows = filled.export(1, &ExportFormat::Csv(format.clone()));
    group.bench_function(
        BenchmarkId::new(
            format!("decode an export of {} samples, CSV", short(part)),
            "vmotel stream",
        ),
        |b| b.iter(|| drain!(CsvDecoder::new(&format).expect("good columns"), black_box(&rows))),
    );

    let native = filled.export(data::GROUPS, &ExportFormat::Native);
    let all = filled.series * data::SAMPLES;
    group.throughput(Throughput::Elements(all));
    group.bench_function(
        BenchmarkId::new(
            format!("decode an export of {} samples, native", short(all)),
            "vmotel stream",
        ),
        |b| b.iter(|| drain!(NativeDecoder::new(), black_box(&native))),
    );
    group.finish();
}

fn drain_count(body: &[u8]) -> u64 {
    let mut decoder = MatrixDecoder::new();
    let mut input = body;
    while decoder.advance(&mut input).expect("a good body") == Progress::Block {}
    decoder.seen().1
}

fn exchange(c: &mut Criterion, filled: &Filled) {
    let mut group = c.benchmark_group("query");
    group.sample_size(10);
    let query = filled.range(2_000);
    let case = &format!("a range of {} samples end to end", short(filled.series * 2_000));
    group.bench_function(BenchmarkId::new(case, "draining the answer"), |b| {
        b.iter(|| filled.run(filled.drain(&query)))
    });
    group.bench_function(BenchmarkId::new(case, "vmotel stream"), |b| {
        b.iter(|| filled.run(stream(&filled.client, &query)))
    });
    group.bench_function(BenchmarkId::new(case, "vmotel columns"), |b| {
        b.iter(|| {
            filled
                .run(filled.client.query_range_columns(&query))
                .expect("an answer")
        })
    });
    #[cfg(feature = "peers")]
    peers::range_exchange(&mut group, case, filled, &query);

    group.sample_size(100);
    let case = "a small instant query end to end";
    let query = filled.small();
    group.bench_function(BenchmarkId::new(case, "bare request"), |b| {
        b.iter(|| filled.run(filled.bare(&query)))
    });
    group.bench_function(BenchmarkId::new(case, "vmotel"), |b| {
        b.iter(|| filled.run(filled.client.query(&query)).expect("an answer"))
    });
    #[cfg(feature = "peers")]
    peers::small_exchange(&mut group, case, filled, &query);
    group.finish();
}

async fn stream(client: &QueryClient, query: &vmotel_query::RangeQuery) -> f64 {
    let mut stream = client.query_range_stream(query).await.expect("an answer");
    let mut sum = 0.0;
    while let Some(block) = stream.next().await.expect("a whole answer") {
        sum += block.values.iter().sum::<f64>();
    }
    sum
}

fn all(c: &mut Criterion) {
    let filled = Filled::start().expect("a server with 10 million samples");
    decode(c, &filled);
    exchange(c, &filled);
    vector::all(c, &filled);
}

criterion_group! {
    name = query;
    config = Criterion::default().measurement_time(Duration::from_secs(5));
    targets = all
}

fn main() {
    if !vector::measured() {
        query();
        Criterion::default().configure_from_args().final_summary();
    }
}
