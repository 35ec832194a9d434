//! The resource: what produces the metrics.

use std::collections::BTreeMap;

use vmotel_model::{Kind, LabelPlan, LabelSet, Naming};

use crate::Config;

/// The current key of the environment, and the one that it replaces.
const ENVIRONMENT: &str = "deployment.environment.name";
const OLD_ENVIRONMENT: &str = "deployment.environment";

/// Returns all attributes as text, sorted by key: those of the engine, those of the configuration, then its named fields.
pub(crate) fn attributes(config: &Config, telemetry: Vec<(String, String)>) -> Vec<(String, String)> {
    let named = [
        ("service.name", Some(&config.service_name)),
        ("service.version", config.service_version.as_ref()),
        (ENVIRONMENT, config.environment.as_ref()),
    ];
    let given = config.resource_attributes.iter().map(|(key, value)| {
        // The old key is read, the current one written.
        let key = if key == OLD_ENVIRONMENT { ENVIRONMENT } else { key };
        (key.to_owned(), value.clone())
    });
    let named = named
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())));
    let all: BTreeMap<_, _> = telemetry.into_iter().chain(given).chain(named).collect();
    all.into_iter().collect()
}

/// Returns the labels that every series gets: the attributes of these keys, translated.
pub(crate) fn constant_labels(
    naming: Naming,
    attributes: &[(String, String)],
    keys: &[String],
) -> Vec<(String, String)> {
    let chosen = attributes.iter().filter(|(key, _)| keys.contains(key));
    let (keys, values): (Vec<_>, Vec<_>) = chosen.map(|(key, value)| (key.as_str(), value.as_str())).unzip();
    let mut labels = Vec::new();
    LabelPlan::new(naming, Kind::Gauge, keys, &[], &[])
        .labels(values.as_slice())
        .for_each(&mut |name, value| labels.push((name.to_owned(), value.to_owned())));
    labels
}
