//! A case: one family as an application would name it, with its series.

use vmotel_model::{
    ExponentialBuckets, ExponentialPoint, HistogramPoint, Kind, Number, Point, Quantile, SummaryPoint,
    VmrangeBucket, VmrangePoint,
};

/// One family before names and labels are translated.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) kind: Kind,
    pub(crate) series: Vec<(Vec<(String, String)>, Value)>,
    /// The name that must be stored, written by hand; none where another case tests names.
    pub(crate) stored_name: Option<&'static str>,
    /// The labels of the only series that must be stored, beside those of the scrape; none where another case tests labels.
    pub(crate) stored_labels: Option<Vec<(&'static str, String)>>,
    /// Whether its series are beyond a limit of the server, so that no path may store them.
    pub(crate) lost: bool,
}

impl Case {
    pub(crate) fn new(group: &'static str, kind: Kind, name: impl Into<String>, value: Value) -> Self {
        let labels = [("l", "v"), ("z", "y")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self {
            group,
            name: name.into(),
            unit: String::new(),
            kind,
            series: vec![(labels.to_vec(), value)],
            stored_name: None,
            stored_labels: None,
            lost: false,
        }
    }

    pub(crate) fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// Replaces the labels of the only series.
    pub(crate) fn labels(mut self, labels: &[(&str, &str)]) -> Self {
        let owned = labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.series[0].0 = owned.collect();
        self
    }

    pub(crate) fn stored_as(mut self, name: &'static str) -> Self {
        self.stored_name = Some(name);
        self
    }
}

/// The value of a series, with its own memory.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Number(Number),
    Histogram {
        bounds: Vec<f64>,
        counts: Vec<u64>,
        sum: Option<f64>,
        count: u64,
    },
    Exponential {
        scale: i32,
        zero: (u64, f64),
        positive: (i32, Vec<u64>),
        negative: (i32, Vec<u64>),
        sum: Option<f64>,
    },
    Vmrange {
        buckets: Vec<(String, u64)>,
        sum: f64,
    },
    Summary {
        quantiles: Vec<Quantile>,
        sum: f64,
        count: u64,
    },
}

pub(crate) const ONE: Value = Value::Number(Number::U64(1));

impl Value {
    pub(crate) fn histogram(bounds: &[f64], counts: &[u64], sum: Option<f64>) -> Self {
        Self::Histogram {
            bounds: bounds.to_vec(),
            counts: counts.to_vec(),
            sum,
            count: counts.iter().sum(),
        }
    }

    pub(crate) fn summary(quantiles: &[(f64, f64)], sum: f64) -> Self {
        let quantiles = quantiles
            .iter()
            .map(|&(quantile, value)| Quantile { quantile, value });
        Self::Summary {
            quantiles: quantiles.collect(),
            sum,
            count: 4,
        }
    }

    /// Lends the value as a point.
    pub(crate) fn with_point<R>(&self, f: impl FnOnce(Point<'_>) -> R) -> R {
        match self {
            Self::Number(number) => f(Point::Number(*number)),
            Self::Histogram {
                bounds,
                counts,
                sum,
                count,
            } => f(Point::Histogram(HistogramPoint {
                bounds,
                counts,
                sum: *sum,
                count: *count,
            })),
            Self::Exponential {
                scale,
                zero,
                positive,
                negative,
                sum,
            } => f(Point::Exponential(ExponentialPoint {
                scale: *scale,
                zero_count: zero.0,
                zero_threshold: zero.1,
                positive: run(positive),
                negative: run(negative),
                sum: *sum,
                count: zero.0 + positive.1.iter().chain(&negative.1).sum::<u64>(),
            })),
            Self::Vmrange { buckets, sum } => {
                let ranges: Vec<_> = buckets
                    .iter()
                    .map(|(range, count)| VmrangeBucket { range, count: *count })
                    .collect();
                f(Point::Vmrange(VmrangePoint {
                    buckets: &ranges,
                    sum: *sum,
                    count: buckets.iter().map(|(_, count)| count).sum(),
                }))
            }
            Self::Summary {
                quantiles,
                sum,
                count,
            } => f(Point::Summary(SummaryPoint {
                quantiles,
                sum: *sum,
                count: *count,
            })),
        }
    }
}

fn run((offset, counts): &(i32, Vec<u64>)) -> ExponentialBuckets<'_> {
    ExponentialBuckets {
        offset: *offset,
        counts,
    }
}
