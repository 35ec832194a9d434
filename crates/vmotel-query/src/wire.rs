//! Decoders of what servers send in bulk: chunks in, blocks of samples out, in constant memory. No IO.

mod block;
mod carry;
mod csv;
mod decimal;
mod json;
mod json_lines;
mod late;
mod matrix;
#[cfg(feature = "unstable-native")]
mod native;

pub use block::{Block, Progress, STALE_NAN, is_stale};
pub use csv::CsvDecoder;
pub use json_lines::JsonLinesDecoder;
pub(crate) use matrix::Whole;
pub use matrix::{MatrixDecoder, ResultKind};
#[cfg(feature = "unstable-native")]
pub use native::NativeDecoder;
