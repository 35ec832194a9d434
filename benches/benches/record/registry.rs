//! vmotel-registry.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, measurement::WallTime};
use opentelemetry::{KeyValue, metrics::MeterProvider};
use vmotel_registry::{Registry, RegistryConfig, RegistryMeterProvider};

use super::subject::{BOUNDS, LABELS, Set, by_labels, handle, histogram, sets};

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

    front(group, &registry);

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

/// The OpenTelemetry API on the registry; attributes are made inside the call, as for the SDK.
fn front(group: &mut BenchmarkGroup<'_, WallTime>, registry: &Registry) {
    const SUBJECT: &str = "vmotel-registry, OpenTelemetry";
    let meter = RegistryMeterProvider::new(registry).meter("bench");
    let attributes = |set: &Set| {
        let [a, b, c] = set.clone();
        [
            KeyValue::new(LABELS[0], a),
            KeyValue::new(LABELS[1], b),
            KeyValue::new(LABELS[2], c),
        ]
    };
    let set = attributes(&["GET".to_owned(), "/".to_owned(), "200".to_owned()]);
    let bound = meter.u64_counter("one").build().bind(&set);
    handle(group, SUBJECT, || black_box(&bound).add(1));
    let counter = meter.u64_counter("c").build();
    by_labels(group, SUBJECT, |set| counter.add(1, &attributes(set)));
    let buckets = meter
        .f64_histogram("b")
        .with_boundaries(BOUNDS.to_vec())
        .build()
        .bind(&set);
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).record(value)
    });
}
