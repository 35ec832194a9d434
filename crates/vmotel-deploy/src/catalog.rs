//! The metrics of the application, as data.

use serde::{Deserialize, Serialize};
use vmotel_model::{Kind, MetricDef, NameError, Naming};

use crate::DeployError;

/// One metric under its exposed name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The family it belongs to, which has a dashboard of its own, such as `cache`.
    pub family: String,
    /// The exposed name, without `_bucket`, `_sum` or `_count`.
    pub name: String,
    /// Whether it is a histogram, so that its series are `_bucket`, `_sum` and `_count`.
    pub histogram: bool,
    /// Whether it only grows.
    pub counter: bool,
    /// The unit in UCUM; empty if there is none.
    pub unit: String,
    /// The description.
    pub help: String,
    /// The names of its labels.
    pub labels: Vec<String>,
}

impl Metric {
    /// Creates it from a definition in a family, under the name that this naming exposes.
    ///
    /// # Errors
    /// As [`MetricDef::exposed_name`].
    pub fn from_def(family: &str, def: &MetricDef, naming: Naming) -> Result<Self, NameError> {
        Ok(Self {
            family: family.to_owned(),
            name: def.exposed_name(naming)?,
            histogram: def.kind == Kind::Histogram,
            counter: def.kind == Kind::Counter,
            unit: def.unit.to_owned(),
            help: def.help.to_owned(),
            labels: def.labels.iter().map(|label| label.name.to_owned()).collect(),
        })
    }

    /// Returns the names of its series.
    pub(crate) fn series(&self) -> Vec<String> {
        if self.histogram {
            ["_bucket", "_sum", "_count"]
                .map(|suffix| format!("{}{suffix}", self.name))
                .into()
        } else {
            vec![self.name.clone()]
        }
    }
}

/// All metrics that the application exposes, and which of them the rules are about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// What the rules ask for.
    pub signals: Signals,
}

/// The metrics that rules are made of; without one, its rules are left out.
///
/// Filled from definitions, not from strings, so that a renamed metric is noticed where it is compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Signals {
    /// The counter of requests, with the label [`Signals::status`].
    pub requests: Option<String>,
    /// The label that holds the status code of HTTP.
    pub status: Option<String>,
    /// The histogram of the duration of requests in seconds.
    pub duration: Option<String>,
    /// The gauge of the resident memory in bytes.
    pub memory: Option<String>,
    /// The gauge of active users.
    pub users: Option<String>,
    /// The counter of series that the exporter left out.
    pub dropped_series: Option<String>,
    /// The counter of scrapes that failed.
    pub scrape_errors: Option<String>,
    /// The counter of label values that were folded, with the labels `metric` and `label`.
    pub folded_values: Option<String>,
    /// The counter of label sets that were folded whole.
    pub folded_sets: Option<String>,
    /// The gauge that tells whether the last collection of a source succeeded, with the label `source`.
    pub source_up: Option<String>,
}

impl Catalog {
    pub(crate) fn find(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Checks that every signal is in the catalog, with the labels and kind it needs.
    pub(crate) fn validate(&self) -> Result<(), DeployError> {
        let signals = &self.signals;
        for (key, name) in [
            ("signals.requests", &signals.requests),
            ("signals.duration", &signals.duration),
            ("signals.memory", &signals.memory),
            ("signals.users", &signals.users),
            ("signals.dropped_series", &signals.dropped_series),
            ("signals.scrape_errors", &signals.scrape_errors),
            ("signals.folded_values", &signals.folded_values),
            ("signals.folded_sets", &signals.folded_sets),
            ("signals.source_up", &signals.source_up),
        ] {
            let Some(name) = name else { continue };
            let Some(metric) = self.find(name) else {
                let known: Vec<&str> = self.metrics.iter().map(|metric| metric.name.as_str()).collect();
                return Err(DeployError::UnknownMetric {
                    signal: key.to_owned(),
                    metric: name.clone(),
                    known: known.join(", "),
                });
            };
            if (key == "signals.duration") != metric.histogram {
                return Err(DeployError::value(
                    key,
                    name,
                    &"a histogram for the duration and no other signal",
                ));
            }
        }
        if let (Some(requests), Some(status)) = (&signals.requests, &signals.status) {
            let labels = self
                .find(requests)
                .map(|metric| metric.labels.as_slice())
                .unwrap_or_default();
            if !labels.contains(status) {
                return Err(DeployError::value(
                    "signals.status",
                    status,
                    &format!("one of the labels {labels:?} of {requests}"),
                ));
            }
        }
        Ok(())
    }
}
