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
            labels: def
                .labels
                .iter()
                .map(|label| naming.label_name(label.name).into_owned())
                .collect(),
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
    /// The counter of callbacks that panicked while metrics were collected.
    pub callback_panics: Option<String>,
    /// The gauge of open file descriptors; needs [`Signals::max_fds`].
    pub open_fds: Option<String>,
    /// The gauge of file descriptors that may be open.
    pub max_fds: Option<String>,
    /// The counter of look-ups that a cache answered, with the label `cache`; needs [`Signals::cache_misses`].
    pub cache_hits: Option<String>,
    /// The counter of look-ups that it did not, with the same label.
    pub cache_misses: Option<String>,
    /// The counter of requests that waited too long for a database connection, with the label
    /// `db_client_connection_pool_name`.
    pub pool_timeouts: Option<String>,
    /// The gauge of requests that wait for a database connection.
    pub pool_pending: Option<String>,
    /// The counter of seconds that the workers of the asynchronous runtime were busy.
    pub runtime_busy: Option<String>,
    /// The gauge of the workers of the asynchronous runtime.
    pub runtime_workers: Option<String>,
    /// The counter of pushed samples that no server will get, with the label `reason`.
    pub push_lost: Option<String>,
    /// The counter of series that are not pushed as the server would drop them, with the label `reason`.
    pub push_rejected: Option<String>,
    /// The gauge of the bytes of pushes that wait, with the label `place`; needs [`Signals::push_queue_limit`].
    pub push_queue: Option<String>,
    /// The gauge of the bytes of pushes that may wait, with the same label.
    pub push_queue_limit: Option<String>,
    /// The gauge of the time of the last push that succeeded, in seconds since 1970.
    pub push_last_success: Option<String>,
}

/// What a service prints of its own catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    families: Vec<Family>,
    #[serde(default)]
    signals: Signals,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    name: String,
    metrics: Vec<Definition>,
}

/// A [`MetricDef`] as serde writes it.
#[derive(Debug, Deserialize)]
struct Definition {
    name: String,
    kind: PrintedKind,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    labels: Vec<PrintedLabel>,
}

#[derive(Debug, Deserialize)]
struct PrintedLabel {
    name: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PrintedKind {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
    Summary,
    Unknown,
}

impl From<PrintedKind> for Kind {
    fn from(kind: PrintedKind) -> Self {
        match kind {
            PrintedKind::Counter => Self::Counter,
            PrintedKind::UpDownCounter => Self::UpDownCounter,
            PrintedKind::Gauge => Self::Gauge,
            PrintedKind::Histogram => Self::Histogram,
            PrintedKind::Summary => Self::Summary,
            PrintedKind::Unknown => Self::Unknown,
        }
    }
}

impl Catalog {
    /// Reads the catalog that a service prints of itself: families of definitions as [`MetricDef`] is written by serde, and the signals
    /// under their exposed names. Names become those that `naming` exposes.
    ///
    /// # Errors
    /// The text is not such JSON, or a name cannot be exposed.
    ///
    /// # Examples
    /// ```
    /// use vmotel_deploy::{Catalog, Naming};
    ///
    /// let json = r#"{
    ///     "families": [{ "name": "shop", "metrics": [
    ///         { "name": "orders", "kind": "counter", "help": "Orders", "labels": [{ "name": "status" }] }
    ///     ]}],
    ///     "signals": { "requests": "orders_total", "status": "status" }
    /// }"#;
    /// let catalog = Catalog::from_json(json, Naming::default())?;
    /// assert_eq!(catalog.metrics[0].name, "orders_total");
    /// # Ok::<(), vmotel_deploy::DeployError>(())
    /// ```
    pub fn from_json(json: &str, naming: Naming) -> Result<Self, DeployError> {
        let failed = |error: &dyn std::fmt::Display| DeployError::Catalog(error.to_string());
        let printed: Printed = serde_json::from_str(json).map_err(|error| failed(&error))?;
        let mut metrics = Vec::new();
        for family in printed.families {
            for definition in family.metrics {
                let kind = Kind::from(definition.kind);
                let name = naming
                    .metric_name(&definition.name, &definition.unit, kind)
                    .map_err(|error| failed(&error))?;
                metrics.push(Metric {
                    family: family.name.clone(),
                    name,
                    histogram: kind == Kind::Histogram,
                    counter: kind == Kind::Counter,
                    unit: definition.unit,
                    help: definition.help,
                    labels: definition
                        .labels
                        .iter()
                        .map(|label| naming.label_name(&label.name).into_owned())
                        .collect(),
                });
            }
        }
        let catalog = Self {
            metrics,
            signals: printed.signals,
        };
        catalog.validate()?;
        Ok(catalog)
    }

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
            ("signals.callback_panics", &signals.callback_panics),
            ("signals.open_fds", &signals.open_fds),
            ("signals.max_fds", &signals.max_fds),
            ("signals.cache_hits", &signals.cache_hits),
            ("signals.cache_misses", &signals.cache_misses),
            ("signals.pool_timeouts", &signals.pool_timeouts),
            ("signals.pool_pending", &signals.pool_pending),
            ("signals.runtime_busy", &signals.runtime_busy),
            ("signals.runtime_workers", &signals.runtime_workers),
            ("signals.push_lost", &signals.push_lost),
            ("signals.push_rejected", &signals.push_rejected),
            ("signals.push_queue", &signals.push_queue),
            ("signals.push_queue_limit", &signals.push_queue_limit),
            ("signals.push_last_success", &signals.push_last_success),
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
