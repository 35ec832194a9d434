//! The configuration: plain fields, defaults, and what the environment sets.

mod attributes;
mod environment;
#[cfg(test)]
mod tests;

#[cfg(feature = "push")]
pub(crate) use self::environment::settings as push_settings;
use std::time::Duration;

use vmotel_cardinality::LimitsConfig;
use vmotel_model::Naming;
use vmotel_wire::Exponential;

#[cfg(feature = "push")]
use crate::Push;
use crate::{
    Engine,
    error::{ConfigError, cut},
};

/// The configuration of an [`Exporter`](crate::Exporter): code over environment over default.
///
/// [`Config::default`] reads nothing from the environment; [`Config::from_env`] does.
///
/// ```
/// use vmotel_exporter::Config;
///
/// let config = Config::from_lookup(|name| match name {
///     "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
///     "OTEL_EXPORTER_PROMETHEUS_PORT" => Some("9091".to_owned()),
///     _ => None,
/// })?;
/// assert_eq!(config.service_name, "shop");
/// assert_eq!((config.host.as_str(), config.port), ("localhost", 9091));
/// # Ok::<(), vmotel_exporter::ConfigError>(())
/// ```
#[doc(alias = "VMConfig")]
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whether anything is recorded and exported. Default: true. False (`OTEL_SDK_DISABLED=true`): the meters record nothing,
    /// no port is bound, the routes answer 404.
    pub enabled: bool,
    /// Whether scrapes are served. Default: true. False (`OTEL_METRICS_EXPORTER=none`): as if not enabled, unless the
    /// provider has readers of its own.
    pub pull: bool,
    /// The resource attribute `service.name`. Default: `unknown_service:` and the name of the executable.
    pub service_name: String,
    /// The resource attribute `service.version`. Default: none.
    pub service_version: Option<String>,
    /// The resource attribute `deployment.environment.name`. Default: none.
    pub environment: Option<String>,
    /// More resource attributes; the fields above win over entries of the same key. Default: none.
    pub resource_attributes: Vec<(String, String)>,
    /// The host or address that [`Exporter::listen`](crate::Exporter::listen) binds. Default: `localhost`. In a container
    /// it must be set, for example to `0.0.0.0`, or no other host can scrape.
    pub host: String,
    /// The port that [`Exporter::listen`](crate::Exporter::listen) binds. Default: 9464; 0 picks a free one.
    pub port: u16,
    /// The path of the metrics: `/` and characters of `A-Z a-z 0-9 / - . _ ~`. Default: `/metrics`.
    pub path: String,
    /// What is pushed where, beside scrapes or instead of them. Default: none (`OTEL_EXPORTER_OTLP_ENDPOINT` and others).
    #[cfg(feature = "push")]
    pub push: Option<Push>,
    /// Whether every series carries `job` and `instance` itself, for scrapes configured with `honor_labels: true`: then pull and push
    /// give the same series whatever the scrape configuration calls its jobs. Default: false; a scrape without `honor_labels` would
    /// rename them to `exported_job` and `exported_instance`.
    pub honor_labels: bool,
    /// What adds up the measurements of the instruments. Default: none (`VMOTEL_ENGINE`), which takes [`Engine::default`], or
    /// [`Engine::Sdk`] where its provider is changed
    /// ([`ExporterBuilder::with_provider`](crate::ExporterBuilder::with_provider)). An exporter's configuration tells what was taken.
    pub engine: Option<Engine>,
    /// How OpenTelemetry names become exposed names. Default: [`Naming::Parity`].
    pub naming: Naming,
    /// How exponential histograms are rendered. Default: as `vmrange` buckets, in OpenMetrics as `le` buckets.
    pub exponential: Exponential,
    /// Whether instruments that are histograms record exponential ones (at most 160 buckets and scale 5), unless a view says otherwise.
    /// Default: false (`OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`).
    pub exponential_histograms: bool,
    /// Whether each series tells its instrumentation scope in `otel_scope_...` labels. Default: true, as the specification
    /// demands.
    pub scope_labels: bool,
    /// Whether `target_info` carries the resource attributes. Default: true, as the specification demands.
    pub target_info: bool,
    /// The keys of the resource attributes that become labels of every series, such as `service.name`. Default: none. A key
    /// that the resource does not have is passed over.
    pub resource_labels: Vec<String>,
    /// The limits on the labels of the ready-made instruments, in force before the engine. Default: [`LimitsConfig::default`];
    /// the environment: `VMOTEL_CARDINALITY_...`.
    ///
    /// The engine's own limit for these instruments is raised where it would be lower.
    pub limits: LimitsConfig,
    /// Whether these limits, of the values of a label, of label sets and so on, hold for all other instruments, too, so that beyond them
    /// only the guilty label is folded. Default: false. Only with [`Engine::Native`] and the exporter's own registry.
    #[cfg(feature = "native")]
    pub limits_on_all: bool,
    /// Whether the exporter's own metrics, [`SELF_METRICS`](crate::SELF_METRICS), are exposed. Default: true.
    pub self_metrics: bool,
    /// Whether the provider becomes the global one of the `opentelemetry` crate. Default: true.
    pub global: bool,
    /// Whether the scrape fails (status 500) if any source fails, or only if all do. Default: false.
    pub fail_on_any_source: bool,
    /// Whether a shutdown waits, within its deadline, for one more scrape. Default: false.
    pub await_final_scrape: bool,
    /// The most scrapes that wait for a collection; further ones are answered 503. Default: 512; at least 1.
    pub max_pending_scrapes: usize,
    /// How long a collection may run before waiting scrapes are answered 503. Default: 10 s; more than 0.
    pub collect_timeout: Duration,
    /// The most connections that the listener serves; further ones wait unaccepted. Default: 256; at least 1.
    pub max_connections: usize,
    /// How long a client of the listener may take to receive a response before it is cut off. Default: 10 s; more than 0.
    pub write_timeout: Duration,
    /// How long a connection of the listener may idle, and a request's head may take. Default: 120 s, which is longer
    /// than common scrape intervals; more than 0.
    pub idle_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            pull: true,
            service_name: unknown_service(),
            service_version: None,
            environment: None,
            resource_attributes: Vec::new(),
            host: "localhost".to_owned(),
            port: 9464,
            path: "/metrics".to_owned(),
            #[cfg(feature = "push")]
            push: None,
            honor_labels: false,
            engine: None,
            naming: Naming::default(),
            exponential: Exponential::default(),
            exponential_histograms: false,
            scope_labels: true,
            target_info: true,
            resource_labels: Vec::new(),
            limits: LimitsConfig::default(),
            #[cfg(feature = "native")]
            limits_on_all: false,
            self_metrics: true,
            global: true,
            fail_on_any_source: false,
            await_final_scrape: false,
            max_pending_scrapes: 512,
            collect_timeout: Duration::from_secs(10),
            max_connections: 256,
            write_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
        }
    }
}

