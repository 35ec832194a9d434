//! Content codings.

use bytes::Bytes;

use crate::{error::ScrapeError, negotiate::Coding};

/// The codings beside identity that are built in, the preferred one last.
pub(crate) const AVAILABLE: &[Coding] = &[
    #[cfg(feature = "gzip")]
    Coding::Gzip,
    #[cfg(feature = "zstd")]
    Coding::Zstd,
];

/// The level of both codings: a scrape is compressed once and read once, so that speed counts.
#[cfg(any(feature = "gzip", feature = "zstd"))]
const LEVEL: u8 = 1;

/// Compresses a body; without a coding it is shared, not copied.
pub(crate) fn compress(coding: Coding, body: &Bytes) -> Result<Bytes, ScrapeError> {
    match coding {
        #[cfg(feature = "gzip")]
        Coding::Gzip => written(coding, |out| {
            vmotel_wire::compress::gzip(body, u32::from(LEVEL), out)
        }),
        #[cfg(feature = "zstd")]
        Coding::Zstd => written(coding, |out| {
            vmotel_wire::compress::zstd(body, i32::from(LEVEL), out)
        }),
        // A coding that is not built in is never negotiated.
        _ => Ok(body.clone()),
    }
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
fn written(
    coding: Coding,
    write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
) -> Result<Bytes, ScrapeError> {
    let mut out = Vec::new();
    match write(&mut out) {
        Ok(()) => Ok(out.into()),
        Err(error) => Err(ScrapeError::Compress {
            coding: coding.word(),
            message: error.to_string(),
        }),
    }
}
