//! The registry as the engine.

use opentelemetry::{
    InstrumentationScope,
    metrics::{Meter, MeterProvider, NoopMeterProvider},
};
use vmotel_cardinality::{Controller, Limits};
use vmotel_registry::{Aggregation, InstrumentKind, Registry, RegistryConfig, RegistryMeterProvider, Stream};

use super::{EXPONENTIAL_SCALE, EXPONENTIAL_SIZE};
use crate::{Config, ConfigError};

/// A provider whose registry is collected, or that records nothing.
#[derive(Debug)]
pub(crate) struct Native {
    provider: RegistryMeterProvider,
    records: bool,
}

impl Native {
    /// The name of the registry among the sources.
    pub(super) const NAME: &str = "vmotel_registry";

    /// What the engine says of itself in the resource. The name `opentelemetry` belongs to the SDK of that project (semantic conventions,
    /// "Telemetry SDK").
    pub(super) fn telemetry() -> Vec<(String, String)> {
        let attributes = [
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.name", "vmotel"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        attributes.map(owned).into()
    }

    pub(super) fn new(
        config: &Config,
        limits: &Limits,
        given: Option<RegistryMeterProvider>,
    ) -> Result<Self, ConfigError> {
        // Whoever gives a registry may read it himself.
        let records = config.enabled && (config.collects() || given.is_some());
        let provider = match given {
            Some(provider) => provider,
            None => RegistryMeterProvider::new(&registry(config, limits)?),
        };
        Ok(Self {
            provider: with_view(provider, limits, config.exponential_histograms),
            records,
        })
    }

    pub(super) fn registry(&self) -> &Registry {
        self.provider.registry()
    }

    pub(super) fn set_global(&self) {
        if self.records {
            opentelemetry::global::set_meter_provider(self.provider.clone());
        } else {
            opentelemetry::global::set_meter_provider(NoopMeterProvider::new());
        }
    }

    pub(super) fn meter(&self, scope: InstrumentationScope) -> Meter {
        if self.records {
            self.provider.meter_with_scope(scope)
        } else {
            NoopMeterProvider::new().meter_with_scope(scope)
        }
    }

    pub(super) fn notices(&self) -> Vec<String> {
        let names = self.registry().take_notices();
        let names = names.iter().map(ToString::to_string);
        let last = self.registry().stats().last_panic;
        let panicked = last.map(|name| {
            format!("a callback of the instrument {name:?} panicked: it is not measured, the others are")
        });
        names.chain(panicked).collect()
    }
}

/// Makes a registry with room for all that the limits let through, beside what other instruments may have.
fn registry(config: &Config, limits: &Limits) -> Result<Registry, ConfigError> {
    let default = RegistryConfig::default();
    let labels = limits.controller().config();
    let mut room = RegistryConfig {
        total: default.total + labels.total + labels.metrics,
        ..default
    };
    if !config.limits_on_all {
        return Ok(Registry::with_config(room));
    }
    room.per_metric = room.per_metric.max(limits.most_sets());
    let controller = Controller::new(labels.clone()).map_err(vmotel_cardinality::LimitsError::from)?;
    Ok(Registry::with_controller(room, controller))
}

/// Adds a view, behind those of the user, of which the first that has something to say counts: instruments whose label sets `limits`
/// bounds are not bounded again by less, and histograms are exponential, if so asked.
fn with_view(provider: RegistryMeterProvider, limits: &Limits, exponential: bool) -> RegistryMeterProvider {
    let most = limits.most_sets();
    let raised = (most > provider.registry().config().per_metric).then_some(most);
    let limits = limits.clone();
    provider.with_view(move |instrument| {
        let bounded = limits.bounds(instrument.name);
        let exponential = exponential && instrument.kind == InstrumentKind::Histogram;
        (bounded || exponential).then(|| Stream {
            bounded,
            cardinality_limit: raised.filter(|_| bounded),
            aggregation: if exponential {
                Aggregation::Exponential {
                    max_size: EXPONENTIAL_SIZE,
                    max_scale: EXPONENTIAL_SCALE,
                }
            } else {
                Aggregation::Default
            },
            ..Stream::default()
        })
    })
}
