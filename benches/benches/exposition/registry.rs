//! A scrape of a registry: collect, visit, render text 0.0.4.

use criterion::{BenchmarkId, Criterion};
use std::time::Duration;
use vmotel_model::{MetricSource, VisitConfig};
use vmotel_registry::{Registry, RegistryConfig};
use vmotel_wire::{EncodeConfig, Merge, text};

const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exposition");
    group
        .sample_size(15)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    let (visit, encode) = (VisitConfig::default(), EncodeConfig::default());
    let mut run = |case: String, registry: &Registry| {
        let (mut merge, mut out) = (Merge::default(), Vec::new());
        group.bench_function(BenchmarkId::new(case, "vmotel-registry"), |b| {
            b.iter(|| {
                out.clear();
                let snapshots = [registry.snapshot(&visit)];
                text::encode_with(&mut merge, &snapshots, &encode, &mut out)
            });
        });
    };
    for ready_text in [true, false] {
        for n in [1_000, 10_000, 100_000, 1_000_000] {
            let registry = Registry::with_config(RegistryConfig {
                per_metric: n,
                total: n,
                ready_text,
                ..RegistryConfig::default()
            });
            let family = registry
                .counter_family("http_requests_total", ["method", "path", "status_code"])
                .expect("a good name");
            for round in 0..3 {
                for i in 0..n {
                    let value = (i * 2_654_435_761) % 1_000_000;
                    family.add(
                        [
                            ["GET", "POST", "PUT"][i % 3],
                            &format!("/api/v1/users/{}", i / 3),
                            "200",
                        ],
                        if round == 0 { value as u64 } else { 1 },
                    );
                }
            }
            run(
                format!("{}k counters{}", n / 1000, if ready_text { "" } else { ", lean" }),
                &registry,
            );
        }
    }
    let registry = Registry::new();
    let family = registry
        .bucket_histogram_family("latency_seconds", ["path"], BOUNDS)
        .expect("a good name");
    let ranges = Registry::new();
    let vmrange = ranges
        .histogram_family("latency_seconds", ["path"])
        .expect("a good name");
    for i in 0..10_000 {
        let path = format!("/api/v1/items/{i}");
        for k in 0..20 {
            family.record([&path], f64::from((i * 7 + k * 13) % 1000) / 100.0);
            vmrange.record([&path], f64::from((i * 7 + k * 13) % 1000) / 100.0);
        }
    }
    run("10k histograms x 11 buckets".to_owned(), &registry);
    run("10k vmrange histograms".to_owned(), &ranges);
    group.finish();
}
