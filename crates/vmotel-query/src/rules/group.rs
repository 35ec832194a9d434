//! Groups of rules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::Alert;
use crate::{Timestamp, rfc3339};

/// A group of rules that are evaluated together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// vmalert's identifier of the group; empty with Prometheus.
    pub id: String,
    /// The distance of its evaluations.
    #[serde(deserialize_with = "seconds")]
    pub interval: Duration,
    /// When it was last evaluated; `None` if never.
    #[serde(deserialize_with = "rfc3339::optional")]
    pub last_evaluation: Option<Timestamp>,
    /// How long the last evaluation took; zero with vmalert, which tells it per rule.
    #[serde(deserialize_with = "seconds")]
    pub evaluation_time: Duration,
    /// What its queries are asked with; vmalert only.
    pub params: Vec<String>,
    /// Labels added to each of its results; vmalert only.
    pub labels: BTreeMap<String, String>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// What a rule makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RuleKind {
    /// Alerts.
    #[default]
    Alerting,
    /// Series.
    Recording,
}

/// A rule and how it fares.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Rule {
    /// The alert's or the new series' name.
    pub name: String,
    /// The expression.
    pub query: String,
    /// What it makes.
    #[serde(rename = "type")]
    pub kind: RuleKind,
    /// vmalert's identifier of the rule; empty with Prometheus.
    pub id: String,
    /// vmalert's identifier of its group; empty with Prometheus.
    #[serde(rename = "group_id")]
    pub group_id: String,
    /// `firing`, `pending`, `inactive`, and with vmalert also `ok`, `nomatch`, `unhealthy`; empty for a recording rule of Prometheus.
    pub state: String,
    /// `ok`, `err`, `unknown`, and with vmalert also `no match`.
    pub health: String,
    /// Why the last evaluation failed; empty if it did not.
    pub last_error: String,
    /// When it was last evaluated; `None` if never.
    #[serde(deserialize_with = "rfc3339::optional")]
    pub last_evaluation: Option<Timestamp>,
    /// How long the last evaluation took.
    #[serde(deserialize_with = "seconds")]
    pub evaluation_time: Duration,
    /// Samples of the last evaluation; vmalert only.
    pub last_samples: Option<u64>,
    /// Series read in the last evaluation; vmalert only. 0 hints at a name that does not exist.
    pub last_series_fetched: Option<u64>,
    /// How long the condition must hold before the alert fires.
    #[serde(deserialize_with = "seconds")]
    pub duration: Duration,
    /// How long the alert goes on firing after the condition ended.
    #[serde(deserialize_with = "seconds", alias = "keep_firing_for")]
    pub keep_firing_for: Duration,
    /// Labels added to its results.
    pub labels: BTreeMap<String, String>,
    /// Annotations of its alerts.
    pub annotations: BTreeMap<String, String>,
    /// Its alerts that are pending or firing.
    #[serde(deserialize_with = "list")]
    pub alerts: Vec<Alert>,
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    Ok(seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .unwrap_or_default())
}

/// Reads a list that may be `null`.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
