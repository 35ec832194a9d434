#![doc = include_str!("../README.md")]

mod body;
#[cfg(any(feature = "gzip", feature = "snappy", feature = "zstd"))]
pub mod compress;
mod config;
mod deltas;
mod exponential;
mod head;
mod histogram;
mod kept;
mod label_text;
mod labels;
mod limits;
mod merge;
mod number;
pub mod openmetrics;
pub mod otlp;
mod protobuf;
mod push;
pub mod remote_write;
mod report;
mod shape;
pub mod staleness;
pub mod text;
mod vmrange;

pub use config::{EncodeConfig, Exponential, Names};
pub use deltas::Deltas;
pub use merge::{Merge, MergeConfig};
pub use push::{PushConfig, PushReport, RejectReason, Rejected, Rejection, Request};
pub use report::{Conflict, ConflictKind, EncodeReport, MergeReport, Skipped};
