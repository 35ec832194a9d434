#![doc = include_str!("../README.md")]

#[cfg(any(feature = "prometheus", feature = "prometheus-client"))]
mod collected;
#[cfg(feature = "prometheus-client")]
mod openmetrics;
#[cfg(feature = "prometheus-client")]
mod prometheus_client_source;
#[cfg(feature = "prometheus")]
mod prometheus_source;
#[cfg(feature = "metrics")]
mod recorder;

#[cfg(feature = "prometheus-client")]
pub use prometheus_client_source::PrometheusClientSource;
#[cfg(feature = "prometheus")]
pub use prometheus_source::PrometheusSource;
#[cfg(feature = "metrics")]
pub use recorder::Recorder;
