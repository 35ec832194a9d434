#![doc = include_str!("../README.md")]

mod body;
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub mod compress;
mod config;
mod exponential;
mod head;
mod histogram;
mod label_text;
mod merge;
mod number;
pub mod openmetrics;
mod report;
pub mod text;
mod vmrange;

pub use config::{EncodeConfig, Exponential, Names};
pub use merge::{Merge, MergeConfig};
pub use report::{Conflict, ConflictKind, EncodeReport, MergeReport, Skipped};
