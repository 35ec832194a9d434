//! The hot paths of vmotel-cardinality: the check of a label set, and URLs beside the peer `iriq` (feature `peers`).

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vmotel_cardinality::{Controller, ControllerConfig, SharedUrlCache, UrlCache, UrlConfig, UrlNormalizer};

const URLS: &str = include_str!("../../crates/vmotel-cardinality/tests/data/urls.tsv");

fn check(c: &mut Criterion) {
    let mut group = c.benchmark_group("cardinality/check");
    let config = ControllerConfig {
        per_label: 200,
        per_metric: 4_000,
        ..ControllerConfig::default()
    };
    let controller = Controller::new(config).expect("the limits are in range");
    let metric = controller
        .metric("m", &["method", "path", "status"])
        .expect("a metric within the limit");
    let paths: Vec<String> = (0..100).map(|number| format!("/api/route{number}/:id")).collect();
    for path in &paths {
        for status in ["200", "404", "500"] {
            let _admitted = metric.check(&["GET", path, status]);
        }
    }
    let mut at = 0;
    group.bench_function("known", |b| {
        b.iter(|| {
            at = (at + 1) % paths.len();
            metric.check(black_box(&["GET", &paths[at], "200"]))
        });
    });
    group.bench_function("known/pairs", |b| {
        b.iter(|| {
            at = (at + 1) % paths.len();
            metric.check_pairs(
                black_box(&[("status", "200"), ("path", &paths[at]), ("method", "GET")]),
                1,
            )
        });
    });
    let unknown: Vec<String> = (0..1 << 16).map(|number| format!("/user-{number}")).collect();
    for value in &unknown[..2_000] {
        let _folded = metric.check(&["GET", value, "200"]);
    }
    group.bench_function("unknown", |b| {
        b.iter(|| {
            at = (at + 1) % unknown.len();
            metric.check(black_box(&["GET", &unknown[at], "200"]))
        });
    });
    group.finish();
}

fn urls(c: &mut Criterion) {
    let urls: Vec<&str> = URLS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(raw, _)| raw)
        .collect();
    let mut group = c.benchmark_group("cardinality/url");
    group.throughput(Throughput::Elements(urls.len() as u64));
    let normalizer = UrlNormalizer::default();
    group.bench_function("vmotel", |b| {
        b.iter(|| {
            urls.iter()
                .map(|url| normalizer.normalize(black_box(url)).len())
                .sum::<usize>()
        });
    });
    let bounded = UrlNormalizer::new(&UrlConfig::requests()).expect("the options are in range");
    group.bench_function("vmotel/second-level", |b| {
        b.iter(|| {
            urls.iter()
                .map(|url| bounded.normalize(black_box(url)).len())
                .sum::<usize>()
        });
    });
    let mut cache = UrlCache::new(1_024);
    group.bench_function("vmotel/cached", |b| {
        b.iter(|| {
            urls.iter()
                .map(|url| cache.normalize(&normalizer, black_box(url)).len())
                .sum::<usize>()
        });
    });
    let shared = SharedUrlCache::new(UrlNormalizer::default(), 4_096);
    group.bench_function("vmotel/cached-shared", |b| {
        b.iter(|| {
            urls.iter()
                .map(|url| shared.with(black_box(url), str::len))
                .sum::<usize>()
        });
    });
    let absolute: Vec<String> = urls
        .iter()
        .filter(|url| url.starts_with('/'))
        .map(|url| format!("https://example.com{url}"))
        .collect();
    group.throughput(Throughput::Elements(absolute.len() as u64));
    group.bench_function("vmotel/absolute", |b| {
        b.iter(|| {
            absolute
                .iter()
                .map(|url| normalizer.normalize(black_box(url)).len())
                .sum::<usize>()
        });
    });
    #[cfg(feature = "peers")]
    group.bench_function("iriq/absolute", |b| {
        b.iter(|| {
            absolute
                .iter()
                .map(|url| iriq::normalize(black_box(url)).map_or(0, |url| url.len()))
                .sum::<usize>()
        });
    });
    group.finish();

    let mut group = c.benchmark_group("cardinality/one-url");
    for url in [
        "/api/v1/users",
        "/api/users/123",
        "/static/js/main.61250eb8.js",
        "/users/jane%40example.org?x=1",
    ] {
        group.bench_with_input(BenchmarkId::from_parameter(url), url, |b, url| {
            b.iter(|| normalizer.normalize(black_box(url)).len());
        });
    }
    let long = format!("/x/{}", "ab1-".repeat(1 << 18));
    group.bench_function("1-MiB", |b| {
        b.iter_batched(
            || long.as_str(),
            |url| normalizer.normalize(url).len(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, check, urls);
criterion_main!(benches);
