//! The tests of the alerts for `vmalert-tool unittest`: each fires once and stays silent once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Alert, Group, Input, labels, scaled};
use crate::{DeployError, Deployment, yaml};

/// The time between the samples of a test, in seconds before scaling.
const INTERVAL: u64 = 30;

/// The longest window that a test fills, in seconds before scaling.
const LONGEST: u64 = 900;

#[derive(Debug, Serialize)]
struct File {
    rule_files: [String; 1],
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

/// Renders the tests of a group. They are a file of their own, as each test evaluates all rules that its file names.
pub(crate) fn render(values: &Deployment, group: &Group, path: &str) -> Result<String, DeployError> {
    let interval = scaled(values, INTERVAL);
    let case = |alert: &Alert, title: &str, inputs: &[Input]| Case {
        name: format!("{} {title}", alert.name),
        interval: interval.to_string(),
        input_series: inputs
            .iter()
            .map(|Input(series, first, step)| Series {
                series: series.clone(),
                values: format!("{first}+{step}x{}", steps(values, alert)),
            })
            .collect(),
        alert_rule_test: Vec::new(),
        metricsql_expr_test: Vec::new(),
    };
    let mut tests = Vec::new();
    for alert in &group.alerts {
        let end = crate::Span::seconds(interval.0 * steps(values, alert)).to_string();
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
                eval_time: end,
                groupname: group.name,
                alertname: alert.name,
                exp_alerts: [],
            }],
            ..case(alert, "stays silent", &alert.silent)
        });
    }
    yaml::to_yaml(
        path,
        &File {
            rule_files: [format!("../vmalert/{}.yml", group.name)],
            evaluation_interval: interval.to_string(),
            tests,
        },
    )
}

/// Returns how many samples the tests of an alert run for: its window and waiting time, and a little more.
fn steps(values: &Deployment, alert: &Alert) -> u64 {
    let interval = scaled(values, INTERVAL).0;
    let window = vmotel_metricsql::parse(&alert.expr).map_or(0, |expr| {
        vmotel_metricsql::usage(&expr, 0).lookback_ms.unsigned_abs() / 1000
    });
    // A trend over hours is one over a quarter of an hour, too.
    let window = window.min(scaled(values, LONGEST).0);
    (window + scaled(values, alert.hold).0).div_ceil(interval) + 6
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
