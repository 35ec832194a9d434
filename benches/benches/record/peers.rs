//! The peers that are crates.

use std::hint::black_box;

use criterion::{BenchmarkGroup, measurement::WallTime};

use super::subject::{BOUNDS, LABELS, Set, by_labels, handle, histogram};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

pub(crate) fn bench(group: &mut Group<'_>) {
    sdk(group);
    tikv(group);
    prometheus_client(group);
    metrics(group);
    fastmetrics(group);
    measured(group);
}

fn sdk(group: &mut Group<'_>) {
    use opentelemetry::{KeyValue, metrics::MeterProvider};
    use opentelemetry_sdk::metrics::{Instrument, ManualReader, SdkMeterProvider, Stream};

    const SUBJECT: &str = "opentelemetry_sdk";
    let view = |_: &Instrument| Stream::builder().with_cardinality_limit(20_000).build().ok();
    let provider = SdkMeterProvider::builder()
        .with_reader(ManualReader::default())
        .with_view(view)
        .build();
    let meter = provider.meter("bench");
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

fn tikv(group: &mut Group<'_>) {
    use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts};

    const SUBJECT: &str = "prometheus";
    let counter = IntCounter::new("one", "help").expect("a good name");
    handle(group, SUBJECT, || black_box(&counter).inc());
    let family = IntCounterVec::new(Opts::new("c", "help"), &LABELS).expect("a good name");
    by_labels(group, SUBJECT, |set| family.with_label_values(set).inc());
    let buckets = HistogramOpts::new("b", "help").buckets(BOUNDS.to_vec());
    let buckets = Histogram::with_opts(buckets).expect("a good name");
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).observe(value)
    });
}

fn prometheus_client(group: &mut Group<'_>) {
    use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

    const SUBJECT: &str = "prometheus-client";
    let counter = Counter::<u64>::default();
    handle(group, SUBJECT, || {
        black_box(&counter).inc();
    });
    let family = Family::<[(&str, String); 3], Counter>::default();
    by_labels(group, SUBJECT, |set| {
        let [a, b, c] = set.clone();
        family
            .get_or_create(&[(LABELS[0], a), (LABELS[1], b), (LABELS[2], c)])
            .inc();
    });
    let buckets = Histogram::new(BOUNDS);
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).observe(value)
    });
}

fn metrics(group: &mut Group<'_>) {
    use metrics::{counter, with_local_recorder};
    use metrics_exporter_prometheus::PrometheusBuilder;

    const SUBJECT: &str = "metrics";
    let recorder = PrometheusBuilder::new().build_recorder();
    let one = with_local_recorder(&recorder, || counter!("one"));
    handle(group, SUBJECT, || black_box(&one).increment(1));
    with_local_recorder(&recorder, || {
        by_labels(group, SUBJECT, |set| {
            let [a, b, c] = set.clone();
            counter!("c", LABELS[0] => a, LABELS[1] => b, LABELS[2] => c).increment(1);
        });
    });
}

fn fastmetrics(group: &mut Group<'_>) {
    use fastmetrics::metrics::{counter::Counter, family::Family, histogram::Histogram};

    #[derive(Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
    struct Labels {
        method: String,
        path: String,
        status_code: String,
    }

    const SUBJECT: &str = "fastmetrics";
    let counter = Counter::<u64>::default();
    handle(group, SUBJECT, || {
        black_box(&counter).inc();
    });
    let family = Family::<Labels, Counter>::default();
    by_labels(group, SUBJECT, |set| {
        let [method, path, status_code] = set.clone();
        let labels = Labels {
            method,
            path,
            status_code,
        };
        family.with_or_new(&labels, |counter| {
            counter.inc();
        });
    });
    let buckets = Histogram::new(BOUNDS);
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).observe(value);
    });
}

fn measured(group: &mut Group<'_>) {
    use measured::{Counter, Histogram, metric::histogram::Thresholds};

    const SUBJECT: &str = "measured";
    let counter = Counter::new();
    handle(group, SUBJECT, || black_box(&counter).get_metric().inc());
    let buckets = Histogram::with_metadata(Thresholds::with_buckets(BOUNDS));
    histogram(group, "11 buckets handle", SUBJECT, |value| {
        black_box(&buckets).get_metric().observe(value);
    });
}
