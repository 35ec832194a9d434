//! The aggregator as a source of metrics.

use opentelemetry::metrics::Meter;
use vmotel_cardinality::SetId;
use vmotel_model::{
    Family as FamilyHead, Kind, LabelPlan, MetricSink, Naming, Series as VisitedSeries, Snapshot, Timestamp,
    VisitConfig,
};

use super::{
    accumulator::Accumulator,
    family::{Collected, Family},
};

/// One family of a snapshot, whatever its kind of cell.
pub(crate) trait FamilySnapshot: Send {
    fn head(&self) -> FamilyHead<'_>;
    fn distinct(&self) -> bool;
    fn visit(&self, sink: &mut dyn MetricSink);
}

/// A family that can be collected, whatever its kind of cell.
pub(crate) trait Collect: Send + Sync {
    fn name(&self) -> &str;
    fn collect(
        &self,
        config: &VisitConfig,
        now: Timestamp,
        idle: Option<std::time::Duration>,
        evicted: &[SetId],
    ) -> Option<Box<dyn FamilySnapshot>>;
    /// Collects, for the replayer only.
    fn replay(&self, now: Timestamp, idle: Option<std::time::Duration>, evicted: &[SetId]);
    /// Makes a replayer into `meter`, if this kind has one.
    fn begin_replay(&self, meter: &Meter);
    fn kind(&self) -> Kind;
}

struct Rendered<A: Accumulator> {
    name: String,
    unit: String,
    help: String,
    shape: A::Shape,
    /// One per key sequence.
    plans: Vec<LabelPlan>,
    collected: Collected<A>,
}

impl<A: Accumulator> Collect for Family<A> {
    fn name(&self) -> &str {
        &self.definition.name
    }

    fn collect(
        &self,
        config: &VisitConfig,
        now: Timestamp,
        idle: Option<std::time::Duration>,
        evicted: &[SetId],
    ) -> Option<Box<dyn FamilySnapshot>> {
        let definition = &self.definition;
        // Checked when the family was made; a strategy of its own may still refuse it.
        let name = config
            .naming
            .metric_name(&definition.name, &definition.unit, A::KIND)
            .ok()?;
        let collected = self.collect(now, idle, evicted);
        let plan = |keys: &[opentelemetry::Key]| {
            let keys = keys.iter().map(opentelemetry::Key::as_str);
            LabelPlan::new(config.naming, A::KIND, keys, &[], &config.constant_labels)
        };
        Some(Box::new(Rendered {
            name,
            unit: Naming::unit_word(&definition.unit).into_owned(),
            help: definition.help.to_string(),
            shape: self.shape.clone(),
            plans: collected.keys.iter().map(|keys| plan(keys)).collect(),
            collected,
        }))
    }

    fn replay(&self, now: Timestamp, idle: Option<std::time::Duration>, evicted: &[SetId]) {
        self.collect(now, idle, evicted);
    }

    fn begin_replay(&self, meter: &Meter) {
        if let Some(replayer) = A::replayer(meter, &self.definition) {
            // One replay in the life of an aggregator, so nothing is set yet.
            let _ = self.replayer.set(replayer);
        }
    }

    fn kind(&self) -> Kind {
        A::KIND
    }
}

impl<A: Accumulator> FamilySnapshot for Rendered<A> {
    fn head(&self) -> FamilyHead<'_> {
        FamilyHead {
            name: &self.name,
            kind: A::KIND,
            unit: &self.unit,
            help: &self.help,
        }
    }

    fn distinct(&self) -> bool {
        // The first sequence is the overflow's, and its label stands in no other series unless somebody sets it.
        let mut used = self.collected.series.iter().map(|(series, _)| series.keys);
        let first = used.next();
        !self.collected.other_types
            && used.all(|keys| Some(keys) == first)
            && first.is_none_or(|keys| self.plans[keys].is_distinct())
    }

    fn visit(&self, sink: &mut dyn MetricSink) {
        for (series, value) in &self.collected.series {
            let labels = self.plans[series.keys].labels(&*series.values);
            sink.series(&VisitedSeries {
                labels: &labels,
                text: None,
                point: A::point(value, &self.shape),
                start: (A::KIND != Kind::Gauge).then_some(series.start),
            });
        }
    }
}

/// The families of an aggregator at one collection, sorted by name.
pub(crate) struct Families(pub(crate) Vec<Box<dyn FamilySnapshot>>);

impl Snapshot for Families {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn family(&self, index: usize) -> FamilyHead<'_> {
        self.0[index].head()
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        self.0[index].visit(sink);
    }

    fn distinct(&self, index: usize) -> bool {
        self.0[index].distinct()
    }
}
