//! The builder: code over environment over default.

use std::{fmt, sync::Arc};

#[cfg(feature = "sdk")]
use opentelemetry_sdk::metrics::MeterProviderBuilder;
use vmotel_model::{MetricSource, Naming};
use vmotel_wire::Exponential;

use crate::{BuildError, Config, Engine, Exporter, identity};
#[cfg(feature = "push")]
use crate::{Push, Target, config::push_settings};

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send>;
type Edit = Box<dyn FnOnce(&mut Config) + Send>;
#[cfg(feature = "sdk")]
pub(crate) type Hook = Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;

/// Builds an [`Exporter`].
///
/// It starts from the defaults and the process's environment; what is set by `with_...` wins over both.
#[must_use]
pub struct ExporterBuilder {
    base: Base,
    edits: Vec<Edit>,
    sources: Vec<(String, Arc<dyn MetricSource>)>,
    #[cfg(feature = "sdk")]
    hook: Option<Hook>,
    #[cfg(feature = "push")]
    target: Option<Target>,
    #[cfg(feature = "native")]
    native: Option<vmotel_registry::RegistryMeterProvider>,
}

/// What the engine is given.
pub(crate) struct Given {
    #[cfg(feature = "sdk")]
    pub(crate) hook: Option<Hook>,
    #[cfg(feature = "native")]
    pub(crate) native: Option<vmotel_registry::RegistryMeterProvider>,
}

impl Given {
    /// Returns true if the SDK's provider is to be changed.
    pub(crate) const fn has_hook(&self) -> bool {
        #[cfg(feature = "sdk")]
        return self.hook.is_some();
        #[cfg(not(feature = "sdk"))]
        false
    }
}

enum Base {
    Environment(Lookup),
    Config(Box<Config>),
}

impl fmt::Debug for ExporterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExporterBuilder")
            .field("edits", &self.edits.len())
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

impl Default for ExporterBuilder {
    fn default() -> Self {
        Self {
            base: Base::Environment(Box::new(|name| {
                std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
            })),
            edits: Vec::new(),
            sources: Vec::new(),
            #[cfg(feature = "sdk")]
            hook: None,
            #[cfg(feature = "push")]
            target: None,
            #[cfg(feature = "native")]
            native: None,
        }
    }
}

impl ExporterBuilder {
    /// Starts from this configuration instead of the defaults and the environment, which is then not read.
    ///
    /// To have the environment win over it, call [`Config::overlay`] before.
    pub fn with_config(mut self, config: Config) -> Self {
        self.base = Base::Config(Box::new(config));
        self
    }

    /// Starts from the defaults and the environment that `lookup` answers for.
    pub fn with_lookup(mut self, lookup: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        self.base = Base::Environment(Box::new(lookup));
        self
    }

    /// Changes any field of the configuration.
    pub fn with(mut self, edit: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.edits.push(Box::new(edit));
        self
    }

    /// Sets the resource attribute `service.name`.
    pub fn with_service_name(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with(|config| config.service_name = name)
    }

    /// Sets the resource attribute `service.version`.
    pub fn with_service_version(self, version: impl Into<String>) -> Self {
        let version = version.into();
        self.with(|config| config.service_version = Some(version))
    }

    /// Sets the resource attribute `deployment.environment.name`, such as `production`.
    pub fn with_deployment_environment(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with(|config| config.environment = Some(name))
    }

    /// Sets a further resource attribute.
    pub fn with_resource_attribute(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.with(|config| {
            config.resource_attributes.retain(|(known, _)| *known != key);
            config.resource_attributes.push((key, value));
        })
    }

