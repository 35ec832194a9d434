//! What `opentelemetry-proto` and prost read in bodies of OTLP and remote write.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{
        AggregationTemporality, NumberDataPoint, exponential_histogram_data_point::Buckets, metric::Data,
        number_data_point,
    },
};
use prost::Message;

use crate::python::Read;

/// Remote write 1.0, by its specification.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) timeseries: Vec<TimeSeries>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) metadata: Vec<MetricMetadata>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Label {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Sample {
    #[prost(double, tag = "1")]
    pub(crate) value: f64,
    #[prost(int64, tag = "2")]
    pub(crate) timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MetricMetadata {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(string, tag = "2")]
    pub(crate) metric_family_name: String,
    #[prost(string, tag = "4")]
    pub(crate) help: String,
}

/// Reads remote write: every series has one sample at `millis`, and its labels are sorted.
pub(crate) fn remote_write(body: &[u8], millis: i64) -> Vec<Read> {
    let request = WriteRequest::decode(body).expect("prost reads the request");
    request
        .timeseries
        .into_iter()
        .map(|series| {
            assert_eq!(series.samples.len(), 1);
            assert_eq!(series.samples[0].timestamp, millis);
            let sorted = series.labels.windows(2).all(|pair| pair[0].name < pair[1].name);
            assert!(sorted, "{:?}", series.labels);
            let mut labels: BTreeMap<_, _> = series
                .labels
                .into_iter()
                .map(|label| (label.name, label.value))
                .collect();
            Read {
                name: labels.remove("__name__").expect("a series has a name"),
                labels,
                value: series.samples[0].value,
            }
        })
        .collect()
}

/// Reads OTLP as VictoriaMetrics stores it, and checks that it is in the one shape that is sent.
pub(crate) fn otlp(body: &[u8], nanos: u64, stale: bool) -> Vec<Read> {
    let request = ExportMetricsServiceRequest::decode(body).expect("prost reads the request");
    assert_eq!(request.resource_metrics.len(), 1);
    let resource = &request.resource_metrics[0];
    assert!(resource.resource.is_none() && resource.schema_url.is_empty());
    assert_eq!(resource.scope_metrics.len(), 1);
    let scope = &resource.scope_metrics[0];
    assert!(scope.scope.is_none());
    let mut read = Vec::new();
    let is_cumulative = |temporality| assert_eq!(temporality, AggregationTemporality::Cumulative as i32);
    for metric in &scope.metrics {
        assert_eq!(metric.unit, "");
        let name = metric.name.as_str();
        let mut add = |suffix: &str, labels: BTreeMap<String, String>, value: f64| {
            read.push(Read {
                name: format!("{name}{suffix}"),
                labels,
                value,
            });
        };
        let check = |time, flags| {
            assert_eq!(time, nanos);
            assert_eq!(flags, u32::from(stale));
        };
        let mut numbers = |points: &[NumberDataPoint]| {
            for point in points {
                check(point.time_unix_nano, point.flags);
                let value = match point.value.expect("a point has a value") {
                    number_data_point::Value::AsDouble(value) => value,
                    number_data_point::Value::AsInt(n) => n as f64,
                };
                add("", labels(&point.attributes), value);
            }
        };
        match metric.data.as_ref().expect("a metric has data") {
            Data::Gauge(gauge) => numbers(&gauge.data_points),
            Data::Sum(sum) => {
                is_cumulative(sum.aggregation_temporality);
                assert!(!sum.is_monotonic || name.ends_with("_total"));
                numbers(&sum.data_points);
            }
            Data::Histogram(histogram) => {
                is_cumulative(histogram.aggregation_temporality);
                for point in &histogram.data_points {
                    check(point.time_unix_nano, point.flags);
                    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                    let labels = labels(&point.attributes);
                    let mut total = 0;
                    let bounds = point.explicit_bounds.iter().copied().chain([f64::INFINITY]);
                    for (bound, count) in bounds.zip(&point.bucket_counts) {
                        total += count;
                        let le = if bound.is_infinite() && bound > 0.0 {
                            "+Inf".to_owned()
                        } else {
                            format!("{bound}")
                        };
                        add("_bucket", with(&labels, "le", &le), total as f64);
                    }
                    assert_eq!(point.count, total);
                    add("_count", labels.clone(), point.count as f64);
                    if let Some(sum) = point.sum {
                        add("_sum", labels, sum);
                    }
                }
            }
            Data::ExponentialHistogram(histogram) => {
                is_cumulative(histogram.aggregation_temporality);
                for point in &histogram.data_points {
                    check(point.time_unix_nano, point.flags);
                    assert!(point.scale <= 5);
                    let labels = labels(&point.attributes);
                    let run = |buckets: &Option<Buckets>| {
                        buckets
                            .as_ref()
                            .map_or((0, Vec::new()), |run| (run.offset, run.bucket_counts.clone()))
                    };
                    for (sign, (offset, counts)) in [("+", run(&point.positive)), ("-", run(&point.negative))]
                    {
                        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                            let range = format!("{sign}{}@{}", offset + at as i32, point.scale);
                            add("_bucket", with(&labels, "vmrange", &range), *count as f64);
                        }
                    }
                    if point.zero_count > 0 {
                        add("_bucket", with(&labels, "vmrange", "0"), point.zero_count as f64);
                    }
                    add("_count", labels.clone(), point.count as f64);
                    if let Some(sum) = point.sum {
                        add("_sum", labels, sum);
                    }
                }
            }
            Data::Summary(summary) => {
                for point in &summary.data_points {
                    check(point.time_unix_nano, point.flags);
                    let labels = labels(&point.attributes);
                    for quantile in &point.quantile_values {
                        let q = format!("{}", quantile.quantile);
                        add("", with(&labels, "quantile", &q), quantile.value);
                    }
                    add("_count", labels.clone(), point.count as f64);
                    add("_sum", labels, point.sum);
                }
            }
        }
    }
    // The server drops them; only the sum of a summary can be one.
    read.retain(|series| !series.value.is_nan() || stale);
    read
}

fn with(labels: &BTreeMap<String, String>, name: &str, value: &str) -> BTreeMap<String, String> {
    let mut labels = labels.clone();
    assert_eq!(labels.insert(name.to_owned(), value.to_owned()), None);
    labels
}

/// Returns attributes, all of them strings and sorted.
fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    assert!(
        attributes.windows(2).all(|pair| pair[0].key < pair[1].key),
        "{attributes:?}"
    );
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
            match value {
                Some(Value::StringValue(value)) => (attribute.key.clone(), value.clone()),
                other => panic!("{} is {other:?}, not a string", attribute.key),
            }
        })
        .collect()
}
