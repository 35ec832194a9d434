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
pub use registry::Registry;
pub use stats::RegistryStats;
