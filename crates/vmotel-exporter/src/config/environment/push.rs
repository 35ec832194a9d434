//! The variables of the OTLP exporter and of periodic exports.

use std::{path::PathBuf, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Exporters, value, word};
use crate::{
    Compression, Config, Push, Target, Temporality,
    config::attributes,
    error::{ConfigError, cut},
};

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A setting has a variable for metrics, and a general one that counts where the first is not set.
type Names = [&'static str; 2];

const ENDPOINT: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
const PROTOCOL: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const HEADERS: Names = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const COMPRESSION: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
];
const TIMEOUT: Names = ["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const INSECURE: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    "OTEL_EXPORTER_OTLP_INSECURE",
];
const CERTIFICATE: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
];
const CLIENT_CERTIFICATE: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
];
const CLIENT_KEY: Names = [
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
];
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
/// Ours: whoever sets it has read what VictoriaMetrics makes of deltas.
const FORCE_DELTA: &str = "VMOTEL_FORCE_DELTA";
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const EXPORT_TIMEOUT: &str = "OTEL_METRIC_EXPORT_TIMEOUT";

/// Sets what is pushed: if `otlp` is among the exporters, or if none are named and there is an endpoint that can be one for metrics.
pub(super) fn overlay(
    config: &mut Config,
    exporters: Option<Exporters>,
    lookup: Lookup<'_>,
) -> Result<(), ConfigError> {
    // What is named for traces alone must not stop a service that is only scraped: nothing is read then.
    let endpoint = endpoint(lookup);
    let has_target = endpoint.is_some() && !is_for_grpc(lookup) || config.push.is_some();
    if !exporters.map_or(has_target, |exporters| exporters.push) {
        config.push = None;
        return Ok(());
    }
    if let Some((variable, value)) = first(&PROTOCOL, lookup) {
        let expected = "http/protobuf, the only one that VictoriaMetrics takes";
        word(variable, &value, &["http/protobuf"], expected)?;
    }
    let default = || Push::to(Target::otlp("http://localhost:4318/v1/metrics"));
    let mut push = read(config.push.take().unwrap_or_else(default), 2, lookup)?;
    if let Some(target) = endpoint {
        push.target = target;
    }
    compress(&mut push, 2, lookup)?;
    config.push = Some(push);
    Ok(())
}

/// Returns what the environment sets for pushes to a target that comes from code.
///
/// The general variables are not read: headers, keys and certificates in them may be for another receiver.
pub(crate) fn settings(target: Target, lookup: Lookup<'_>) -> Result<Push, ConfigError> {
    let mut push = read(Push::to(target), 1, lookup)?;
    compress(&mut push, 1, lookup)?;
    Ok(push)
}

/// Reads the first `count` variables of each setting.
fn read(mut push: Push, count: usize, lookup: Lookup<'_>) -> Result<Push, ConfigError> {
    let first = |names: Names| first(&names[..count], lookup);
    if let Some((variable, value)) = first(INSECURE) {
        // Of gRPC only.
        word(variable, &value, &["true", "false"], "true or false")?;
    }
    push.temporality = temporality(lookup)?;
    if let Some((variable, value)) = first(HEADERS) {
        push.headers = headers(variable, &value)?;
    }
    if let Some((variable, value)) = first(TIMEOUT) {
        push.request_timeout = millis(variable, &value)?;
    }
    if let Some(value) = value(lookup, INTERVAL) {
        push.interval = millis(INTERVAL, &value)?;
    }
    if let Some(value) = value(lookup, EXPORT_TIMEOUT) {
        push.export_timeout = millis(EXPORT_TIMEOUT, &value)?;
    }
    for (names, file) in [
        (CERTIFICATE, &mut push.ca_file),
        (CLIENT_CERTIFICATE, &mut push.client_certificate_file),
        (CLIENT_KEY, &mut push.client_key_file),
    ] {
        if let Some((_, path)) = first(names) {
            *file = Some(PathBuf::from(path));
        }
    }
    Ok(push)
}

