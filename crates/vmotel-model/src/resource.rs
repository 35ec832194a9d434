//! Labels that come from the resource and the scope.

use std::collections::BTreeMap;

use crate::{Kind, LabelPlan, LabelSet, Naming};

/// Returns the labels of `target_info`: all resource attributes and nothing else, sorted.
///
/// None if there is no attribute: then there is no `target_info`.
///
/// ```
/// use vmotel_model::{Naming, target_info_labels};
///
/// let labels = target_info_labels(Naming::Parity, [("service.name", "shop"), ("host.arch", "")]);
/// assert_eq!(labels, [("service_name".to_owned(), "shop".to_owned())]);
/// ```
#[must_use]
pub fn target_info_labels<'a>(
    naming: Naming,
    attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, String)> {
    let (keys, values): (Vec<_>, Vec<_>) = attributes.into_iter().unzip();
    let plan = LabelPlan::new(naming, Kind::Gauge, keys, &[], &[]);
    let mut labels = Vec::new();
    plan.labels(values.as_slice())
        .for_each(&mut |name, value| labels.push((name.to_owned(), value.to_owned())));
    labels
}

/// Returns the labels that tell the instrumentation scope, sorted, without empty values.
///
/// These are `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url` and `otel_scope_` before each attribute; an
/// attribute that would become one of the three is dropped.
///
/// ```
/// use vmotel_model::{Naming, scope_labels};
///
/// let labels = scope_labels(Naming::Parity, "shop", "", "", [("team.name", "a"), ("version", "2")]);
/// let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
/// assert_eq!(labels, ["otel_scope_name=shop", "otel_scope_team_name=a"]);
/// ```
#[must_use]
pub fn scope_labels<'a>(
    naming: Naming,
    name: &str,
    version: &str,
    schema_url: &str,
    attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, String)> {
    const NAME: &str = "otel_scope_name";
    const VERSION: &str = "otel_scope_version";
    const SCHEMA_URL: &str = "otel_scope_schema_url";

    let (keys, values): (Vec<_>, Vec<_>) = attributes
        .into_iter()
        .map(|(key, value)| (format!("otel_scope_{key}"), value))
        .unzip();
    let plan = LabelPlan::new(naming, Kind::Gauge, keys.iter().map(String::as_str), &[], &[]);
    let mut labels = BTreeMap::new();
    plan.labels(values.as_slice()).for_each(&mut |label, value| {
        if ![NAME, VERSION, SCHEMA_URL].contains(&label) {
            labels.insert(label.to_owned(), value.to_owned());
        }
    });
    for (label, value) in [(NAME, name), (VERSION, version), (SCHEMA_URL, schema_url)] {
        if !value.is_empty() {
            labels.insert(label.to_owned(), value.to_owned());
        }
    }
    labels.into_iter().collect()
}
