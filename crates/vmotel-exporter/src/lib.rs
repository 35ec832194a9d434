#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(feature = "listener"),
    expect(dead_code, reason = "the listener uses all parts, other features fewer")
)]

#[cfg(not(any(feature = "native", feature = "sdk")))]
compile_error!("vmotel-exporter needs an engine: the feature `native` or `sdk`");

mod builder;
mod clock;
mod collector;
mod compress;
mod config;
mod encode;
mod engine;
mod error;
mod exporter;
mod gather;
pub mod guide;
mod identity;
mod init;
#[cfg(feature = "listener")]
mod listener;
mod negotiate;
mod overview;
#[cfg(feature = "push")]
mod push;
mod resource;
#[cfg(feature = "axum")]
mod routes;
mod scraper;
#[cfg(feature = "sdk")]
mod sdk;
mod self_metrics;
mod shutdown;
#[cfg(feature = "signal")]
mod signal;
mod sources;
#[cfg(feature = "push")]
mod spool;
mod target_info;
#[cfg(feature = "testing")]
pub mod testing;
mod wait;

pub use builder::ExporterBuilder;
pub use clock::SystemClock;
pub use config::Config;
pub use engine::Engine;
pub use error::{BuildError, ConfigError, ListenError, ScrapeError, ShutdownError, SourceError};
pub use exporter::{Exporter, SourceStatus};
pub use init::{InitError, init};
#[cfg(feature = "listener")]
pub use listener::Listener;
pub use negotiate::Format;
pub use overview::PullStatus;
#[cfg(feature = "push")]
pub use push::{
    Compression, FlushError, Push, PushOutcome, PushStatus, Retry, Target, TargetCheck, Temporality,
};
#[cfg(feature = "sdk")]
pub use sdk::{SdkNotice, SdkReader, SdkSource, SdkStatus};
pub use self_metrics::SELF_METRICS;
pub use shutdown::{ShutdownGuard, ShutdownReport};
#[cfg(feature = "signal")]
pub use signal::shutdown_signal;
#[cfg(feature = "push")]
pub use spool::{SpoolConfig, SpoolError, SpoolStats};
#[cfg(feature = "push")]
pub use vmotel_http::{Auth, Secret};
pub use vmotel_wire::Exponential;
