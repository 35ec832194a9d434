#![doc = include_str!("../README.md")]

mod error;
mod url;

pub use error::{ControllerError, UrlConfigError};
pub use url::{SegmentRule, SharedUrlCache, UrlCache, UrlConfig, UrlNormalizer};
