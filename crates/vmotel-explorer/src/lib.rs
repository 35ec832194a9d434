#![doc = include_str!("../README.md")]

mod access;
mod config;
mod detail;
mod error;
mod exemplar;
mod explorer;
#[cfg(feature = "exporter")]
mod exporter;
mod history;
mod limits;
mod overview;
mod page;
mod reading;
mod respond;
#[cfg(feature = "axum")]
mod routes;
mod sampler;
mod state;
mod status;
mod watched;

pub use access::Access;
pub use config::ExplorerConfig;
pub use error::ExplorerError;
pub use exemplar::{Exemplar, ExemplarFamily, Exemplars};
pub use explorer::Explorer;
pub use status::{Health, Part, Status};
pub use watched::Watched;
