//! What the controllers of labels tell: who folds, what, and how fast it grows.

use serde::Serialize;
use vmotel_cardinality::Controller;

use crate::{history::rounded, overview::cut, state::State};

/// The metrics of a controller that are shown, those with the most distinct values first, and the values of each label.
const TOP: usize = 20;

/// A controller.
#[derive(Debug, Serialize)]
pub(crate) struct LimitsView {
    name: String,
    metrics_known: usize,
    sets: usize,
    max_sets: usize,
    folded_values: u64,
    /// Measurements whose whole set was folded.
    overflows: u64,
    evictions: u64,
    metrics: Vec<MetricView>,
}

#[derive(Debug, Serialize)]
struct MetricView {
    name: String,
    sets: usize,
    max_sets: usize,
    overflows: u64,
    labels: Vec<LabelView>,
}

#[derive(Debug, Serialize)]
struct LabelView {
    name: String,
    admitted: usize,
    distinct: f64,
    /// Distinct values that came in the last minute.
    new: f64,
    folded: u64,
    /// The heaviest admitted values with their weights.
    top: Vec<(String, u64)>,
    /// Some values that were folded.
    folded_values: Vec<String>,
}

pub(crate) fn view(index: usize, name: &str, controller: &Controller, state: &State) -> LimitsView {
    let (stats, config) = (controller.stats(), controller.config());
    let minute = state.last_minute();
    let metrics = controller.report(TOP).metrics.into_iter();
    LimitsView {
        name: name.to_owned(),
        metrics_known: stats.metrics,
        sets: stats.sets,
        max_sets: config.total,
        folded_values: stats.folded_values,
        overflows: stats.overflows,
        evictions: stats.evictions,
        metrics: metrics
            .map(|metric| MetricView {
                labels: metric
                    .labels
                    .into_iter()
                    .map(|label| {
                        let key = (index, metric.name.clone(), label.name.clone());
                        let ring = state.labels.get(&key);
                        let before = ring.and_then(|ring| ring.iter().rev().take(minute).last());
                        LabelView {
                            admitted: label.admitted,
                            distinct: label.distinct.round(),
                            new: before
                                .map_or(0.0, |before| rounded((label.distinct - before).max(0.0).round())),
                            folded: label.folded,
                            top: label
                                .top
                                .into_iter()
                                .map(|(value, weight)| (cut(&value), weight))
                                .collect(),
                            folded_values: label.samples.iter().map(|value| cut(value)).collect(),
                            name: cut(&label.name),
                        }
                    })
                    .collect(),
                name: cut(&metric.name),
                sets: metric.sets,
                max_sets: config.per_metric,
                overflows: metric.overflows,
            })
            .collect(),
    }
}
