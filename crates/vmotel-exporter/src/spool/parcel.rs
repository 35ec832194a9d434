//! What the spool holds: finished requests.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use vmotel_model::Timestamp;

/// One finished request: a compressed body and what is needed to send it, now or after a restart. A cheap clone.
///
/// All of it may reach the disk, so none of it may be a credential.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// The body as it is sent.
    pub(crate) body: Bytes,
    /// How the body is made.
    pub(crate) kind: ParcelKind,
    /// The arguments of the request that belong to the data, such as `extra_label=job=shop&extra_label=instance=a`, as they stand in
    /// the query; a later process may have others. Often empty.
    pub(crate) query: Arc<str>,
    /// The samples in it.
    pub(crate) samples: u64,
    /// The series in it.
    pub(crate) series: u64,
    /// When its samples were collected.
    pub(crate) time: Timestamp,
}

impl Parcel {
    /// What it counts towards the bounds.
    pub(crate) fn bytes(&self) -> u64 {
        Self::bytes_of(self.body.len() as u64, &self.query)
    }

    pub(super) fn bytes_of(body: u64, query: &str) -> u64 {
        body.saturating_add(query.len() as u64 + OVERHEAD)
    }
}

/// What a parcel takes beside its texts, so that many small ones are bounded too.
const OVERHEAD: u64 = 256;

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel")
            .field("kind", &self.kind)
            .field("bytes", &self.body.len())
            .field("samples", &self.samples)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

/// The order of parcels, and their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ParcelId(pub(crate) u64);

impl ParcelId {
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Protocol and compression of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ParcelKind {
    Otlp,
    OtlpGzip,
    OtlpZstd,
    RemoteWriteSnappy,
    RemoteWriteZstd,
}

impl ParcelKind {
    /// All of them, each with its number on disk.
    pub(crate) const ALL: [(Self, u8); 5] = [
        (Self::Otlp, 1),
        (Self::OtlpGzip, 2),
        (Self::OtlpZstd, 3),
        (Self::RemoteWriteSnappy, 4),
        (Self::RemoteWriteZstd, 5),
    ];
}
