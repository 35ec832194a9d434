//! What adds up the measurements of the instruments.

#[cfg(feature = "native")]
mod native;

use std::sync::Arc;

use opentelemetry::{
    InstrumentationScope,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use vmotel_cardinality::Limits;
use vmotel_model::{MetricSource, Snapshot, VisitConfig};

#[cfg(feature = "native")]
use self::native::Native;
use crate::{BuildError, Config, builder::Given, sdk::Pipeline};

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

/// Where meters come from, and what the engine behind them has to say.
#[derive(Debug)]
pub(crate) enum Meters {
    Sdk(Pipeline),
    #[cfg(feature = "native")]
    Native(Native),
}

impl Meters {
    /// Makes the engine that the configuration asks for; if it asks for none, the SDK where that is given something to do, else the
    /// default.
    pub(crate) fn new(
        config: &Config,
        limits: &Limits,
        resource: Resource,
        given: Given,
    ) -> Result<Self, BuildError> {
        let default = if given.hook.is_some() {
            Engine::Sdk
        } else {
            Engine::default()
        };
        let engine = config.engine.unwrap_or(default);
        match engine {
            #[cfg(feature = "native")]
            Engine::Sdk if given.native.is_some() => Err(BuildError::Engine {
                engine,
                given: "a registry",
                expected: "Engine::Native",
            }),
            #[cfg(feature = "native")]
            Engine::Sdk if config.limits_on_all => Err(BuildError::Engine {
                engine,
                given: "limits on all instruments",
                expected: "Engine::Native",
            }),
            Engine::Sdk => Ok(Self::Sdk(Pipeline::new(config, limits, resource, given.hook))),
            #[cfg(feature = "native")]
            Engine::Native if given.hook.is_some() => Err(BuildError::Engine {
                engine,
                given: "a change of the SDK's provider",
                expected: "Engine::Sdk, or views of a RegistryMeterProvider",
            }),
            #[cfg(feature = "native")]
            Engine::Native => Native::new(config, limits, given.native).map(Self::Native),
        }
    }

    pub(crate) const fn engine(&self) -> Engine {
        match self {
            Self::Sdk(_) => Engine::Sdk,
            #[cfg(feature = "native")]
            Self::Native(_) => Engine::Native,
        }
    }

    /// The engine's name among the sources.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sdk(_) => Pipeline::NAME,
            #[cfg(feature = "native")]
            Self::Native(_) => Native::NAME,
        }
    }

    pub(crate) fn source(&self) -> Arc<dyn MetricSource> {
        match self {
            Self::Sdk(pipeline) => Arc::new(pipeline.source.clone()),
            #[cfg(feature = "native")]
            Self::Native(native) => Arc::new(native.registry().clone()),
        }
    }

    /// Sets the engine's provider as the global one.
    pub(crate) fn set_global(&self) {
        match self {
            Self::Sdk(pipeline) => opentelemetry::global::set_meter_provider(pipeline.provider.clone()),
            #[cfg(feature = "native")]
            Self::Native(native) => native.set_global(),
        }
    }

    pub(crate) fn meter(&self, scope: InstrumentationScope) -> Meter {
        match self {
            Self::Sdk(pipeline) => pipeline.provider.meter_with_scope(scope),
            #[cfg(feature = "native")]
            Self::Native(native) => native.meter(scope),
        }
    }

    /// Returns why there is nothing to collect any more, if that is so.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Sdk(pipeline) => pipeline.fault(),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    /// Returns, once, a view of what was collected last before the fault.
    #[cfg_attr(not(feature = "push"), expect(dead_code, reason = "for the feature"))]
    pub(crate) fn parting<'a>(&'a self, config: &'a VisitConfig) -> Option<Box<dyn Snapshot + 'a>> {
        match self {
            Self::Sdk(pipeline) => pipeline.source.parting(config),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    /// Returns what should be logged, the same things more than once.
    pub(crate) fn notices(&self) -> Vec<String> {
        match self {
            Self::Sdk(pipeline) => pipeline.notices(),
            #[cfg(feature = "native")]
            Self::Native(native) => native.notices(),
        }
    }

    pub(crate) const fn provider(&self) -> Option<&SdkMeterProvider> {
        match self {
            Self::Sdk(pipeline) => Some(&pipeline.provider),
            #[cfg(feature = "native")]
            Self::Native(_) => None,
        }
    }

    #[cfg(feature = "native")]
    pub(crate) fn registry(&self) -> Option<&vmotel_registry::Registry> {
        match self {
            Self::Sdk(_) => None,
            Self::Native(native) => Some(native.registry()),
        }
    }
}
