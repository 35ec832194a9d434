#![doc = include_str!("../README.md")]

mod app;
mod business;
mod cache;
pub mod catalog;
mod gate;
#[cfg(feature = "tower")]
pub mod http;
mod instrument;
pub mod labels;
pub mod names;
mod path_cache;
mod process;
mod request_path;

pub use app::{ActiveConnection, AppMetrics};
pub use business::{BusinessConfig, BusinessMetrics};
pub use cache::CacheMetrics;
pub use process::ProcessMetrics;
pub use request_path::RequestPath;
pub use vmotel_cardinality::{Limits, LimitsConfig, LimitsError};
