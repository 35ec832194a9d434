//! A parcel that waits: in memory, on disk, or both.

use bytes::Bytes;

use super::{Parcel, format::Head};

/// At least one of `body` and `on_disk` is there.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) head: Head,
    pub(super) body: Option<Bytes>,
    pub(super) on_disk: bool,
    /// Whether it was acknowledged once, and waits to be sent again.
    pub(super) again: bool,
}

impl Entry {
    pub(super) fn in_memory(parcel: Parcel) -> Self {
        Self {
            head: Head::of(&parcel),
            body: Some(parcel.body),
            on_disk: false,
            again: false,
        }
    }

    pub(super) fn on_disk(head: Head) -> Self {
        Self {
            head,
            body: None,
            on_disk: true,
            again: false,
        }
    }

    pub(super) fn parcel(&self) -> Option<Parcel> {
        Some(self.head.with_body(self.body.clone()?))
    }

    /// What it counts towards the bounds, wherever it is.
    pub(super) fn bytes(&self) -> u64 {
        Parcel::bytes_of(self.head.body_bytes, &self.head.query)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.body.as_ref().map_or(0, |_| self.bytes())
    }

    pub(super) fn disk_samples(&self) -> u64 {
        if self.on_disk { self.head.samples } else { 0 }
    }

    pub(super) fn disk_bytes(&self) -> u64 {
        if self.on_disk { self.bytes() } else { 0 }
    }
}
