//! What is recorded before the pushes.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{
        Instrument, InstrumentKind, Pipeline, SdkMeterProvider, Stream, Temporality, data::ResourceMetrics,
        reader::MetricReader,
    },
};
use vmotel_exporter::SdkReader;

/// What is recorded before the pushes, in series of 8 attributes.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    Counters(usize),
    Histograms(usize),
}

const BOUNDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

impl Load {
    pub(crate) fn series(self) -> usize {
        let (Self::Counters(n) | Self::Histograms(n)) = self;
        n
    }

    pub(crate) fn samples(self) -> usize {
        match self {
            Self::Counters(n) => n,
            Self::Histograms(n) => n * (BOUNDS.len() + 3),
        }
    }

    pub(crate) fn id(self) -> String {
        match self {
            Self::Counters(n) => format!("{}k counters, 8 labels", n / 1000),
            Self::Histograms(n) => format!("{}k histograms, 8 labels, 10 bounds", n / 1000),
        }
    }

    pub(crate) fn fill(self, reader: impl MetricReader) -> SdkMeterProvider {
        let limit = self.series() + 1;
        let view = move |_: &Instrument| Stream::builder().with_cardinality_limit(limit).build().ok();
        let provider = SdkMeterProvider::builder()
            .with_reader(reader)
            .with_view(view)
            .build();
        let meter = provider.meter("bench");
        let attributes = |i: usize| {
            [
                KeyValue::new("http.request.method", ["GET", "POST", "PUT", "DELETE"][i % 4]),
                KeyValue::new("http.route", format!("/api/v1/resource/{}/items", i / 64)),
                KeyValue::new(
                    "http.response.status_code",
                    ["200", "201", "404", "500"][i / 4 % 4],
                ),
                KeyValue::new("network.protocol.version", ["1.1", "2"][i / 16 % 2]),
                KeyValue::new("server.address", ["a.shop.example", "b.shop.example"][i / 32 % 2]),
                KeyValue::new("url.scheme", "https"),
                KeyValue::new("deployment.environment", "production"),
                KeyValue::new("k8s.namespace.name", "shop"),
            ]
        };
        match self {
            Self::Counters(n) => {
                let counter = meter.u64_counter("http.server.requests").build();
                for i in 0..n {
                    counter.add((i as u64 * 2_654_435_761) % 1_000_000, &attributes(i));
                }
            }
            Self::Histograms(n) => {
                let histogram = meter
                    .f64_histogram("http.server.request.duration")
                    .with_unit("s")
                    .with_boundaries(BOUNDS.to_vec())
                    .build();
                for i in 0..n {
                    for k in 0..20 {
                        histogram.record(((i * 31 + k * 977) % 6000) as f64 / 1000.0, &attributes(i));
                    }
                }
            }
        }
        provider
    }
}

/// A reader that can be asked from outside of its provider.
#[derive(Debug)]
pub(crate) struct Shared(pub(crate) Arc<SdkReader>);

impl MetricReader for Shared {
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
