//! The tests of the alerts for `vmalert-tool unittest`: each fires once and stays silent once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Alert, Group, Input, labels, scaled};
use crate::{DeployError, Deployment, yaml};

/// The time between the samples of a test, in seconds before scaling.
const INTERVAL: u64 = 30;

/// How many samples a test runs for: longer than the longest window with its waiting time.
const STEPS: u64 = 100;

#[derive(Debug, Serialize)]
struct File {
    rule_files: [&'static str; 1],
    evaluation_interval: String,
    tests: Vec<Case>,
}

#[derive(Debug, Serialize)]
struct Case {
    name: String,
    interval: String,
    input_series: Vec<Series>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alert_rule_test: Vec<Silent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metricsql_expr_test: Vec<Fired>,
}

#[derive(Debug, Serialize)]
struct Series {
    series: String,
    values: String,
}

/// No alert of this name fires.
#[derive(Debug, Serialize)]
struct Silent {
    eval_time: String,
    groupname: &'static str,
    alertname: &'static str,
    exp_alerts: [(); 0],
}

/// Exactly one alert of this name fires; asked of the series that vmalert writes, as an expected alert would have to repeat the text of
/// its annotations.
#[derive(Debug, Serialize)]
struct Fired {
    eval_time: String,
    expr: String,
    exp_samples: [Sample; 1],
}

#[derive(Debug, Serialize)]
struct Sample {
    labels: String,
    value: u32,
}

pub(crate) fn render(values: &Deployment, groups: &[Group], path: &str) -> Result<String, DeployError> {
    let interval = scaled(values, INTERVAL);
    let end = crate::Span::seconds(interval.0 * STEPS).to_string();
    let case = |alert: &Alert, title: &str, inputs: &[Input]| Case {
        name: format!("{} {title}", alert.name),
        interval: interval.to_string(),
        input_series: inputs
            .iter()
            .map(|Input(series, first, step)| Series {
                series: series.clone(),
                values: format!("{first}+{step}x{STEPS}"),
            })
            .collect(),
        alert_rule_test: Vec::new(),
        metricsql_expr_test: Vec::new(),
    };
    let mut tests = Vec::new();
    for group in groups {
        for alert in &group.alerts {
            tests.push(Case {
                metricsql_expr_test: vec![Fired {
                    eval_time: end.clone(),
                    expr: format!("ALERTS{{alertname=\"{}\", alertstate=\"firing\"}}", alert.name),
                    exp_samples: [Sample {
                        labels: series(alert, group),
                        value: 1,
                    }],
                }],
                ..case(alert, "fires", &alert.fires)
            });
            tests.push(Case {
                alert_rule_test: vec![Silent {
                    eval_time: end.clone(),
                    groupname: group.name,
                    alertname: alert.name,
                    exp_alerts: [],
                }],
                ..case(alert, "stays silent", &alert.silent)
            });
        }
    }
    yaml::to_yaml(
        path,
        &File {
            rule_files: ["../vmalert/rules.yml"],
            evaluation_interval: interval.to_string(),
            tests,
        },
    )
}

/// Returns the series of the alert while it fires.
fn series(alert: &Alert, group: &Group) -> String {
    let mut all: BTreeMap<&str, &str> = labels(alert, group).into_iter().collect();
    all.extend([
        ("alertgroup", group.name),
        ("alertname", alert.name),
        ("alertstate", "firing"),
    ]);
    all.extend(
        alert
            .fired_labels
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    let pairs: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    format!("ALERTS{{{}}}", pairs.join(", "))
}