impl Config {
    /// Returns the values of the VictoriaMetrics integration guide: `my-service` 1.0.0, `production`, port 9090.
    ///
    /// ```
    /// use vmotel_exporter::Config;
    ///
    /// let guide = Config::guide();
    /// assert_eq!((guide.service_name.as_str(), guide.port), ("my-service", 9090));
    /// assert_eq!(guide.host, "localhost"); // the guide binds all interfaces; say so where that is meant
    /// ```
    #[must_use]
    pub fn guide() -> Self {
        Self {
            service_name: "my-service".to_owned(),
            service_version: Some("1.0.0".to_owned()),
            environment: Some("production".to_owned()),
            port: 9090,
            ..Self::default()
        }
    }

    /// Returns the defaults, overlaid with the process's environment.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(environment::process)
    }

    /// Returns the defaults, overlaid with the environment that `lookup` answers for; an empty value counts as unset.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        config.overlay(lookup)?;
        Ok(config)
    }

    /// Overlays the fields with the environment that `lookup` answers for.
    ///
    /// # Errors
    /// Returns an error if a variable holds a value that cannot be used; the fields may be partly overlaid then.
    pub fn overlay(&mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        environment::overlay(self, &lookup)
    }

    /// Returns true if anything is collected.
    pub(crate) const fn collects(&self) -> bool {
        self.serves() || self.pushes()
    }

    /// Returns true if metrics are pushed.
    pub(crate) const fn pushes(&self) -> bool {
        #[cfg(feature = "push")]
        return self.enabled && self.push.is_some();
        #[cfg(not(feature = "push"))]
        false
    }

    /// Returns true if scrapes are served.
    pub(crate) const fn serves(&self) -> bool {
        self.enabled && self.pull
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let path_char = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let checks = [
            (
                "path",
                self.path.clone(),
                "a path that starts with / and has only A-Z a-z 0-9 / - . _ ~",
                self.path.starts_with('/') && self.path.chars().all(path_char),
            ),
            (
                "host",
                self.host.clone(),
                "an address or a host name",
                !self.host.is_empty(),
            ),
            (
                "max_pending_scrapes",
                self.max_pending_scrapes.to_string(),
                "at least 1",
                self.max_pending_scrapes > 0,
            ),
            (
                "max_connections",
                self.max_connections.to_string(),
                "at least 1",
                self.max_connections > 0,
            ),
            positive("collect_timeout", self.collect_timeout),
            positive("write_timeout", self.write_timeout),
            positive("idle_timeout", self.idle_timeout),
        ];
        for (field, value, expected, good) in checks {
            if !good {
                return Err(ConfigError::Field {
                    field,
                    value: cut(&value),
                    expected,
                });
            }
        }
        #[cfg(feature = "push")]
        self.push.as_ref().map_or(Ok(()), Push::validate)?;
        Ok(())
    }
}

pub(crate) fn positive(field: &'static str, value: Duration) -> (&'static str, String, &'static str, bool) {
    (
        field,
        format!("{value:?}"),
        "more than 0 and at most a year",
        !value.is_zero() && value <= Duration::from_secs(366 * 86_400),
    )
}

/// Returns the service name of the specification for a service that gives none.
fn unknown_service() -> String {
    let exe = std::env::current_exe().ok();
    match exe.as_deref().and_then(|path| path.file_name()) {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}
