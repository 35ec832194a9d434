//! What adds up the measurements of the instruments.

#[cfg(feature = "native")]
mod native;

use std::sync::Arc;

#[cfg(feature = "sdk")]
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, metrics::Meter};
#[cfg(feature = "sdk")]
use opentelemetry_sdk::metrics::SdkMeterProvider;
use vmotel_cardinality::Limits;
use vmotel_model::MetricSource;
#[cfg(feature = "push")]
use vmotel_model::{Snapshot, VisitConfig};

#[cfg(feature = "native")]
use self::native::Native;
#[cfg(feature = "sdk")]
use crate::sdk::Pipeline;
use crate::{BuildError, Config, builder::Given};

/// The specification's default for base-2 exponential histograms, with a scale that VictoriaMetrics can tell apart.
pub(crate) const EXPONENTIAL_SIZE: u32 = 160;
pub(crate) const EXPONENTIAL_SCALE: i8 = 5;

/// What adds up the measurements of the instruments.
///
/// Both expose the same for the same measurements. The registry records and collects quicker, and a callback that panics costs it one
/// instrument; the SDK has views, readers and exporters of others.
///
/// ```
/// use vmotel_exporter::{Engine, Exporter, Format};
///
/// for engine in [Engine::Native, Engine::Sdk] {
///     let exporter = Exporter::builder().with_engine(engine).with_global(false).build()?;
///     exporter.meter("shop").u64_counter("orders").build().add(3, &[]);
///     assert!(exporter.scrape(Format::Text)?.contains("orders_total{otel_scope_name=\"shop\"} 3\n"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// The SDK of OpenTelemetry, with a reader of this exporter's own.
    #[cfg(feature = "sdk")]
    Sdk,
    /// A registry of `vmotel-registry`: recording takes no lock and waits for no scrape. The default.
    #[cfg(feature = "native")]
    Native,
}

impl Default for Engine {
    /// Returns [`Engine::Native`]; without the feature `native`, [`Engine::Sdk`].
    fn default() -> Self {
        #[cfg(feature = "native")]
        return Self::Native;
        #[cfg(not(feature = "native"))]
        Self::Sdk
    }
}

impl Engine {
    /// Returns what the configuration asks for; if it asks for nothing, the SDK where that is given something to do, else the default.
    /// Refuses what the engine has no use for.
    pub(crate) fn of(config: &Config, given: &Given) -> Result<Self, BuildError> {
        let engine = match config.engine {
            Some(engine) => engine,
            #[cfg(feature = "sdk")]
            None if given.has_hook() => Self::Sdk,
            None => Self::default(),
        };
        let useless = match engine {
            #[cfg(all(feature = "native", feature = "sdk"))]
            Self::Sdk if given.native.is_some() => Some(("a registry", "Engine::Native")),
            #[cfg(all(feature = "native", feature = "sdk"))]
            Self::Sdk if config.limits_on_all => Some(("limits on all instruments", "Engine::Native")),
            #[cfg(feature = "native")]
            Self::Native if given.has_hook() => Some((
                "a change of the SDK's provider",
                "Engine::Sdk, or views of a RegistryMeterProvider",
            )),
            #[cfg(feature = "native")]
            Self::Native if config.limits_on_all && given.native.is_some() => Some((
                "limits on all instruments and a registry",
                "a registry of Registry::with_controller",
            )),
            _ => None,
        };
        useless.map_or(Ok(engine), |(given, expected)| {
            Err(BuildError::Engine {
                engine,
                given,
                expected,
            })
        })
    }

    /// Returns what the engine says of itself in the resource.
    pub(crate) fn telemetry(self) -> Vec<(String, String)> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk => Pipeline::telemetry(),
            #[cfg(feature = "native")]
            Self::Native => Native::telemetry(),
        }
    }
}

/// Where meters come from, and what the engine behind them has to say.
#[derive(Debug)]
pub(crate) enum Meters {
    #[cfg(feature = "sdk")]
    Sdk(Pipeline),
    #[cfg(feature = "native")]
    Native(Native),
}

impl Meters {
    pub(crate) fn new(
        engine: Engine,
        config: &Config,
        limits: &Limits,
        #[cfg_attr(not(feature = "sdk"), expect(unused_variables, reason = "the SDK wants it"))]
        attributes: &[(String, String)],
        given: Given,
    ) -> Result<Self, BuildError> {
        match engine {
            #[cfg(feature = "sdk")]
            Engine::Sdk => Ok(Self::Sdk(Pipeline::new(config, limits, attributes, given.hook))),
            #[cfg(feature = "native")]
            Engine::Native => Ok(Self::Native(Native::new(config, limits, given.native)?)),
        }
    }

    /// The engine's name among the sources.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(_) => Pipeline::NAME,
            #[cfg(feature = "native")]
            Self::Native(_) => Native::NAME,
        }
    }

    pub(crate) fn source(&self) -> Arc<dyn MetricSource> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => Arc::new(pipeline.source.clone()),
            #[cfg(feature = "native")]
            Self::Native(native) => Arc::new(native.registry().clone()),
        }
    }

    /// Sets the engine's provider as the global one.
    pub(crate) fn set_global(&self) {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => opentelemetry::global::set_meter_provider(pipeline.provider.clone()),
            #[cfg(feature = "native")]
            Self::Native(native) => native.set_global(),
        }
    }

    pub(crate) fn meter(&self, scope: InstrumentationScope) -> Meter {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => pipeline.provider.meter_with_scope(scope),
            #[cfg(feature = "native")]
            Self::Native(native) => native.meter(scope),
        }
    }

    /// Returns why there is nothing to collect any more, if that is so.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => pipeline.fault(),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    /// Returns, once, a view of what was collected last before the fault.
    #[cfg(feature = "push")]
    #[cfg_attr(not(feature = "sdk"), expect(unused_variables, reason = "the SDK wants it"))]
    pub(crate) fn parting<'a>(&'a self, config: &'a VisitConfig) -> Option<Box<dyn Snapshot + 'a>> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => pipeline.source.parting(config),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    /// Returns what should be logged, the same things more than once.
    pub(crate) fn notices(&self) -> Vec<String> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => pipeline.notices(),
            #[cfg(feature = "native")]
            Self::Native(native) => native.notices(),
        }
    }

    #[cfg(feature = "sdk")]
    pub(crate) const fn provider(&self) -> Option<&SdkMeterProvider> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(pipeline) => Some(&pipeline.provider),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    #[cfg(feature = "native")]
    pub(crate) fn registry(&self) -> Option<&vmotel_registry::Registry> {
        match self {
            #[cfg(feature = "sdk")]
            Self::Sdk(_) => None,
            Self::Native(native) => Some(native.registry()),
        }
    }
}
