//! What the spool counts.

/// What a spool holds now, and what became of the rest since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SpoolStats {
    /// Requests that wait.
    pub waiting_parcels: u64,
    /// The samples in them.
    pub waiting_samples: u64,
    /// Those of them that are on disk too, or only there.
    pub disk_samples: u64,
    /// Bytes of waiting requests in memory.
    pub memory_bytes: u64,
    /// Bytes of waiting requests on disk.
    pub disk_bytes: u64,
    /// Acknowledged requests that are kept.
    pub window_parcels: u64,
    /// Their bytes, in memory.
    pub window_bytes: u64,
    /// Requests pushed.
    pub pushed_parcels: u64,
    /// Requests taken up from an earlier process.
    pub recovered_parcels: u64,
    /// The samples in them.
    pub recovered_samples: u64,
    /// Requests dropped, oldest first, to keep the bounds.
    pub dropped_parcels: u64,
    /// The samples in them.
    pub dropped_samples: u64,
    /// Files set aside as they were damaged.
    pub damaged_files: u64,
    /// The samples in them, as far as their heads tell.
    pub damaged_samples: u64,
    /// Failures of the disk; what could not be written stays in memory.
    pub disk_errors: u64,
    /// Acknowledged requests that were put back, to be sent again.
    pub resent_parcels: u64,
    /// Acknowledged requests that were let go early, as there was no room: the server's loss of them could not be made good.
    pub unprotected_parcels: u64,
}
