//! A folder of exported samples: parts by time, and a manifest of what is complete.
//!
//! A part is written beside its place, flushed to disk and renamed; then the manifest is replaced. Whatever ends the export in between,
//! the manifest never names a part that is not whole.

mod format;
mod manifest;
mod part;

pub(crate) use format::Format;
pub(crate) use manifest::{Manifest, Part};
pub(crate) use part::{PartWriter, hex};
