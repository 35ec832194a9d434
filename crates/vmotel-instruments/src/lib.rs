#![doc = include_str!("../README.md")]

mod app;
mod business;
mod cache;
pub mod catalog;
mod clock;
mod db_pool;
mod gate;
#[cfg(feature = "grpc")]
pub mod grpc;
#[cfg(feature = "tower")]
pub mod http;
mod instrument;
#[cfg(feature = "jemalloc")]
mod jemalloc;
pub mod labels;
pub mod names;
mod path_cache;
mod process;
mod request_path;
mod shared_reading;
mod sources;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "jemalloc")]
pub use self::jemalloc::JemallocMetrics;
#[cfg(feature = "tokio")]
pub use self::tokio::TokioMetrics;
pub use app::{ActiveConnection, AppMetrics};
pub use business::{BusinessConfig, BusinessMetrics};
#[cfg(feature = "moka")]
pub use cache::MeteredCache;
pub use cache::{CacheMetrics, CacheSize};
#[cfg(feature = "deadpool")]
pub use db_pool::MeteredManager;
pub use db_pool::{ConnectionPool, DbPoolMetrics, MeteredConnection, MeteredPool, PoolState, PoolStats};
pub use process::ProcessMetrics;
pub use request_path::RequestPath;
pub use sources::Observation;
pub use vmotel_cardinality::{Limits, LimitsConfig, LimitsError};
