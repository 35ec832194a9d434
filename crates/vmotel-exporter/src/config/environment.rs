//! The environment variables: those of the OpenTelemetry specification, and those of the limits.

use super::{Config, attributes};
use crate::error::{ConfigError, cut};

/// Looks a variable of the process up.
pub(super) fn process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Overlays `config`; empty values count as unset.
pub(super) fn overlay(
    config: &mut Config,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let get = |name: &str| {
        lookup(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };

    if let Some(value) = get("OTEL_SDK_DISABLED") {
        config.enabled = !truth("OTEL_SDK_DISABLED", &value)?;
    }
    if let Some(value) = get("OTEL_METRICS_EXPORTER") {
        config.pull = pull(&value)?;
    }
    if let Some(list) = get("OTEL_RESOURCE_ATTRIBUTES") {
        let attributes = attributes::parse("OTEL_RESOURCE_ATTRIBUTES", &list)?;
        let (old, current): (Vec<_>, Vec<_>) = attributes
            .into_iter()
            .partition(|(key, _)| key == "deployment.environment");
        // The old key first, so that the current one wins over it wherever it stands.
        for (key, value) in old.into_iter().chain(current) {
            resource(config, key, value);
        }
    }
    if let Some(value) = get("OTEL_SERVICE_NAME") {
        config.service_name = value;
    }
    if let Some(value) = get("OTEL_EXPORTER_PROMETHEUS_HOST") {
        config.host = value;
    }
    if let Some(value) = get("OTEL_EXPORTER_PROMETHEUS_PORT") {
        config.port = value.parse().map_err(|_| ConfigError::Environment {
            variable: "OTEL_EXPORTER_PROMETHEUS_PORT",
            value: cut(&value),
            expected: "a port from 0 to 65535",
        })?;
    }
    config.limits.overlay(lookup)?;
    Ok(())
}

fn truth(variable: &'static str, value: &str) -> Result<bool, ConfigError> {
    if value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(ConfigError::Environment {
            variable,
            value: cut(value),
            expected: "true or false",
        })
    }
}

/// Tells whether the list of exporters names `prometheus`.
fn pull(list: &str) -> Result<bool, ConfigError> {
    let mut pull = false;
    for name in list.split(',').map(str::trim) {
        match name.to_ascii_lowercase().as_str() {
            "prometheus" => pull = true,
            "none" => {}
            _ => {
                return Err(ConfigError::Environment {
                    variable: "OTEL_METRICS_EXPORTER",
                    value: cut(list),
                    expected: "prometheus or none",
                });
            }
        }
    }
    Ok(pull)
}

/// Puts a resource attribute into its field; the old key of the environment counts as the current one.
fn resource(config: &mut Config, key: String, value: String) {
    match key.as_str() {
        "service.name" if value.is_empty() => {}
        "service.name" => config.service_name = value,
        "service.version" => config.service_version = Some(value),
        "deployment.environment" | "deployment.environment.name" => config.environment = Some(value),
        _ => {
            config.resource_attributes.retain(|(known, _)| *known != key);
            config.resource_attributes.push((key, value));
        }
    }
}
