//! A series that outlives its visit.

use vmotel_model::{Kind, LabelSet, MetricSink, Point, Series, Timestamp, VmrangeBucket};

use super::point::OwnedPoint;

/// A copy of a series, to which equal ones are added.
#[derive(Debug)]
pub(super) struct Owned {
    labels: OwnedLabels,
    text: Vec<u8>,
    point: OwnedPoint,
    start: Option<Timestamp>,
}

#[derive(Debug)]
struct OwnedLabels(Vec<(String, String)>);

impl LabelSet for OwnedLabels {
    fn for_each(&self, f: &mut dyn FnMut(&str, &str)) {
        for (name, value) in &self.0 {
            f(name, value);
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Owned {
    pub(super) fn new(series: &Series<'_>, text: &[u8]) -> Self {
        let mut labels = Vec::new();
        series
            .labels
            .for_each(&mut |name, value| labels.push((name.to_owned(), value.to_owned())));
        Self {
            labels: OwnedLabels(labels),
            text: text.to_vec(),
            point: OwnedPoint::new(&series.point),
            start: series.start,
        }
    }

    /// Returns the labels as text, by which series are compared.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Adds an equal series, or takes its value; false if the two cannot be merged.
    pub(super) fn merge(&mut self, kind: Kind, series: &Series<'_>) -> bool {
        let added = matches!(kind, Kind::Counter | Kind::UpDownCounter | Kind::Histogram);
        if !added {
            self.point = OwnedPoint::new(&series.point);
            self.start = series.start;
            return true;
        }
        if !self.point.add(&series.point) {
            return false;
        }
        self.start = match (self.start, series.start) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        true
    }

    /// Hands the series to a sink, without ready text: a label may have been mended.
    pub(super) fn visit(&self, sink: &mut dyn MetricSink) {
        let mut ranges = Vec::new();
        let point: Point<'_> = match &self.point {
            OwnedPoint::Vmrange { buckets, .. } => {
                ranges.extend(
                    buckets
                        .iter()
                        .map(|(range, count)| VmrangeBucket { range, count: *count }),
                );
                self.point.as_point(&ranges)
            }
            point => point.as_point(&[]),
        };
        sink.series(&Series {
            labels: &self.labels,
            text: None,
            point,
            start: self.start,
        });
    }
}
