//! One family in detail, read when it is asked for.

use std::collections::HashMap;

use serde::Serialize;
use vmotel_model::{Family, Kind, MetricSink, Point, Series, Snapshot, VmrangeBucket};
use vmotel_wire::{Merge, MergeConfig};

use crate::{
    exemplar::{Exemplar, Exemplars},
    overview::{cut, kind_word},
    reading::measure,
};

/// The series that are shown, those with the highest values first.
const TOP_SERIES: usize = 50;
/// The labels that are looked at.
const MAX_LABELS: usize = 40;
/// The values of a label that are told apart; beyond, there are at least as many.
const MAX_VALUES: usize = 10_000;
/// The values of a label that are shown, those with the most series first.
const TOP_VALUES: usize = 10;

/// A family in detail.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Detail {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    unit: String,
    help: String,
    series: u64,
    labels: Vec<Label>,
    top: Vec<Top>,
    buckets: Vec<Bucket>,
    /// Exemplars whose histogram has no such bucket.
    exemplars: Vec<ShownExemplar>,
}

#[derive(Debug, Serialize)]
struct Label {
    name: String,
    values: usize,
    /// Whether there may be more values.
    at_least: bool,
    /// With the number of series that have each.
    top: Vec<(String, u64)>,
}

#[derive(Debug, Serialize)]
struct Top {
    labels: Vec<(String, String)>,
    value: f64,
    sum: f64,
}

#[derive(Debug, Serialize)]
struct Bucket {
    /// Its upper bound, or its range.
    bound: String,
    count: u64,
    exemplar: Option<ShownExemplar>,
}

#[derive(Debug, Serialize)]
struct ShownExemplar {
    value: f64,
    trace_id: String,
    span_id: String,
    /// The samples of the explorer since.
    age_samples: u64,
}

/// Reads the family of this name out of a snapshot; none if it is not there.
pub(crate) fn read(snapshot: &dyn Snapshot, name: &str, exemplars: &Exemplars) -> Option<Detail> {
    let only = Only {
        inner: snapshot,
        index: (0..snapshot.len())
            .filter(|index| snapshot.family(*index).name == name)
            .collect(),
    };
    if only.index.is_empty() {
        return None;
    }
    let mut reader = Reader::default();
    let list: [Box<dyn Snapshot + '_>; 1] = [Box::new(only)];
    // What is merged and dropped, a scrape reports.
    let _ = Merge::default().visit(&list, MergeConfig::default(), &mut reader);
    Some(reader.finish(exemplars))
}

/// Some of the families of a snapshot.
struct Only<'a> {
    inner: &'a dyn Snapshot,
    index: Vec<usize>,
}

impl Snapshot for Only<'_> {
    fn len(&self) -> usize {
        self.index.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        self.inner.family(self.index[index])
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        self.inner.visit(self.index[index], sink);
    }

    fn distinct(&self, index: usize) -> bool {
        self.inner.distinct(self.index[index])
    }
}

#[derive(Default)]
struct Reader {
    detail: Detail,
    values: HashMap<String, Values>,
    buckets: Buckets,
}

#[derive(Default)]
struct Values {
    counts: HashMap<String, u64>,
    overflowed: bool,
}

/// The buckets of all series, as long as they can be added.
#[derive(Default)]
enum Buckets {
    #[default]
    None,
    Explicit(Vec<f64>, Vec<u64>),
    Vmrange(Vec<(f64, String, u64)>),
    /// Bounds differ, or there are none to show.
    Mixed,
}

impl MetricSink for Reader {
    fn family(&mut self, family: &Family<'_>) {
        self.detail.name = family.name.to_owned();
        self.detail.kind = kind_word(family.kind);
        self.detail.unit = family.unit.to_owned();
        self.detail.help = cut(family.help);
        if family.kind != Kind::Histogram {
            self.buckets = Buckets::Mixed;
        }
    }

