//! Alerting and recording rules, each alert with its two tests.

mod application;
mod health;
mod objective;
mod unit_test;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Catalog, DeployError, Deployment, Form, Span, yaml};

pub(crate) use unit_test::render as render_tests;

/// A group of rules, evaluated together.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) records: Vec<Record>,
    pub(crate) alerts: Vec<Alert>,
}

/// A recording rule.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    pub(crate) record: String,
    pub(crate) expr: String,
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Someone is called.
    Critical,
    /// Someone looks at it in working hours.
    Warning,
    /// Nobody: it fires while all is well.
    None,
}

/// An alerting rule.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) name: &'static str,
    pub(crate) expr: String,
    /// How long the expression has to hold, in seconds before scaling.
    pub(crate) hold: u64,
    pub(crate) severity: Severity,
    pub(crate) summary: String,
    pub(crate) description: String,
    /// What to do about it.
    pub(crate) runbook: &'static str,
    /// Series with which it fires, and the labels it fires with.
    pub(crate) fires: Vec<Input>,
    pub(crate) fired_labels: Vec<(&'static str, String)>,
    /// Series with which it stays silent.
    pub(crate) silent: Vec<Input>,
}

/// A series of a test: its selector, its first value, and what each step adds.
#[derive(Debug, Clone)]
pub(crate) struct Input(pub(crate) String, pub(crate) f64, pub(crate) f64);

/// Returns a duration after the time scale, at least a second.
pub(crate) fn scaled(values: &Deployment, seconds: u64) -> Span {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a duration of days times at most ten"
    )]
    Span::seconds(((seconds as f64 * values.thresholds.time_scale).round() as u64).max(1))
}

/// What rules are made from.
#[derive(Debug, Clone, Copy)]
struct Context<'a> {
    values: &'a Deployment,
    catalog: &'a Catalog,
}

impl Context<'_> {
    /// Returns a window or waiting time of this many minutes as text.
    fn minutes(&self, count: u64) -> String {
        scaled(self.values, count * 60).to_string()
    }

    fn job(&self) -> &str {
        &self.values.application.name
    }
}

/// Returns all groups.
pub(crate) fn groups(values: &Deployment, catalog: &Catalog) -> Vec<Group> {
    let context = Context { values, catalog };
    if values.form == Form::PrometheusOperator {
        // What watches the servers there comes with them.
        return [application::group(context), objective::group(context)]
            .into_iter()
            .filter(|group| !group.alerts.is_empty())
            .collect();
    }
    [
        application::group(context),
        objective::group(context),
        health::targets(context),
        health::storage(context),
        health::agent(context),
        health::proxy(context),
        health::alerting(context),
    ]
    .into_iter()
    .filter(|group| !group.records.is_empty() || !group.alerts.is_empty())
    .collect()
}

#[derive(Debug, Serialize)]
struct File {
    groups: Vec<GroupYaml>,
}

/// A group as rule files have it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GroupYaml {
    name: &'static str,
    interval: String,
    rules: Vec<RuleYaml>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum RuleYaml {
    Record(Record),
    Alert(AlertYaml),
}

#[derive(Debug, Clone, Serialize)]
struct AlertYaml {
    alert: &'static str,
    expr: String,
    #[serde(rename = "for")]
    hold: String,
    keep_firing_for: String,
    labels: BTreeMap<&'static str, &'static str>,
    annotations: Annotations,
}

#[derive(Debug, Clone, Serialize)]
struct Annotations {
    summary: String,
    description: String,
    runbook: &'static str,
    dashboard: String,
}

/// Renders a group as a file that Prometheus reads as well.
pub(crate) fn render(
    values: &Deployment,
    catalog: &Catalog,
    group: &Group,
    path: &str,
) -> Result<String, DeployError> {
    let groups = yaml(values, catalog, std::slice::from_ref(group));
    yaml::to_yaml(path, &File { groups })
}

/// Returns groups as rule files have them.
pub(crate) fn yaml(values: &Deployment, catalog: &Catalog, groups: &[Group]) -> Vec<GroupYaml> {
    let group = |group: &Group| {
        let records = group.records.iter().cloned().map(RuleYaml::Record);
        let alerts = group.alerts.iter().map(|alert| {
            RuleYaml::Alert(AlertYaml {
                alert: alert.name,
                expr: alert.expr.clone(),
                hold: scaled(values, alert.hold).to_string(),
                keep_firing_for: scaled(values, 120).to_string(),
                labels: labels(alert, group),
                annotations: Annotations {
                    summary: alert.summary.clone(),
                    description: alert.description.clone(),
                    runbook: alert.runbook,
                    dashboard: format!(
                        "{}/d/{}",
                        values.dashboards_url(),
                        crate::dashboards::uid_for(group.name, catalog)
                    ),
                },
            })
        });
        GroupYaml {
            name: group.name,
            interval: scaled(values, values.scraping.interval.0).to_string(),
            rules: records.chain(alerts).collect(),
        }
    };
    groups.iter().map(group).collect()
}

/// Returns the labels that routes and people tell alerts apart by.
fn labels(alert: &Alert, group: &Group) -> BTreeMap<&'static str, &'static str> {
    let severity = match alert.severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::None => "none",
    };
    let team = if matches!(group.name, "application" | "objective") {
        "application"
    } else {
        "platform"
    };
    [("severity", severity), ("team", team)].into()
}
