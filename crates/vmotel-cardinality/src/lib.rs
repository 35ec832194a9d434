#![doc = include_str!("../README.md")]

mod controller;
mod error;
mod hash;
mod sketch;
mod url;

pub use controller::{
    Controller, ControllerConfig, ControllerStats, Decision, Evicted, Fold, LabelReport, Metric,
    MetricReport, Report, SetId,
};
pub use error::{ControllerError, UrlConfigError};
pub use url::{SegmentRule, SharedUrlCache, UrlCache, UrlConfig, UrlNormalizer};
