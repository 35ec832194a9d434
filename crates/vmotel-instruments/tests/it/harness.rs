//! A provider of its own for each test, and what it would expose as sorted lines of text.

use std::{
    fmt::Display,
    sync::{Arc, Weak},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{
        InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality,
        data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics},
        reader::MetricReader,
    },
};
use vmotel_model::{Kind, Naming};

#[derive(Debug, Clone)]
struct SharedReader(Arc<ManualReader>);

impl MetricReader for SharedReader {
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

/// A meter provider whose metrics can be read at any time.
#[derive(Debug)]
pub(crate) struct Harness {
    provider: SdkMeterProvider,
    reader: SharedReader,
}

impl Harness {
    pub(crate) fn new() -> Self {
        let reader = SharedReader(Arc::new(ManualReader::builder().build()));
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        Self { provider, reader }
    }

    pub(crate) fn meter(&self) -> Meter {
        self.provider.meter("test")
    }

    /// Collects, and calls `each` with exposed name, kind and metric.
    fn visit(&self, mut each: impl FnMut(&str, Kind, &Metric)) {
        let mut metrics = ResourceMetrics::default();
        self.reader.collect(&mut metrics).expect("the reader collects");
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let kind = match metric.data() {
                AggregatedMetrics::F64(data) => kind(data),
                AggregatedMetrics::U64(data) => kind(data),
                AggregatedMetrics::I64(data) => kind(data),
            };
            let name = Naming::Parity
                .metric_name(metric.name(), metric.unit(), kind)
                .expect("the name is valid");
            each(&name, kind, metric);
        }
    }

    /// Returns a line for each family: `name kind unit help`.
    pub(crate) fn heads(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.visit(|name, kind, metric| {
            let (unit, help) = (metric.unit(), metric.description());
            lines.push(format!("{name} {kind:?} {unit} | {help}").to_lowercase());
        });
        lines.sort();
        lines
    }

    /// Returns a line for each series of the families whose names `filter` accepts, without `_sum` of histograms of
    /// seconds, whose value no test can know.
    pub(crate) fn series(&self, filter: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        self.visit(|name, _, metric| {
            if filter(name) {
                match metric.data() {
                    AggregatedMetrics::F64(data) => write_series(name, data, &mut lines),
                    AggregatedMetrics::U64(data) => write_series(name, data, &mut lines),
                    AggregatedMetrics::I64(data) => write_series(name, data, &mut lines),
                }
            }
        });
        lines.sort();
        lines
    }

    /// Returns the values of all series of a family that is no histogram.
    pub(crate) fn value(&self, family: &str) -> Option<f64> {
        let lines = self.series(|name| name == family);
        let value = lines.first()?.rsplit(' ').next()?;
        assert_eq!(lines.len(), 1, "{lines:?}");
        Some(value.parse().expect("a number"))
    }

    /// Returns sum and count of all series of a histogram.
    pub(crate) fn histogram(&self, family: &str) -> (f64, u64) {
        let mut result = (0.0, 0);
        self.visit(|name, _, metric| {
            if name == family {
                match metric.data() {
                    AggregatedMetrics::F64(MetricData::Histogram(data)) => {
                        for point in data.data_points() {
                            result = (result.0 + point.sum(), result.1 + point.count());
                        }
                    }
                    AggregatedMetrics::U64(MetricData::Histogram(data)) => {
                        for point in data.data_points() {
                            result = (result.0 + point.sum() as f64, result.1 + point.count());
                        }
                    }
                    other => panic!("{family} is {other:?}"),
                }
            }
        });
        result
    }
}

fn kind<T>(data: &MetricData<T>) -> Kind {
    match data {
        MetricData::Gauge(_) => Kind::Gauge,
        MetricData::Sum(sum) if sum.is_monotonic() => Kind::Counter,
        MetricData::Sum(_) => Kind::UpDownCounter,
        MetricData::Histogram(_) | MetricData::ExponentialHistogram(_) => Kind::Histogram,
    }
}

fn write_series<T: Copy + Display>(name: &str, data: &MetricData<T>, lines: &mut Vec<String>) {
    match data {
        MetricData::Gauge(gauge) => {
            lines.extend(
                gauge
                    .data_points()
                    .map(|p| format!("{name}{} {}", labels(p.attributes(), None), p.value())),
            );
        }
        MetricData::Sum(sum) => {
            lines.extend(
                sum.data_points()
                    .map(|p| format!("{name}{} {}", labels(p.attributes(), None), p.value())),
            );
        }
        MetricData::Histogram(histogram) => {
            for point in histogram.data_points() {
                let mut count = 0;
                let bounds = point
                    .bounds()
                    .map(|bound| bound.to_string())
                    .chain(["+Inf".to_owned()]);
                for (le, bucket) in bounds.zip(point.bucket_counts()) {
                    count += bucket;
                    lines.push(format!(
                        "{name}_bucket{} {count}",
                        labels(point.attributes(), Some(&le))
                    ));
                }
                lines.push(format!(
                    "{name}_count{} {}",
                    labels(point.attributes(), None),
                    point.count()
                ));
                if !name.ends_with("_seconds") {
                    lines.push(format!(
                        "{name}_sum{} {}",
                        labels(point.attributes(), None),
                        point.sum()
                    ));
                }
            }
        }
        MetricData::ExponentialHistogram(_) => panic!("{name}: no family has exponential histograms"),
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>, le: Option<&str>) -> String {
    let mut pairs: Vec<_> = attributes
        .map(|pair| format!("{}={:?}", pair.key, pair.value.as_str()))
        .collect();
    pairs.sort();
    pairs.extend(le.map(|le| format!("le={le:?}")));
    if pairs.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", pairs.join(","))
    }
}
