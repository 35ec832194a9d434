#![doc = include_str!("../README.md")]

mod app;
mod business;
mod cache;
pub mod catalog;
#[cfg(feature = "tower")]
pub mod http;
mod instrument;
pub mod labels;
pub mod names;
mod process;

pub use app::{ActiveConnection, AppMetrics};
pub use business::{BusinessConfig, BusinessMetrics};
pub use cache::CacheMetrics;
pub use process::ProcessMetrics;
