#![doc = include_str!("../README.md")]

mod controller;
mod error;
mod hash;
mod limits;
mod sketch;
mod url;

pub use controller::{
    Controller, ControllerConfig, ControllerStats, Decision, Evicted, Fold, LabelCount, LabelReport, Metric,
    MetricReport, Report, SetId,
};
pub use error::{ControllerError, LimitsError, UrlConfigError};
pub use limits::{Limits, LimitsConfig};
pub use url::{SegmentRule, SharedUrlCache, UrlCache, UrlConfig, UrlNormalizer};
