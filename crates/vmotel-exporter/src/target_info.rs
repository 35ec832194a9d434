//! The metric `target_info`, which carries the resource.

use vmotel_model::{
    Family, Kind, LabelSet, MetricSink, MetricSource, Number, Pairs, Point, Series, Snapshot, VisitConfig,
    target_info_labels,
};

/// A source of `target_info` (specification, "Resource attributes"): a gauge of 1 with all resource attributes.
#[derive(Debug)]
pub(crate) struct TargetInfo {
    attributes: Vec<(String, String)>,
}

impl TargetInfo {
    pub(crate) const fn new(attributes: Vec<(String, String)>) -> Self {
        Self { attributes }
    }
}

impl MetricSource for TargetInfo {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let attributes = self
            .attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let mut labels = target_info_labels(config.naming, attributes);
        if !labels.is_empty() {
            // Where series tell themselves whose they are, this one does, too.
            let identity = config
                .constant_labels
                .iter()
                .filter(|(name, _)| matches!(name.as_str(), "job" | "instance"));
            labels.extend(identity.cloned());
            labels.sort();
            labels.dedup_by(|a, b| a.0 == b.0);
        }
        Box::new(Info { labels })
    }
}

struct Info {
    labels: Vec<(String, String)>,
}

impl Snapshot for Info {
    fn len(&self) -> usize {
        usize::from(!self.labels.is_empty())
    }

    fn family(&self, _: usize) -> Family<'_> {
        Family {
            name: "target_info",
            kind: Kind::Gauge,
            unit: "",
            help: "The resource that produces the metrics",
        }
    }

    fn visit(&self, _: usize, sink: &mut dyn MetricSink) {
        let pairs: Vec<_> = self
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let labels: &dyn LabelSet = &Pairs(&pairs);
        sink.series(&Series {
            labels,
            text: None,
            point: Point::Number(Number::U64(1)),
            start: None,
        });
    }

    fn distinct(&self, _: usize) -> bool {
        true
    }
}
