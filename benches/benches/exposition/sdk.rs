//! A scrape of an `SdkMeterProvider`: collect, translate, render text 0.0.4; ours and, with the feature `peers`, the others.
//!
//! All subjects expose the same series in one run. A case of its own shows the SDK's part, which every exporter on it pays.

use criterion::{BenchmarkId, Criterion};
use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::metrics::{
    Instrument, SdkMeterProvider, Stream, data::ResourceMetrics, reader::MetricReader,
};
use std::{sync::Arc, time::Duration};
use vmotel_exporter::SdkSource;
use vmotel_model::{MetricSource, VisitConfig};
use vmotel_wire::{EncodeConfig, Merge, text};

/// What is recorded before the scrapes.
#[derive(Clone, Copy)]
enum Load {
    Counters(usize),
    Histograms(usize),
}

impl Load {
    fn case(self) -> String {
        match self {
            Self::Counters(n) => format!("{}k counters on the SDK", n / 1000),
            Self::Histograms(n) => format!("{}k histograms x 11 buckets on the SDK", n / 1000),
        }
    }

    fn series(self) -> usize {
        match self {
            Self::Counters(n) | Self::Histograms(n) => n,
        }
    }

    /// Records one value in each of the series, which have three attributes.
    fn fill(self, reader: impl MetricReader) -> SdkMeterProvider {
        // As much room as the case needs: the SDK sizes its tables by the limit and walks all of them.
        let limit = self.series() + 1;
        let view = move |_: &Instrument| Stream::builder().with_cardinality_limit(limit).build().ok();
        let provider = SdkMeterProvider::builder()
            .with_reader(reader)
            .with_view(view)
            .build();
        let meter = provider.meter("bench");
        let attributes = |i: usize| {
            [
                KeyValue::new("method", ["GET", "POST", "PUT", "DELETE"][i % 4]),
                KeyValue::new("route", format!("/api/v1/resource/{}", i / 8)),
                KeyValue::new("status", ["200", "500"][i / 4 % 2]),
            ]
        };
        match self {
            Self::Counters(n) => {
                let counter = meter.u64_counter("http.requests").build();
                for i in 0..n {
                    counter.add(i as u64 * 7 + 1, &attributes(i));
                }
            }
            Self::Histograms(n) => {
                let bounds = vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
                let histogram = meter
                    .f64_histogram("http.duration")
                    .with_unit("s")
                    .with_boundaries(bounds)
                    .build();
                for i in 0..n {
                    histogram.record(i as f64 / n as f64 * 6.0, &attributes(i));
                }
            }
        }
        provider
    }
}

pub(crate) fn bench(criterion: &mut Criterion) {
    for load in [
        Load::Counters(1_000),
        Load::Counters(10_000),
        Load::Counters(100_000),
        Load::Histograms(10_000),
    ] {
        let case = load.case();
        let mut group = criterion.benchmark_group("exposition");
        group
            .sample_size(15)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3));

        let source = SdkSource::new();
        let provider = load.fill(source.reader());
        let (visit, encode) = (VisitConfig::default(), EncodeConfig::default());
        let (mut merge, mut out) = (Merge::default(), Vec::new());
        group.bench_function(BenchmarkId::new(&case, "vmotel-exporter"), |b| {
            b.iter(|| {
                out.clear();
                let snapshots = [source.snapshot(&visit)];
                text::encode_with(&mut merge, &snapshots, &encode, &mut out)
            });
        });
        drop(provider);

        let reader = Arc::new(SdkSource::new().reader());
        let provider = load.fill(shared::Reader(Arc::clone(&reader)));
        let mut metrics = ResourceMetrics::default();
        group.bench_function(
            BenchmarkId::new(format!("{case}, its collect alone"), "opentelemetry_sdk"),
            |b| b.iter(|| reader.collect(&mut metrics)),
        );
        drop(provider);

        #[cfg(feature = "peers")]
        peers::run(&mut group, load, &case);
        group.finish();
    }
}

/// A reader that can be asked from outside of its provider.
mod shared {
    use std::{
        sync::{Arc, Weak},
        time::Duration,
    };

    use opentelemetry_sdk::{
        error::OTelSdkResult,
        metrics::{InstrumentKind, Pipeline, Temporality, data::ResourceMetrics, reader::MetricReader},
    };
    use vmotel_exporter::SdkReader;

    #[derive(Debug)]
    pub(crate) struct Reader(pub(crate) Arc<SdkReader>);

    impl MetricReader for Reader {
        fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
            self.0.register_pipeline(pipeline);
        }

        fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
            self.0.collect(metrics)
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.0.force_flush()
        }

        fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
            self.0.shutdown_with_timeout(timeout)
        }

        fn temporality(&self, kind: InstrumentKind) -> Temporality {
            self.0.temporality(kind)
        }
    }
}

#[cfg(feature = "peers")]
mod peers {
    use criterion::{BenchmarkGroup, BenchmarkId, measurement::WallTime};
    use opentelemetry_prometheus_text_exporter::PrometheusExporter;
    use prometheus::{Encoder, Registry, TextEncoder};

    use super::Load;

    pub(crate) fn run(group: &mut BenchmarkGroup<'_, WallTime>, load: Load, case: &str) {
        let mut out = Vec::new();
        let exporter = PrometheusExporter::builder().build();
        let provider = load.fill(exporter.clone());
        group.bench_function(
            BenchmarkId::new(case, "opentelemetry-prometheus-text-exporter"),
            |b| {
                b.iter(|| {
                    out.clear();
                    exporter.export(&mut out)
                });
            },
        );
        drop(provider);

        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build();
        let provider = load.fill(exporter.expect("the registry is new"));
        group.bench_function(BenchmarkId::new(case, "opentelemetry-prometheus"), |b| {
            b.iter(|| {
                out.clear();
                TextEncoder::new().encode(&registry.gather(), &mut out)
            });
        });
        drop(provider);
    }
}
