#![doc = include_str!("../README.md")]

mod client;
mod decode;
mod error;
mod export;
mod form;
mod import;
mod labels;
mod params;
mod request;
mod result;
mod tenant;
mod timestamp;

pub use client::QueryClient;
pub use error::{Error, ParamError};
pub use export::ExportStream;
pub use import::{ImportLimits, ImportReport, ImportSeries};
pub use labels::Labels;
pub use params::{InstantQuery, QueryOptions, RangeQuery, SeriesQuery};
pub use result::{Answer, Completeness, Data, RangeSeries, Sample, Stats, VectorSeries};
pub use tenant::Tenant;
pub use timestamp::Timestamp;
pub use vmotel_http::{Auth, BaseUrl, BaseUrlError, ClientConfig, ConfigError, Secret, Verdict};
