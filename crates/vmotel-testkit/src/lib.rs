#![doc = include_str!("../README.md")]
#![cfg(unix)]

mod agent;
mod alert;
mod alertmanager;
mod backup;
mod error;
mod fault;
mod http;
mod off_thread;
mod process;
mod prometheus;
mod sample;
mod server;
#[cfg(feature = "tls")]
pub mod tls;
pub mod tools;

pub use agent::Vmagent;
pub use alert::Vmalert;
pub use alertmanager::Alertmanager;
pub use backup::{backup, restore};
pub use error::Error;
pub use fault::{Fault, FaultConfig, FaultProxy, Seen};
pub use http::{Answer, request};
pub use off_thread::off_thread;
pub use process::{Kept, Launch, Process};
pub use prometheus::Prometheus;
pub use sample::{ExportedSeries, Sample, fresh_time};
pub use server::{ServerConfig, VictoriaMetrics};
pub use tools::Version;
