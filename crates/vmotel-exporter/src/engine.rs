//! What adds up the measurements of the instruments.

use std::sync::Arc;

use opentelemetry::{
    InstrumentationScope,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
#[cfg(feature = "native")]
use vmotel_registry::{Registry, RegistryMeterProvider};

use crate::{BuildError, SdkSource, gather::SDK, sources::Sources};

/// What adds up the measurements of the instruments.
///
/// ```
/// use vmotel_exporter::{Engine, Exporter, Format};
///
/// let exporter = Exporter::builder().with_engine(Engine::Native).with_global(false).build()?;
/// exporter.meter("shop").u64_counter("orders").build().add(3, &[]);
/// assert!(exporter.scrape(Format::Text)?.contains("orders_total{otel_scope_name=\"shop\"} 3\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Engine {
    /// The SDK of OpenTelemetry, with a reader of this exporter's own.
    #[default]
    Sdk,
    /// A registry of `vmotel-registry`: recording takes no lock and waits for no scrape, and integers stay whole.
    #[cfg(feature = "native")]
    Native,
}

/// Where meters come from.
pub(crate) enum Meters {
    Sdk,
    #[cfg(feature = "native")]
    Native(RegistryMeterProvider),
}

/// The name of the registry among the sources.
#[cfg(feature = "native")]
const REGISTRY: &str = "vmotel_registry";

impl Meters {
    /// Adds the source of the engine; a hook into the SDK's provider is refused where the SDK is not asked.
    pub(crate) fn new(
        engine: Engine,
        #[cfg(feature = "native")] registry: Option<Registry>,
        sdk: &SdkSource,
        has_hook: bool,
        sources: &Sources,
    ) -> Result<Self, BuildError> {
        let _ = has_hook;
        match engine {
            Engine::Sdk => {
                sources.add(SDK, Arc::new(sdk.clone()))?;
                Ok(Self::Sdk)
            }
            #[cfg(feature = "native")]
            Engine::Native if has_hook => Err(BuildError::Engine),
            #[cfg(feature = "native")]
            Engine::Native => {
                let registry = registry.unwrap_or_default();
                sources.add(REGISTRY, Arc::new(registry.clone()))?;
                Ok(Self::Native(RegistryMeterProvider::new(&registry)))
            }
        }
    }

    pub(crate) fn uses_sdk(&self) -> bool {
        matches!(self, Self::Sdk)
    }

    /// Sets the engine's provider as the global one.
    pub(crate) fn set_global(&self, sdk: &SdkMeterProvider) {
        match self {
            Self::Sdk => opentelemetry::global::set_meter_provider(sdk.clone()),
            #[cfg(feature = "native")]
            Self::Native(provider) => opentelemetry::global::set_meter_provider(provider.clone()),
        }
    }

    pub(crate) fn meter(&self, sdk: &SdkMeterProvider, scope: InstrumentationScope) -> Meter {
        match self {
            Self::Sdk => sdk.meter_with_scope(scope),
            #[cfg(feature = "native")]
            Self::Native(provider) => provider.meter_with_scope(scope),
        }
    }

    #[cfg(feature = "native")]
    pub(crate) fn registry(&self) -> Option<&Registry> {
        match self {
            Self::Sdk => None,
            Self::Native(provider) => Some(provider.registry()),
        }
    }
}
