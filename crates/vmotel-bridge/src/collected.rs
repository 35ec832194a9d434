//! One collection of a foreign registry, as a snapshot.

use vmotel_model::{Family, HistogramPoint, Kind, MetricSink, Number, Pairs, Point, Series, Snapshot};
#[cfg(feature = "prometheus")]
use vmotel_model::{Quantile, SummaryPoint};

/// A family with its series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedFamily {
    /// The exposed name.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) series: Vec<OwnedSeries>,
}

/// A series with its labels, sorted by name, without empty values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedSeries {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: Value,
}

impl OwnedSeries {
    /// Sorts the labels, of equal ones the last wins, and leaves out those without a value.
    pub(crate) fn new(mut labels: Vec<(String, String)>, value: Value) -> Self {
        labels.reverse();
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        labels.dedup_by(|(a, _), (b, _)| a == b);
        labels.retain(|(_, value)| !value.is_empty());
        Self { labels, value }
    }
}

/// The value of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(Number),
    Histogram(Buckets),
    #[cfg(feature = "prometheus")]
    Summary {
        quantiles: Vec<Quantile>,
        sum: f64,
        count: u64,
    },
}

/// Buckets of a histogram.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Buckets {
    /// Finite, ascending.
    bounds: Vec<f64>,
    /// Not cumulative, one more than there are bounds.
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Buckets {
    /// Makes buckets of cumulative ones, in ascending order; that up to +Inf may be missing.
    pub(crate) fn from_cumulative(cumulative: &[(f64, u64)], sum: f64, count: u64) -> Self {
        let mut buckets = Self {
            sum,
            count,
            ..Self::default()
        };
        let mut below = 0;
        for (bound, up_to) in cumulative.iter().filter(|(bound, _)| bound.is_finite()) {
            buckets.bounds.push(*bound);
            buckets.counts.push(up_to.saturating_sub(below));
            below = below.max(*up_to);
        }
        buckets.counts.push(count.saturating_sub(below));
        buckets
    }
}

/// One collection.
#[derive(Debug)]
pub(crate) struct Collected(pub(crate) Vec<OwnedFamily>);

impl Snapshot for Collected {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let family = &self.0[index];
        Family {
            name: &family.name,
            kind: family.kind,
            unit: &family.unit,
            help: &family.help,
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        for series in &self.0[index].series {
            let labels: Vec<(&str, &str)> = series
                .labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let point = match &series.value {
                Value::Number(number) => Point::Number(*number),
                Value::Histogram(buckets) => Point::Histogram(HistogramPoint {
                    bounds: &buckets.bounds,
                    counts: &buckets.counts,
                    sum: Some(buckets.sum),
                    count: buckets.count,
                }),
                #[cfg(feature = "prometheus")]
                Value::Summary {
                    quantiles,
                    sum,
                    count,
                } => Point::Summary(SummaryPoint {
                    quantiles,
                    sum: *sum,
                    count: *count,
                }),
            };
            sink.series(&Series {
                labels: &Pairs(&labels),
                text: None,
                point,
                start: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_taken_apart() {
        let buckets = Buckets::from_cumulative(&[(0.5, 2), (1.0, 2), (2.0, 7), (f64::INFINITY, 9)], 4.5, 9);
        assert_eq!(
            (buckets.bounds, buckets.counts),
            (vec![0.5, 1.0, 2.0], vec![2, 0, 5, 2])
        );
        let torn = Buckets::from_cumulative(&[(0.5, 3), (1.0, 2)], 1.0, 2);
        assert_eq!(torn.counts, [3, 0, 0], "read while it was written");
    }

    #[test]
    fn labels_are_sorted_and_distinct() {
        let owned = |pairs: &[(&str, &str)]| {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(own).collect::<Vec<_>>()
        };
        let labels = owned(&[("b", "1"), ("a", "2"), ("b", "3"), ("c", "")]);
        let series = OwnedSeries::new(labels, Value::Number(Number::U64(1)));
        assert_eq!(series.labels, owned(&[("a", "2"), ("b", "3")]));
    }
}
