#![doc = include_str!("../README.md")]

mod answer;
#[cfg(feature = "arrow")]
pub mod arrow;
#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod collect;
mod columns;
mod decode;
#[cfg(feature = "doctor")]
pub mod doctor;
mod error;
mod exemplars;
mod expression;
mod form;
mod histogram;
mod import;
mod labels;
mod params;
#[cfg(feature = "polars")]
pub mod polars;
mod raw;
#[cfg(feature = "render")]
pub mod render;
mod request;
mod result;
mod retry;
mod rfc3339;
#[cfg(any(feature = "arrow", feature = "polars"))]
mod rows;
mod rules;
mod samples;
mod status;
mod targets;
mod tenant;
mod timestamp;
mod trace;
mod wire;

pub use client::QueryClient;
pub use columns::{ColumnSeries, Times};
pub use error::{Cut, Error, ParamError};
pub use exemplars::{Exemplar, ExemplarQuery, ExemplarSeries};
pub use histogram::{HistogramBucket, HistogramSample, HistogramSeries, NativeHistogram};
pub use import::{ImportFormat, ImportLimits, ImportOptions, ImportReport, ImportSeries};
pub use labels::Labels;
pub use params::{
    CsvColumn, CsvFormat, ExportQuery, FederateQuery, InstantQuery, QueryOptions, RangeQuery, ReadOptions,
    SeriesQuery, TimeFormat,
};
pub use raw::{ExportFormat, RawStream};
pub use result::{Answer, Completeness, Data, RangeSeries, Sample, Stats, VectorSeries};
pub use retry::RetryConfig;
pub use rules::{Alert, Notifier, NotifierGroup, Rule, RuleGroup, RuleKind, RulesQuery};
pub use samples::SampleStream;
pub use status::{
    ActiveQuery, BuildInfo, Count, MetadataQuery, MetricMetadata, NameStats, NameStatsQuery, NameUse,
    TopQueries, TopQueriesQuery, TopQuery, TsdbStatus, TsdbStatusQuery,
};
pub use targets::{DroppedTarget, Target, TargetState, Targets, TargetsQuery};
pub use tenant::Tenant;
pub use timestamp::Timestamp;
pub use trace::Trace;
pub use vmotel_http::{
    Auth, BaseUrl, BaseUrlError, ClientConfig, ConfigError, Error as HttpError, Secret, Verdict,
};
#[cfg(feature = "unstable-native")]
pub use wire::NativeDecoder;
pub use wire::{
    Block, CsvDecoder, JsonLinesDecoder, MatrixDecoder, Progress, ResultKind, STALE_NAN, is_stale,
};
