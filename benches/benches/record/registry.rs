//! vmotel-registry.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, measurement::WallTime};
use vmotel_registry::{Registry, RegistryConfig};

use super::subject::{BOUNDS, LABELS, by_labels, handle, histogram, sets};

const SUBJECT: &str = "vmotel-registry";

fn registry() -> Registry {
    Registry::with_config(RegistryConfig {
        per_metric: 1_000_000,
        total: 1_000_000,
        ..RegistryConfig::default()
    })
}

pub(crate) fn bench(group: &mut BenchmarkGroup<'_, WallTime>) {
    let registry = registry();
    let counter = registry.counter("one").expect("a good name");
    handle(group, SUBJECT, || black_box(&counter).add(1));

    let family = registry.counter_family("c", LABELS).expect("a good name");
    by_labels(group, SUBJECT, |set| family.add([&set[0], &set[1], &set[2]], 1));

    let vmrange = registry.histogram("h").expect("a good name");
    histogram(group, "vmrange handle", SUBJECT, |value| {
        black_box(&vmrange).record(value);
    });
    let buckets = registry.bucket_histogram("b", BOUNDS).expect("a good name");
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).record(value);
    });
    let summary = registry.summary("s", &Default::default()).expect("a good name");
    histogram(group, "summary handle", SUBJECT, |value| {
        black_box(&summary).record(value);
    });

    let sets = sets(10_000);
    group.bench_function(BenchmarkId::new("10k new series", SUBJECT), |b| {
        let new = || self::registry().counter_family("c", LABELS).expect("a good name");
        b.iter_batched_ref(
            new,
            |family| {
                sets.iter()
                    .for_each(|set| family.add([&set[0], &set[1], &set[2]], 1))
            },
            BatchSize::LargeInput,
        );
    });
}
