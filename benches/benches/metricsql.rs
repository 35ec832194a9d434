//! Parsing of MetricsQL: the whole set of queries, its PromQL part, and single queries by length.
//!
//! With the feature `peers`, `promql-parser` runs on the queries that it accepts, and ours on the same ones.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// One query per line with its class: PromQL (`P`), MetricsQL (`M`), neither (`E`).
const QUERIES: &str = include_str!("../../crates/vmotel-metricsql/tests/it/reference.tsv");

fn queries(classes: &str) -> Vec<&'static str> {
    let rows = QUERIES.lines().filter_map(|line| line.split_once('\t'));
    rows.filter(|(class, _)| classes.contains(class))
        .map(|(_, query)| query)
        .collect()
}

fn parse_all(queries: &[&str]) -> usize {
    queries
        .iter()
        .filter(|query| black_box(vmotel_metricsql::parse(black_box(query))).is_ok())
        .count()
}

fn metricsql(c: &mut Criterion) {
    let mut group = c.benchmark_group("metricsql");
    group
        .measurement_time(Duration::from_secs(3))
        .warm_up_time(Duration::from_secs(1));
    for (name, classes) in [("promql", "P"), ("metricsql", "M"), ("all", "PM")] {
        let queries = queries(classes);
        // The time per element is the time per query.
        group.throughput(Throughput::Elements(queries.len() as u64));
        group.bench_function(BenchmarkId::new(format!("parse {name}"), "vmotel"), |b| {
            b.iter(|| parse_all(&queries))
        });
    }
    let long = "sum(rate(http_requests_total{job=\"api\",code=~\"5..\",env!=\"dev\"}[5m])) by (job, instance) \
        / on (job, instance) group_left (version) sum(rate(http_requests_total{job=\"api\"}[5m])) by (job, instance) > 0.05";
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("parse dashboard", "vmotel"), |b| {
        b.iter(|| vmotel_metricsql::parse(black_box(long)).is_ok())
    });
    let expr = vmotel_metricsql::parse(long);
    group.bench_function(BenchmarkId::new("print dashboard", "vmotel"), |b| {
        b.iter(|| {
            black_box(&expr)
                .as_ref()
                .map(ToString::to_string)
                .map_or(0, |text| text.len())
        });
    });

    #[cfg(feature = "peers")]
    {
        let parses = |query: &str| promql_parser::parser::parse(query).is_ok();
        let shared: Vec<_> = queries("PM").into_iter().filter(|query| parses(query)).collect();
        group.throughput(Throughput::Elements(shared.len() as u64));
        group.bench_function(BenchmarkId::new("parse shared", "vmotel"), |b| {
            b.iter(|| parse_all(&shared))
        });
        group.bench_function(BenchmarkId::new("parse shared", "promql-parser"), |b| {
            b.iter(|| {
                shared
                    .iter()
                    .filter(|query| black_box(parses(black_box(query))))
                    .count()
            });
        });
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("parse dashboard", "promql-parser"), |b| {
            b.iter(|| parses(black_box(long)))
        });
    }
    group.finish();
}

criterion_group!(benches, metricsql);
criterion_main!(benches);