/// Reads whether deltas are asked for, and insisted on.
fn temporality(lookup: Lookup<'_>) -> Result<Temporality, ConfigError> {
    let is_forced = match value(lookup, FORCE_DELTA) {
        Some(forced) => word(FORCE_DELTA, &forced, &["false", "true"], "true or false")? == 1,
        None => false,
    };
    let Some(preference) = value(lookup, TEMPORALITY) else {
        return Ok(Temporality::Cumulative);
    };
    let (words, expected): (&[_], _) = if is_forced {
        (&["cumulative", "delta"], "cumulative or delta")
    } else {
        (
            &["cumulative"],
            "cumulative: of deltas, VictoriaMetrics cannot make rates, and loses some with deduplication or downsampling; \
             delta is taken with VMOTEL_FORCE_DELTA=true",
        )
    };
    Ok(match word(TEMPORALITY, &preference, words, expected)? {
        0 => Temporality::Cumulative,
        _ => Temporality::ForcedDelta,
    })
}

fn first(names: &[&'static str], lookup: Lookup<'_>) -> Option<(&'static str, String)> {
    names
        .iter()
        .find_map(|name| value(lookup, name).map(|value| (*name, value)))
}

/// Returns true if there is only a general endpoint, and one of gRPC: it is for traces, unless `OTEL_METRICS_EXPORTER` says otherwise.
fn is_for_grpc(lookup: Lookup<'_>) -> bool {
    let grpc = |(_, protocol): (_, String)| protocol.eq_ignore_ascii_case("grpc");
    let [ours, general] = ENDPOINT;
    value(lookup, ours).is_none()
        && (first(&PROTOCOL, lookup).is_some_and(grpc)
            || value(lookup, general).is_some_and(|url| url.trim_end_matches('/').ends_with(":4317")))
}

/// The general address gets the path of metrics; the one for metrics is used as it is.
fn endpoint(lookup: Lookup<'_>) -> Option<Target> {
    let (variable, address) = first(&ENDPOINT, lookup)?;
    if variable == ENDPOINT[0] {
        return Some(Target::otlp(address));
    }
    let (base, query) = match address.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (address.as_str(), String::new()),
    };
    Some(Target::otlp(format!(
        "{}/v1/metrics{query}",
        base.trim_end_matches('/')
    )))
}

fn compress(push: &mut Push, count: usize, lookup: Lookup<'_>) -> Result<(), ConfigError> {
    let Some((variable, value)) = first(&COMPRESSION[..count], lookup) else {
        return Ok(());
    };
    // zstd is ours: VictoriaMetrics takes it, the specification does not know it.
    let expected = "gzip, none or zstd";
    let compression = match word(variable, &value, &["gzip", "none", "zstd"], expected)? {
        0 => Compression::Gzip,
        1 => Compression::None,
        _ => Compression::Zstd,
    };
    push.target = push.target.clone().or_otlp_compression(compression);
    Ok(())
}

fn millis(variable: &'static str, value: &str) -> Result<Duration, ConfigError> {
    match value.parse() {
        Ok(millis @ 1..=31_622_400_000) => Ok(Duration::from_millis(millis)),
        _ => Err(ConfigError::Environment {
            variable,
            value: cut(value),
            expected: "milliseconds, from 1 to a year",
        }),
    }
}

/// Reads `key=value,key=value`, percent-encoded. No value gets into an error, as it may be a key.
fn headers(variable: &'static str, list: &str) -> Result<HeaderMap, ConfigError> {
    let bad = || ConfigError::Environment {
        variable,
        value: "(not shown)".to_owned(),
        expected: "key=value,key=value with names and values of HTTP headers, %XX for reserved characters",
    };
    let pairs = attributes::parse(variable, list).map_err(|_| bad())?;
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().map_err(|_| bad())?;
        let mut value: HeaderValue = value.parse().map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