    fn series(&mut self, series: &Series<'_>) {
        self.detail.series += 1;
        let (value, sum) = measure(&series.point);
        let top = &mut self.detail.top;
        let values = &mut self.values;
        let mut labels = Vec::new();
        series.labels.for_each(&mut |name, value| {
            note(values, name, value);
            if labels.len() < MAX_LABELS {
                labels.push((cut(name), cut(value)));
            }
        });
        top.push(Top { labels, value, sum });
        if top.len() >= TOP_SERIES * 4 {
            keep_top(top);
        }
        self.buckets.add(&series.point);
    }
}

fn note(values: &mut HashMap<String, Values>, name: &str, value: &str) {
    if !values.contains_key(name) {
        if values.len() >= MAX_LABELS {
            return;
        }
        values.insert(name.to_owned(), Values::default());
    }
    let Some(values) = values.get_mut(name) else {
        return;
    };
    if let Some(count) = values.counts.get_mut(value) {
        *count += 1;
    } else if values.counts.len() < MAX_VALUES {
        values.counts.insert(value.to_owned(), 1);
    } else {
        values.overflowed = true;
    }
}

fn keep_top(top: &mut Vec<Top>) {
    top.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.labels.cmp(&b.labels)));
    top.truncate(TOP_SERIES);
}

impl Buckets {
    fn add(&mut self, point: &Point<'_>) {
        match (&mut *self, point) {
            (Self::None, Point::Histogram(point)) => {
                *self = Self::Explicit(point.bounds.to_vec(), point.counts.to_vec());
            }
            (Self::Explicit(bounds, counts), Point::Histogram(point)) if *bounds == point.bounds => {
                for (all, count) in counts.iter_mut().zip(point.counts) {
                    *all += count;
                }
            }
            (Self::None, Point::Vmrange(point)) => {
                let mut all = Vec::new();
                add_ranges(&mut all, point.buckets);
                *self = Self::Vmrange(all);
            }
            (Self::Vmrange(all), Point::Vmrange(point)) => add_ranges(all, point.buckets),
            _ => *self = Self::Mixed,
        }
    }

    /// Returns upper bound, text and count of each bucket.
    fn finish(self) -> Vec<(f64, String, u64)> {
        match self {
            Self::Explicit(bounds, counts) => {
                let bounds = bounds.into_iter().chain([f64::INFINITY]);
                bounds
                    .zip(counts)
                    .map(|(bound, count)| {
                        let text = if bound == f64::INFINITY {
                            "+Inf".to_owned()
                        } else {
                            bound.to_string()
                        };
                        (bound, format!("≤ {text}"), count)
                    })
                    .collect()
            }
            Self::Vmrange(mut all) => {
                all.sort_by(|a, b| a.0.total_cmp(&b.0));
                all
            }
            Self::None | Self::Mixed => Vec::new(),
        }
    }
}

