//! What an operator wants to know: which metric, which label, which values.

use std::sync::atomic::Ordering::Relaxed;

use super::metric::State;

/// Counts of a controller since its start, and how full it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControllerStats {
    /// Metrics known now.
    pub metrics: usize,
    /// Label sets that hold room now, evicted ones not yet dropped included.
    pub sets: usize,
    /// Label sets admitted.
    pub admissions: u64,
    /// Label sets evicted.
    pub evictions: u64,
    /// Label values folded; a measurement counts once for each of its folded labels.
    pub folded_values: u64,
    /// Measurements whose whole set was folded.
    pub overflows: u64,
    /// Label values cut for their length.
    pub cut_values: u64,
    /// Labels dropped for their number.
    pub dropped_labels: u64,
}

/// The metrics of a controller, those with the most distinct values first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The metrics.
    pub metrics: Vec<MetricReport>,
}

/// One metric of a [`Report`].
#[derive(Clone, Debug, PartialEq)]
pub struct MetricReport {
    /// The name of the metric.
    pub name: String,
    /// Label sets that hold room now.
    pub sets: usize,
    /// Measurements whose whole set was folded.
    pub overflows: u64,
    /// Distinct label values that were new in the last epoch, scaled to a minute.
    pub new_per_minute: f64,
    /// The labels, those with the most distinct values first: the first is the guilty one.
    pub labels: Vec<LabelReport>,
}

/// One label of a [`MetricReport`].
#[derive(Clone, Debug, PartialEq)]
pub struct LabelReport {
    /// The name of the label.
    pub name: String,
    /// Values admitted now.
    pub admitted: usize,
    /// Distinct values seen: exact while nothing was folded, then with a standard error of 1.63 %.
    pub distinct: f64,
    /// How often a value was folded.
    pub folded: u64,
    /// The heaviest admitted values with their fading weights.
    pub top: Vec<(String, u64)>,
    /// Some folded values, cut to 64 bytes.
    pub samples: Vec<String>,
}

/// What is known of one label of one metric, see [`Controller::label_counts`](crate::Controller::label_counts).
#[derive(Clone, Debug, PartialEq)]
pub struct LabelCount {
    /// The name of the metric.
    pub metric: String,
    /// The name of the label.
    pub label: String,
    /// Values admitted now.
    pub admitted: usize,
    /// Distinct values seen: exact while nothing was folded, then with a standard error of 1.63 %.
    pub distinct: f64,
    /// How often a value was folded.
    pub folded: u64,
}

impl LabelCount {
    pub(crate) fn all(state: &State) -> impl Iterator<Item = Self> {
        state.known_labels().map(|label| Self {
            metric: state.name.to_string(),
            label: label.name.to_string(),
            admitted: label.values.len(),
            distinct: label.estimate(),
            folded: label.folded(),
        })
    }
}

impl MetricReport {
    /// Returns the distinct values of the label that has the most.
    #[must_use]
    pub fn distinct(&self) -> f64 {
        self.labels.first().map_or(0.0, |label| label.distinct)
    }

    pub(crate) fn new(state: &State, top: usize) -> Self {
        let locked = state.lock();
        let mut labels: Vec<LabelReport> = state
            .known_labels()
            .zip(&locked.texts)
            .map(|(label, texts)| {
                let weight = |hash: u64| label.values.find(hash).map_or(0, super::table::Slot::weight);
                let mut values: Vec<(String, u64)> = texts
                    .iter()
                    .map(|(&hash, text)| (text.to_string(), weight(hash)))
                    .collect();
                values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                values.truncate(top);
                LabelReport {
                    name: label.name.to_string(),
                    admitted: label.values.len(),
                    distinct: label.estimate(),
                    folded: label.folded(),
                    top: values,
                    samples: label.samples(),
                }
            })
            .collect();
        labels.sort_by(|a, b| b.distinct.total_cmp(&a.distinct));
        let per_minute = 60.0 / state.shared.config.epoch.as_secs_f64().max(0.001);
        Self {
            name: state.name.to_string(),
            sets: state.charged.load(Relaxed),
            overflows: state.counts.overflows.load(Relaxed),
            new_per_minute: locked.new_per_epoch * per_minute,
            labels,
        }
    }
}