    /// Sets the keys of the resource attributes that become labels of every series.
    pub fn with_resource_labels<K: Into<String>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(Into::into).collect();
        self.with(|config| config.resource_labels = keys)
    }

    /// Sets the host or address to bind.
    pub fn with_host(self, host: impl Into<String>) -> Self {
        let host = host.into();
        self.with(|config| config.host = host)
    }

    /// Sets the port to bind; 0 picks a free one.
    pub fn with_port(self, port: u16) -> Self {
        self.with(move |config| config.port = port)
    }

    /// Sets the path of the metrics.
    pub fn with_path(self, path: impl Into<String>) -> Self {
        let path = path.into();
        self.with(|config| config.path = path)
    }

    /// Sets how OpenTelemetry names become exposed names.
    pub fn with_naming(self, naming: Naming) -> Self {
        self.with(move |config| config.naming = naming)
    }

    /// Sets how exponential histograms are rendered.
    pub fn with_exponential(self, exponential: Exponential) -> Self {
        self.with(|config| config.exponential = exponential)
    }

    /// Sets whether series carry the labels of their instrumentation scope.
    pub fn with_scope_labels(self, on: bool) -> Self {
        self.with(move |config| config.scope_labels = on)
    }

    /// Sets whether `target_info` is exposed.
    pub fn with_target_info(self, on: bool) -> Self {
        self.with(move |config| config.target_info = on)
    }

    /// Sets whether the exporter's own metrics are exposed.
    pub fn with_self_metrics(self, on: bool) -> Self {
        self.with(move |config| config.self_metrics = on)
    }

    /// Sets whether the provider becomes the global one.
    pub fn with_global(self, on: bool) -> Self {
        self.with(move |config| config.global = on)
    }

    /// Pushes metrics to a target, beside the scrapes that are served. Interval, timeouts and the like are those of the environment
    /// (`OTEL_METRIC_EXPORT_...`, `OTEL_EXPORTER_OTLP_METRICS_...`) or the defaults; [`ExporterBuilder::with_push`] sets all of it.
    ///
    /// The worker starts with [`ExporterBuilder::build`]; end it with [`Exporter::shutdown`], which pushes a last time.
    ///
    /// ```no_run
    /// use vmotel_exporter::{Exporter, Target};
    ///
    /// let exporter = Exporter::builder().with_push_to(Target::victoria("http://localhost:8428")).build()?;
    /// # Ok::<(), vmotel_exporter::BuildError>(())
    /// ```
    #[cfg(feature = "push")]
    pub fn with_push_to(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Pushes metrics as told; nothing of it comes from the environment. See [`ExporterBuilder::with_push_to`].
    #[cfg(feature = "push")]
    pub fn with_push(self, push: Push) -> Self {
        self.with(|config| config.push = Some(push))
    }

    /// Sets whether every series carries `job` and `instance` itself, see [`Config::honor_labels`].
    pub fn with_honor_labels(self, on: bool) -> Self {
        self.with(move |config| config.honor_labels = on)
    }

    /// Adds a source beside the engine; the name tells it apart in self-metrics and warnings.
    pub fn with_source(mut self, name: impl Into<String>, source: Arc<dyn MetricSource>) -> Self {
        self.sources.push((name.into(), source));
        self
    }

    /// Sets what adds up the measurements of the instruments, see [`Config::engine`].
    pub fn with_engine(self, engine: Engine) -> Self {
        self.with(move |config| config.engine = Some(engine))
    }

    /// Sets whether the limits hold for the labels of all instruments, see [`Config::limits_on_all`].
    ///
    /// ```
    /// use opentelemetry::KeyValue;
    /// use vmotel_exporter::{Exporter, Format};
    ///
    /// let exporter = Exporter::builder()
    ///     .with_global(false)
    ///     .with_limits_on_all(true)
    ///     .with(|config| config.limits.labels.per_label = 2)
    ///     .build()?;
    /// let logins = exporter.meter("shop").u64_counter("logins").build();
    /// for user in ["ann", "bob", "eve", "joe"] {
    ///     logins.add(1, &[KeyValue::new("ok", true), KeyValue::new("user", user)]);
    /// }
    /// let text = exporter.scrape(Format::Text)?;
    /// assert!(text.contains("logins_total{ok=\"true\",otel_scope_name=\"shop\",user=\"ann\"} 1\n"));
    /// assert!(text.contains("logins_total{ok=\"true\",otel_scope_name=\"shop\",user=\"other\"} 2\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "native")]
    pub fn with_limits_on_all(self, on: bool) -> Self {
        self.with(move |config| config.limits_on_all = on)
    }

    /// Has the instruments record into this registry, beside what is registered there natively: [`Engine::Native`].
    #[cfg(feature = "native")]
    pub fn with_registry(self, registry: &vmotel_registry::Registry) -> Self {
        self.with_native_provider(vmotel_registry::RegistryMeterProvider::new(registry))
    }

    /// Has this provider make the instruments, with its views and its registry: [`Engine::Native`].
    ///
    /// ```
    /// use vmotel_exporter::Exporter;
    /// use vmotel_registry::{Aggregation, Registry, RegistryMeterProvider, Stream};
    ///
    /// let native = RegistryMeterProvider::new(&Registry::new()).with_view(|instrument| {
    ///     let aggregation = Aggregation::Vmrange;
    ///     (instrument.unit == "s").then(|| Stream { aggregation, ..Stream::default() })
    /// });
    /// let exporter = Exporter::builder().with_global(false).with_native_provider(native).build()?;
    /// exporter.meter("shop").f64_histogram("checkout").with_unit("s").build().record(0.2, &[]);
    /// assert!(exporter.scrape(vmotel_exporter::Format::Text)?.contains("vmrange=\"1.896e-01...2.154e-01\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "native")]
    pub fn with_native_provider(mut self, provider: vmotel_registry::RegistryMeterProvider) -> Self {
        self.native = Some(provider);
        self
    }

    /// Passes the SDK's builder through `hook`, for views, cardinality limits and further readers: [`Engine::Sdk`].
    ///
    /// The reader of this exporter and the resource are set already. Attributes that the hook adds to the resource are not in
    /// `target_info`.
    ///
    /// ```
    /// use opentelemetry_sdk::metrics::{Instrument, Stream};
    /// use vmotel_exporter::Exporter;
    ///
    /// let limit = |_: &Instrument| Stream::builder().with_cardinality_limit(100).build().ok();
    /// let exporter = Exporter::builder()
    ///     .with_global(false)
    ///     .with_provider(move |provider| provider.with_view(limit))
    ///     .build()?;
    /// # Ok::<(), vmotel_exporter::BuildError>(())
    /// ```
    #[cfg(feature = "sdk")]
    pub fn with_provider(
        mut self,
        hook: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send + 'static,
    ) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Returns a variable of the environment that is read, if it is.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match &self.base {
            Base::Environment(lookup) => lookup(name).filter(|value| !value.trim().is_empty()),
            Base::Config(_) => None,
        }
    }

    /// Builds the exporter and, unless switched off, sets its provider as the global one. Binds nothing; starts a thread only for pushes.
    ///
    /// # Errors
    /// Returns an error that names the setting, its value and what is expected, or the source that cannot be added.
    #[doc(alias = "NewVMExporter")]
    pub fn build(self) -> Result<Exporter, BuildError> {
        let (mut config, lookup) = match self.base {
            Base::Environment(lookup) => (Config::from_lookup(&lookup)?, lookup),
            Base::Config(config) => (*config, Box::new(|_: &str| None) as Lookup),
        };
        #[cfg(feature = "push")]
        if let Some(target) = self.target {
            config.push = Some(push_settings(target, &lookup)?);
        }
        for edit in self.edits {
            edit(&mut config);
        }
        config.validate()?;
        if config.pushes() || config.honor_labels {
            identity::identify(&mut config, lookup);
        }
        let given = Given {
            #[cfg(feature = "sdk")]
            hook: self.hook,
            #[cfg(feature = "native")]
            native: self.native,
        };
        Exporter::new(config, given, self.sources)
    }
}
