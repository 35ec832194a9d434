//! Alerts, and who is told of them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Timestamp, rfc3339};

/// An alert that is pending or firing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Alert {
    /// The alert's name; empty with Prometheus, where it is the label `alertname`.
    pub name: String,
    /// `pending` or `firing`.
    pub state: String,
    /// The value that the expression had, as text.
    pub value: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Since when.
    #[serde(deserialize_with = "rfc3339::optional")]
    pub active_at: Option<Timestamp>,
    /// vmalert's identifier of the alert; empty with Prometheus.
    pub id: String,
    /// vmalert's identifier of its rule; empty with Prometheus.
    #[serde(rename = "rule_id")]
    pub rule_id: String,
    /// vmalert's identifier of its group; empty with Prometheus.
    #[serde(rename = "group_id")]
    pub group_id: String,
    /// The expression; vmalert only.
    pub expression: String,
    /// A page that shows why; vmalert only.
    pub source: String,
    /// Whether its state was restored after a restart; vmalert only.
    pub restored: bool,
    /// Whether it goes on firing only because of `keep_firing_for`; vmalert only.
    pub stabilizing: bool,
}

/// Where a vmalert sends alerts, by kind of discovery (`/api/v1/notifiers`, 1.145 and later).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NotifierGroup {
    /// `static`, `dns` or `consul`.
    pub kind: String,
    /// The receivers.
    pub targets: Vec<Notifier>,
}

/// A receiver of alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Notifier {
    /// Its address.
    pub address: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Why the last sending failed; empty if it did not.
    pub last_error: String,
}
