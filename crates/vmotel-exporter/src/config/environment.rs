//! The environment variables: those of the OpenTelemetry specification, and those of the limits.

#[cfg(feature = "push")]
mod push;

#[cfg(feature = "push")]
pub(crate) use self::push::settings;
use super::{Config, attributes};
use crate::{
    Engine,
    error::{ConfigError, cut},
};

/// Looks a variable of the process up.
pub(super) fn process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Overlays `config`; empty values count as unset.
pub(super) fn overlay(
    config: &mut Config,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let get = |name: &str| value(lookup, name);
    if get("OTEL_CONFIG_FILE").is_some() {
        return Err(ConfigError::Environment {
            variable: "OTEL_CONFIG_FILE",
            value: cut(&get("OTEL_CONFIG_FILE").unwrap_or_default()),
            expected: "no value, as configuration files are not read",
        });
    }
    if let Some(value) = get("OTEL_SDK_DISABLED") {
        config.enabled = !truth("OTEL_SDK_DISABLED", &value)?;
    }
    let exporters = get("OTEL_METRICS_EXPORTER")
        .map(|list| exporters(&list))
        .transpose()?;
    if let Some(exporters) = exporters {
        config.pull = exporters.pull;
    }
    #[cfg(feature = "push")]
    push::overlay(config, exporters, lookup)?;
    if let Some(value) = get("OTEL_METRICS_EXEMPLAR_FILTER") {
        // There are no exemplars to filter; a value that is none is a mistake all the same.
        let known = ["always_on", "always_off", "trace_based"];
        word(
            "OTEL_METRICS_EXEMPLAR_FILTER",
            &value,
            &known,
            "always_on, always_off or trace_based",
        )?;
    }
    if let Some(value) = get("VMOTEL_ENGINE") {
        config.engine = Some(engine("VMOTEL_ENGINE", &value)?);
    }
    let aggregation = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    if let Some(value) = get(aggregation) {
        let known = ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"];
        let expected = "explicit_bucket_histogram or base2_exponential_bucket_histogram";
        config.exponential_histograms = word(aggregation, &value, &known, expected)? == 1;
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

fn engine(variable: &'static str, value: &str) -> Result<Engine, ConfigError> {
    let known = [
        #[cfg(feature = "native")]
        ("native", Engine::Native),
        #[cfg(feature = "sdk")]
        ("sdk", Engine::Sdk),
    ];
    let expected = match (cfg!(feature = "native"), cfg!(feature = "sdk")) {
        (true, true) => "native or sdk",
        (true, false) => "native (sdk needs the feature `sdk`)",
        _ => "sdk (native needs the feature `native`)",
    };
    let at = word(variable, value, &known.map(|(name, _)| name), expected)?;
    Ok(known[at].1)
}

/// Which of the exporters are asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Exporters {
    pull: bool,
    push: bool,
}

fn exporters(list: &str) -> Result<Exporters, ConfigError> {
    let mut exporters = Exporters::default();
    for name in list.split(',').map(str::trim) {
        match name.to_ascii_lowercase().as_str() {
            "prometheus" => exporters.pull = true,
            "otlp" if cfg!(feature = "push") => exporters.push = true,
            "none" => {}
            _ => {
                return Err(ConfigError::Environment {
                    variable: "OTEL_METRICS_EXPORTER",
                    value: cut(list),
                    expected: if cfg!(feature = "push") {
                        "a list of otlp and prometheus, or none"
                    } else {
                        "prometheus or none (otlp needs the feature `push`)"
                    },
                });
            }
        }
    }
    Ok(exporters)
}

/// Returns the value of a variable without blanks around it; an empty one counts as unset.
fn value(lookup: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    lookup(name)
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// Returns which of the known words a value is.
fn word(
    variable: &'static str,
    value: &str,
    known: &[&str],
    expected: &'static str,
) -> Result<usize, ConfigError> {
    let found = known.iter().position(|word| value.eq_ignore_ascii_case(word));
    found.ok_or_else(|| ConfigError::Environment {
        variable,
        value: cut(value),
        expected,
    })
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
