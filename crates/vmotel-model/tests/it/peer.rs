//! opentelemetry-prometheus, asked how it exposes a metric.

use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use vmotel_model::Kind;

/// Returns the name under which the peer exposes a metric; none if the SDK refuses the instrument.
pub(crate) fn metric_name(name: &str, unit: &str, kind: Kind) -> Option<String> {
    let (registry, provider) = set_up();
    let meter = provider.meter("m");
    let (name, unit) = (name.to_owned(), unit.to_owned());
    match kind {
        Kind::Counter => meter.u64_counter(name).with_unit(unit).build().add(1, &[]),
        Kind::UpDownCounter => meter
            .i64_up_down_counter(name)
            .with_unit(unit)
            .build()
            .add(1, &[]),
        Kind::Histogram => meter.u64_histogram(name).with_unit(unit).build().record(1, &[]),
        _ => meter.u64_gauge(name).with_unit(unit).build().record(1, &[]),
    }
    Some(registry.gather().first()?.name().to_owned())
}

/// Returns the labels with which the peer exposes a gauge.
pub(crate) fn labels(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let (registry, provider) = set_up();
    provider.meter("m").u64_gauge("g").build().record(1, attributes);
    let families = registry.gather();
    let labels = families[0].get_metric()[0].get_label();
    labels
        .iter()
        .map(|pair| (pair.name().to_owned(), pair.value().to_owned()))
        .collect()
}

fn set_up() -> (prometheus::Registry, SdkMeterProvider) {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .without_target_info()
        .scope_info_enabled(false)
        .build()
        .expect("the registry is new");
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    (registry, provider)
}
