//! Content codings.

use bytes::Bytes;

use crate::{error::ScrapeError, negotiate::Coding};

/// The codings beside identity, the preferred one last.
pub(crate) const AVAILABLE: &[Coding] = &[];

/// Compresses a body; without a coding it is shared, not copied.
pub(crate) fn compress(coding: Coding, body: &Bytes) -> Result<Bytes, ScrapeError> {
    match coding {
        Coding::Identity | Coding::Gzip | Coding::Zstd => Ok(body.clone()),
    }
}
