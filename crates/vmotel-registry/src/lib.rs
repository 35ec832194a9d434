#![doc = include_str!("../README.md")]

mod clock;
mod config;
mod definition;
mod error;
mod families;
mod family;
mod instrument;
mod name;
mod observation;
#[cfg(feature = "opentelemetry")]
mod otel;
mod registry;
mod series;
mod stats;
mod store;

pub use config::RegistryConfig;
pub use error::RegistryError;
pub use family::{CounterFamily, FloatCounterFamily, GaugeFamily, HistogramFamily};
pub use instrument::{Counter, FloatCounter, Gauge, Histogram};
pub use name::{SeriesName, SeriesNameError};
pub use observation::Observation;
#[cfg(feature = "opentelemetry")]
pub use otel::{Aggregation, InstrumentInfo, InstrumentKind, RegistryMeterProvider, Stream};
pub use registry::Registry;
pub use stats::RegistryStats;
