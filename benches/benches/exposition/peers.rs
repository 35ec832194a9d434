//! Scrapes of the peers that have registries of their own: the same series as in `registry`.

use std::time::Duration;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, measurement::WallTime};

const NAME: &str = "http_requests";
const LABELS: [&str; 3] = ["method", "path", "status_code"];
const COUNTS: [usize; 3] = [1_000, 10_000, 100_000];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exposition");
    group
        .sample_size(15)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    for n in COUNTS {
        prometheus(&mut group, n);
        prometheus_client(&mut group, n);
        metrics(&mut group, n);
        fastmetrics(&mut group, n);
    }
    group.finish();
}

/// The labels and value of each counter.
fn counters(n: usize) -> impl Iterator<Item = ([String; 3], u64)> {
    (0..n).map(|i| {
        let labels = [
            ["GET", "POST", "PUT"][i % 3].to_owned(),
            format!("/api/v1/users/{}", i / 3),
            "200".to_owned(),
        ];
        (labels, ((i * 2_654_435_761) % 1_000_000) as u64)
    })
}

fn case(n: usize, subject: &str) -> BenchmarkId {
    BenchmarkId::new(format!("{}k counters", n / 1000), subject)
}

fn prometheus(group: &mut Group<'_>, n: usize) {
    use prometheus::{Encoder, IntCounterVec, Opts, Registry, TextEncoder};

    let registry = Registry::new();
    let family = IntCounterVec::new(Opts::new(NAME, "help"), &LABELS).expect("a good name");
    registry.register(Box::new(family.clone())).expect("it is new");
    counters(n).for_each(|(labels, value)| family.with_label_values(&labels).inc_by(value));
    let mut out = Vec::new();
    group.bench_function(case(n, "prometheus"), |b| {
        b.iter(|| {
            out.clear();
            TextEncoder::new()
                .encode(&registry.gather(), &mut out)
                .expect("it encodes");
        });
    });
}

fn prometheus_client(group: &mut Group<'_>, n: usize) {
    use prometheus_client::{
        encoding::text::encode,
        metrics::{counter::Counter, family::Family},
        registry::Registry,
    };

    let mut registry = Registry::default();
    let family = Family::<[(&str, String); 3], Counter>::default();
    registry.register(NAME, "help", family.clone());
    for ([a, b, c], value) in counters(n) {
        let labels = [(LABELS[0], a), (LABELS[1], b), (LABELS[2], c)];
        family.get_or_create(&labels).inc_by(value);
    }
    let mut out = String::new();
    group.bench_function(case(n, "prometheus-client"), |b| {
        b.iter(|| {
            out.clear();
            encode(&mut out, &registry).expect("it encodes");
        });
    });
}

fn metrics(group: &mut Group<'_>, n: usize) {
    use metrics::{counter, with_local_recorder};
    use metrics_exporter_prometheus::PrometheusBuilder;

    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    with_local_recorder(&recorder, || {
        for ([a, b, c], value) in counters(n) {
            counter!(NAME, LABELS[0] => a, LABELS[1] => b, LABELS[2] => c).increment(value);
        }
    });
    group.bench_function(case(n, "metrics"), |b| b.iter(|| handle.render()));
}

fn fastmetrics(group: &mut Group<'_>, n: usize) {
    use fastmetrics::{
        format::text::{self, TextProfile},
        metrics::{counter::Counter, family::Family},
        registry::Registry,
    };

    #[derive(Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
    struct Labels {
        method: String,
        path: String,
        status_code: String,
    }

    let mut registry = Registry::default();
    let family = Family::<Labels, Counter>::default();
    registry
        .register(NAME, "help", family.clone())
        .expect("it is new");
    for ([method, path, status_code], value) in counters(n) {
        let labels = Labels {
            method,
            path,
            status_code,
        };
        family.with_or_new(&labels, |counter| {
            counter.inc_by(value);
        });
    }
    let mut out = String::new();
    group.bench_function(case(n, "fastmetrics"), |b| {
        b.iter(|| {
            out.clear();
            text::encode(&mut out, &registry, TextProfile::default()).expect("it encodes");
        });
    });
}
