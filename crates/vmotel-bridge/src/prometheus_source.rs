//! A registry of the crate `prometheus`.

use std::fmt;

use prometheus::{
    Registry,
    proto::{LabelPair, Metric, MetricFamily, MetricType},
};
use vmotel_model::{Kind, MetricSource, Number, Quantile, Snapshot, VisitConfig};

use crate::collected::{Buckets, Collected, OwnedFamily, OwnedSeries, Value};

/// A registry of the crate `prometheus` as a source: its metrics under their names, gathered at each collection.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use prometheus::{IntCounter, Registry};
/// use vmotel_bridge::PrometheusSource;
/// use vmotel_exporter::{Exporter, Format};
///
/// let registry = Registry::new();
/// let jobs = IntCounter::new("jobs_total", "Jobs that are done")?;
/// registry.register(Box::new(jobs.clone()))?;
/// jobs.inc_by(3);
///
/// let source = Arc::new(PrometheusSource::new(registry));
/// let exporter = Exporter::builder().with_global(false).with_source("prometheus", source).build()?;
/// assert!(exporter.scrape(Format::Text)?.contains("\njobs_total 3\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PrometheusSource {
    registry: Registry,
}

impl PrometheusSource {
    /// Makes a source of a registry; that of the crate itself is `prometheus::default_registry().clone()`.
    #[must_use]
    pub const fn new(registry: Registry) -> Self {
        Self { registry }
    }
}

impl fmt::Debug for PrometheusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusSource").finish_non_exhaustive()
    }
}

impl MetricSource for PrometheusSource {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(Collected(
            self.registry.gather().iter().filter_map(family).collect(),
        ))
    }
}

/// Returns a family; none if it has no type, which the crate makes none of and its own encoder cannot write.
fn family(family: &MetricFamily) -> Option<OwnedFamily> {
    let (kind, value): (_, fn(&Metric) -> Value) = match family.get_field_type() {
        MetricType::COUNTER => (Kind::Counter, |metric| number(metric.get_counter().get_value())),
        MetricType::GAUGE => (Kind::Gauge, |metric| number(metric.get_gauge().get_value())),
        MetricType::HISTOGRAM => (Kind::Histogram, histogram),
        MetricType::SUMMARY => (Kind::Summary, summary),
        MetricType::UNTYPED => return None,
    };
    let series = |metric: &Metric| OwnedSeries::new(labels(metric.get_label()), value(metric));
    Some(OwnedFamily {
        name: family.name().to_owned(),
        kind,
        unit: String::new(),
        help: family.help().to_owned(),
        series: family.get_metric().iter().map(series).collect(),
    })
}

const fn number(value: f64) -> Value {
    Value::Number(Number::F64(value))
}

fn labels(pairs: &[LabelPair]) -> Vec<(String, String)> {
    let owned = |pair: &LabelPair| (pair.name().to_owned(), pair.value().to_owned());
    pairs.iter().map(owned).collect()
}

fn histogram(metric: &Metric) -> Value {
    let histogram = metric.get_histogram();
    let buckets = histogram.get_bucket().iter();
    let cumulative: Vec<(f64, u64)> = buckets
        .map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()))
        .collect();
    Value::Histogram(Buckets::from_cumulative(
        &cumulative,
        histogram.get_sample_sum(),
        histogram.get_sample_count(),
    ))
}

fn summary(metric: &Metric) -> Value {
    let summary = metric.get_summary();
    let quantile = |quantile: &prometheus::proto::Quantile| Quantile {
        quantile: quantile.quantile(),
        value: quantile.value(),
    };
    Value::Summary {
        quantiles: summary.get_quantile().iter().map(quantile).collect(),
        sum: summary.sample_sum(),
        count: summary.sample_count(),
    }
}