/// Adds `vmrange` buckets; there are at most some hundred different ones.
fn add_ranges(all: &mut Vec<(f64, String, u64)>, buckets: &[VmrangeBucket<'_>]) {
    for bucket in buckets {
        match all.iter_mut().find(|(_, range, _)| range == bucket.range) {
            Some((_, _, count)) => *count += bucket.count,
            None => {
                let upper = bucket
                    .range
                    .rsplit("...")
                    .next()
                    .and_then(|upper| upper.parse().ok());
                all.push((
                    upper.unwrap_or(f64::INFINITY),
                    bucket.range.to_owned(),
                    bucket.count,
                ));
            }
        }
    }
}

impl Reader {
    fn finish(mut self, exemplars: &Exemplars) -> Detail {
        keep_top(&mut self.detail.top);
        let mut labels: Vec<Label> = self.values.into_iter().map(label).collect();
        labels.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
        self.detail.labels = labels;
        let kept = exemplars.get(&self.detail.name);
        let mut kept = kept.map(|family| family.kept()).unwrap_or_default();
        let mut lower = f64::NEG_INFINITY;
        for (upper, bound, count) in self.buckets.finish() {
            let own = kept
                .iter()
                .position(|(_, exemplar, _)| lower < exemplar.value && exemplar.value <= upper);
            lower = upper;
            self.detail.buckets.push(Bucket {
                bound,
                count,
                exemplar: own.map(|at| shown(&kept.remove(at))),
            });
        }
        self.detail.exemplars = kept.iter().map(shown).collect();
        self.detail
    }
}

fn label((name, values): (String, Values)) -> Label {
    let distinct = values.counts.len();
    let mut top: Vec<(String, u64)> = values.counts.into_iter().collect();
    top.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    top.truncate(TOP_VALUES);
    Label {
        name: cut(&name),
        values: distinct,
        at_least: values.overflowed,
        top: top
            .into_iter()
            .map(|(value, count)| (cut(&value), count))
            .collect(),
    }
}

fn shown((_, exemplar, age): &(f64, Exemplar, u64)) -> ShownExemplar {
    ShownExemplar {
        value: exemplar.value,
        trace_id: format!("{:032x}", exemplar.trace_id),
        span_id: format!("{:016x}", exemplar.span_id),
        age_samples: *age,
    }
}

#[cfg(test)]
mod tests {
    use vmotel_model::{HistogramPoint, Number, Pairs};

    use super::*;

    fn visit(reader: &mut Reader, kind: Kind, series: &[(&[(&str, &str)], Point<'_>)]) {
        reader.family(&Family {
            name: "x",
            kind,
            unit: "",
            help: "",
        });
        for (labels, point) in series {
            reader.series(&Series {
                labels: &Pairs(labels),
                text: None,
                point: *point,
                start: None,
            });
        }
    }

    #[test]
    fn labels_by_their_number_of_values_and_series_by_value() {
        let mut reader = Reader::default();
        let users: Vec<String> = (0..20_000).map(|user| user.to_string()).collect();
        reader.family(&Family {
            name: "x",
            kind: Kind::Counter,
            unit: "",
            help: "",
        });
        for (value, user) in (0_u64..).zip(&users) {
            let labels = [("method", if value < 5 { "PUT" } else { "GET" }), ("user", user)];
            reader.series(&Series {
                labels: &Pairs(&labels),
                text: None,
                point: Point::Number(Number::U64(value)),
                start: None,
            });
        }
        let detail = reader.finish(&Exemplars::default());
        assert_eq!(detail.series, 20_000);
        let top: Vec<f64> = detail.top.iter().map(|top| top.value).collect();
        let expected: Vec<f64> = (0..50).map(|n| f64::from(19_999 - n)).collect();
        assert_eq!(top, expected);
        let [user, method] = &detail.labels[..] else {
            panic!("{:?}", detail.labels)
        };
        assert_eq!(
            (user.name.as_str(), user.values, user.at_least),
            ("user", MAX_VALUES, true)
        );
        assert_eq!((method.values, method.at_least), (2, false));
        assert_eq!(method.top, [("GET".to_owned(), 19_995), ("PUT".to_owned(), 5)]);
    }

    #[test]
    fn buckets_add_up_and_carry_exemplars() {
        let exemplars = Exemplars::default();
        let family = exemplars.family("x", &[1.0, 2.0]);
        family.offer(1.5, 0xabc, 0xd);
        let histogram = |counts| {
            Point::Histogram(HistogramPoint {
                bounds: &[1.0, 2.0],
                counts,
                sum: Some(1.0),
                count: 0,
            })
        };
        let mut reader = Reader::default();
        let series: [(&[(&str, &str)], _); 2] = [
            (&[("a", "1")], histogram(&[1, 2, 3])),
            (&[("a", "2")], histogram(&[10, 20, 30])),
        ];
        visit(&mut reader, Kind::Histogram, &series);
        let detail = reader.finish(&exemplars);
        let buckets: Vec<_> = detail
            .buckets
            .iter()
            .map(|b| (b.bound.as_str(), b.count))
            .collect();
        assert_eq!(buckets, [("≤ 1", 11), ("≤ 2", 22), ("≤ +Inf", 33)]);
        let exemplar = detail.buckets[1].exemplar.as_ref().unwrap();
        assert_eq!(exemplar.trace_id, "00000000000000000000000000000abc");
        assert!(detail.buckets[0].exemplar.is_none() && detail.exemplars.is_empty());
    }
}
