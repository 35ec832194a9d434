//! The SDK as the engine: a provider of the exporter's own, with its reader.

use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    resource::{ResourceDetector as _, TelemetryResourceDetector},
};
use vmotel_cardinality::Limits;

use super::{SdkSource, limits::add_view};
use crate::{Config, builder::Hook};

/// A provider, and what reads it.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) provider: SdkMeterProvider,
    pub(crate) source: SdkSource,
}

impl Pipeline {
    /// The name of the SDK's pipeline among the sources.
    pub(crate) const NAME: &str = "opentelemetry_sdk";

    /// What the SDK says of itself in the resource.
    pub(crate) fn telemetry() -> Vec<(String, String)> {
        let resource = TelemetryResourceDetector.detect();
        let attributes = resource.iter();
        attributes
            .map(|(key, value)| (key.to_string(), value.as_str().into_owned()))
            .collect()
    }

    pub(crate) fn new(
        config: &Config,
        limits: &Limits,
        attributes: &[(String, String)],
        hook: Option<Hook>,
    ) -> Self {
        let attributes = attributes.iter().cloned();
        let resource = Resource::builder_empty()
            .with_attributes(attributes.map(|(key, value)| KeyValue::new(key, value)))
            .build();
        let source = SdkSource::new();
        let mut provider = SdkMeterProvider::builder().with_resource(resource);
        if config.collects() {
            provider = provider.with_reader(source.reader());
        }
        if let Some(hook) = hook.filter(|_| config.enabled) {
            provider = hook(provider);
        }
        // After the hook: where views of the user and this one make the same stream, the first one counts.
        let provider = add_view(provider, limits, config.exponential_histograms).build();
        Self { provider, source }
    }

    /// Returns why the pipeline is lost for good, if it is.
    pub(crate) fn fault(&self) -> Option<String> {
        let status = self.source.status();
        (!status.is_healthy()).then(|| status.to_string())
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        let notices = self.source.take_notices();
        notices.iter().map(ToString::to_string).collect()
    }
}
