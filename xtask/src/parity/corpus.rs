//! Cases as a source: named and labelled as everything that an exporter sends.

use std::collections::BTreeMap;

use vmotel_model::{
    Family, Kind, LabelPlan, MetricSink, MetricSource, NameError, Naming, Series, Snapshot, VisitConfig,
};

use super::case::{Case, Value};

/// What every path adds to a series: `job`, `instance`, and `path`, which keeps the paths apart within the server.
pub(crate) const ADDED_LABELS: usize = 3;

/// All families of a run.
#[derive(Debug)]
pub(crate) struct Corpus {
    families: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    name: String,
    kind: Kind,
    group: &'static str,
    series: Vec<(LabelPlan, Vec<String>, Value)>,
}

impl Corpus {
    /// Names and labels all cases.
    pub(crate) fn new(cases: &[Case]) -> Result<Self, NameError> {
        Self::under(Naming::Parity, cases)
    }

    /// As [`Corpus::new`], under another strategy.
    pub(crate) fn under(naming: Naming, cases: &[Case]) -> Result<Self, NameError> {
        let named = |case: &Case| {
            let plan = |(labels, value): &(Vec<(String, String)>, Value)| {
                let keys = labels.iter().map(|(key, _)| key.as_str());
                let plan = LabelPlan::new(naming, case.kind, keys, &[], &[]);
                let values = labels.iter().map(|(_, value)| value.clone()).collect();
                (plan, values, value.clone())
            };
            Ok(Named {
                name: naming.metric_name(&case.name, &case.unit, case.kind)?,
                kind: case.kind,
                group: case.group,
                series: case.series.iter().map(plan).collect(),
            })
        };
        Ok(Self {
            families: cases.iter().map(named).collect::<Result<_, _>>()?,
        })
    }

    /// Returns the group of each exposed name.
    pub(crate) fn groups(&self) -> BTreeMap<String, &'static str> {
        let pair = |family: &Named| (family.name.clone(), family.group);
        self.families.iter().map(pair).collect()
    }
}

impl MetricSource for Corpus {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(View(&self.families))
    }
}

struct View<'a>(&'a [Named]);

impl Snapshot for View<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        let family = &self.0[index];
        Family {
            name: &family.name,
            kind: family.kind,
            unit: "",
            help: "A case.",
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        for (plan, values, value) in &self.0[index].series {
            value.with_point(|point| {
                sink.series(&Series {
                    labels: &plan.labels(values.as_slice()),
                    text: None,
                    point,
                    start: None,
                });
            });
        }
    }
}
