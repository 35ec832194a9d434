//! What adds up the measurements of the instruments.

use std::sync::Arc;

use opentelemetry::{
    InstrumentationScope,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
#[cfg(feature = "native")]
use vmotel_registry::{Aggregation, InstrumentKind, Registry, RegistryMeterProvider, Stream};

use crate::{BuildError, SdkSource, gather::SDK, sources::Sources};

/// The specification's default for base-2 exponential histograms, with a scale that VictoriaMetrics can tell apart.
pub(crate) const EXPONENTIAL_SIZE: u32 = 160;
pub(crate) const EXPONENTIAL_SCALE: i8 = 5;

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
        exponential: bool,
        #[cfg(feature = "native")] native: Option<RegistryMeterProvider>,
        sdk: &SdkSource,
        has_hook: bool,
        sources: &Sources,
    ) -> Result<Self, BuildError> {
        let _ = (has_hook, exponential);
        match engine {
            Engine::Sdk => {
                sources.add(SDK, Arc::new(sdk.clone()))?;
                Ok(Self::Sdk)
            }
            #[cfg(feature = "native")]
            Engine::Native if has_hook => Err(BuildError::Engine),
            #[cfg(feature = "native")]
            Engine::Native => {
                let mut native = native.unwrap_or_else(|| RegistryMeterProvider::new(&Registry::new()));
                sources.add(REGISTRY, Arc::new(native.registry().clone()))?;
                if exponential {
                    // Behind the views of the user: the first one that has something to say counts.
                    native = native.with_view(|instrument| {
                        (instrument.kind == InstrumentKind::Histogram).then(|| Stream {
                            aggregation: Aggregation::Exponential {
                                max_size: EXPONENTIAL_SIZE,
                                max_scale: EXPONENTIAL_SCALE,
                            },
                            ..Stream::default()
                        })
                    });
                }
                Ok(Self::Native(native))
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
