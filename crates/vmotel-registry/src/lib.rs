#![doc = include_str!("../README.md")]

mod clock;
mod config;
mod definition;
mod error;
mod families;
mod family;
#[doc = include_str!("../docs/from-go.md")]
pub mod guide {}
mod instrument;
mod name;
mod observation;
#[cfg(feature = "opentelemetry")]
mod otel;
mod process;
mod registry;
mod series;
mod stats;
mod store;
mod typed;

pub use config::RegistryConfig;
pub use error::RegistryError;
pub use family::{
    BucketHistogramFamily, CounterFamily, Family, FloatCounterFamily, GaugeFamily, HistogramFamily,
    SummaryFamily,
};
pub use instrument::{BucketHistogram, Counter, FloatCounter, Gauge, Histogram, Summary, SummaryConfig};
pub use name::{SeriesName, SeriesNameError};
pub use observation::Observation;
#[cfg(feature = "opentelemetry")]
pub use otel::{Aggregation, InstrumentInfo, InstrumentKind, RegistryMeterProvider, Stream};
pub use registry::Registry;
pub use stats::RegistryStats;
pub use typed::{Instrument, LabelSet, LabelValue, MetricFamily, MetricField, Place, Typed};
#[cfg(feature = "derive")]
#[doc(hidden)]
pub use typed::{assert_label_sets, assert_series};
#[cfg(feature = "derive")]
pub use vmotel_derive::{Labels, MetricFamily};
pub use vmotel_model::{Kind, LabelDef, MetricDef};
