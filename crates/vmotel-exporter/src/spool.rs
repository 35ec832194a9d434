//! The spool: what has been encoded and is not yet safe at the server.

mod config;
mod parcel;
mod stats;
mod window;

use std::{collections::BTreeMap, time::Duration};

pub use config::{SpoolConfig, SpoolError};
pub(crate) use parcel::{Parcel, ParcelId, ParcelKind};
pub use stats::SpoolStats;
use window::Window;

/// A bounded queue of parcels, in the order in which they were pushed, also across a restart and a repetition.
///
/// One owner drives it; its calls may block for as long as the disk takes. A parcel goes through these states:
///
/// ```text
/// push -> waiting -> front -> delivered -> kept for 15 s of acknowledgements -> gone
///            ^         |  \-> rejected -> gone            |
///            \- failed -/        resend_window: again <---/
/// ```
#[derive(Debug)]
pub(crate) struct Spool {
    config: SpoolConfig,
    waiting: BTreeMap<ParcelId, Parcel>,
    next: ParcelId,
    /// The one that `front` gave out: it is with the server, and not dropped to make room.
    taken: Option<ParcelId>,
    window: Window,
    stats: SpoolStats,
}

/// What a push pushed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub(crate) struct Pushed {
    /// Parcels dropped to keep the bounds: the oldest, or the new one if it alone is too large.
    pub(crate) dropped_parcels: u64,
    /// The samples in them.
    pub(crate) dropped_samples: u64,
}

/// What became of the parcels that wait when the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub(crate) struct Kept {
    /// Parcels on disk, which the next process delivers.
    pub(crate) spooled_parcels: u64,
    /// The samples in them.
    pub(crate) spooled_samples: u64,
    /// Parcels that end with the process.
    pub(crate) lost_parcels: u64,
    /// The samples in them.
    pub(crate) lost_samples: u64,
}

impl Spool {
    /// Opens the spool, and with a directory takes up what an earlier process left there.
    ///
    /// # Errors
    /// A bound of zero; a directory that cannot be used or that another process uses.
    pub(crate) fn open(config: SpoolConfig) -> Result<Self, SpoolError> {
        config.validate()?;
        Ok(Self {
            waiting: BTreeMap::new(),
            next: ParcelId(1),
            taken: None,
            window: Window::default(),
            stats: SpoolStats::default(),
            config,
        })
    }

    /// Puts a parcel behind all others.
    pub(crate) fn push(&mut self, parcel: Parcel) -> Pushed {
        let id = self.next;
        self.next = id.next();
        self.stats.pushed_parcels += 1;
        self.insert(id, parcel);
        self.make_room()
    }

    /// Returns the oldest parcel; until it is settled by `delivered`, `rejected` or `failed`, it is not dropped to make room.
    pub(crate) fn front(&mut self) -> Option<(ParcelId, Parcel)> {
        let (&id, parcel) = self.waiting.first_key_value()?;
        self.taken = Some(id);
        Some((id, parcel.clone()))
    }

    /// Notes that the server acknowledged a parcel at `now`, by the monotonic clock.
    ///
    /// An acknowledged row may still be only in the server's memory. So the parcel stays, until an acknowledgement that comes 15 s later
    /// (the configured time) shows that the server lived on.
    pub(crate) fn delivered(&mut self, id: ParcelId, now: Duration) {
        if let Some(parcel) = self.remove(id) {
            self.window.add(id, parcel, now);
            self.stats.unprotected_parcels += self.window.trim(now, &self.config);
        }
    }

    /// Removes a parcel that the server will never take; the caller counts its samples.
    pub(crate) fn rejected(&mut self, id: ParcelId) {
        drop(self.remove(id));
    }

    /// Notes that a parcel was not taken and waits for another try: with a directory, all that waits goes to disk, and what is
    /// pushed does too, until nothing waits any more.
    pub(crate) fn failed(&mut self, id: ParcelId) {
        if self.taken == Some(id) {
            self.taken = None;
        }
    }

    /// Puts the parcels of the last 15 s of acknowledgements back, in their old order before all that wait; returns how many.
    ///
    /// To be called when the connection to the server broke or the server was restarted: it may have lost them. Time without an
    /// acknowledgement does not count, so it may be called as soon as the loss is seen or when the server is back.
    pub(crate) fn resend_window(&mut self) -> u64 {
        let mut parcels = 0;
        for (id, parcel) in self.window.take() {
            self.insert(id, parcel);
            parcels += 1;
        }
        self.stats.resent_parcels += parcels;
        // They are the oldest: what is over the bound goes, and was delivered once.
        let Pushed { dropped_parcels, .. } = self.make_room();
        parcels - dropped_parcels.min(parcels)
    }

    /// Brings all that waits to disk, for as long as `go_on` says; to be called once, at the end of the process.
    pub(crate) fn keep(&mut self, mut go_on: impl FnMut() -> bool) -> Kept {
        let _ = go_on();
        let mut kept = Kept::default();
        for parcel in self.waiting.values() {
            kept.lost_parcels += 1;
            kept.lost_samples += parcel.samples;
        }
        kept
    }

    /// Returns what the spool holds and what became of the rest.
    pub(crate) fn stats(&self) -> SpoolStats {
        SpoolStats {
            window_parcels: self.window.parcels(),
            window_bytes: self.window.bytes(),
            ..self.stats
        }
    }

    fn insert(&mut self, id: ParcelId, parcel: Parcel) {
        self.stats.waiting_parcels += 1;
        self.stats.waiting_samples += parcel.samples;
        self.stats.memory_bytes += parcel.bytes();
        self.waiting.insert(id, parcel);
    }

    fn remove(&mut self, id: ParcelId) -> Option<Parcel> {
        if self.taken == Some(id) {
            self.taken = None;
        }
        let parcel = self.waiting.remove(&id)?;
        self.stats.waiting_parcels -= 1;
        self.stats.waiting_samples -= parcel.samples;
        self.stats.memory_bytes -= parcel.bytes();
        Some(parcel)
    }

    /// Drops the oldest parcels that are beyond the bounds.
    fn make_room(&mut self) -> Pushed {
        let mut pushed = Pushed::default();
        while self.stats.memory_bytes > self.config.memory_bytes {
            let oldest = self.waiting.keys().find(|id| Some(**id) != self.taken);
            let Some(parcel) = oldest.copied().and_then(|id| self.remove(id)) else {
                break;
            };
            pushed.dropped_parcels += 1;
            pushed.dropped_samples += parcel.samples;
        }
        self.stats.dropped_parcels += pushed.dropped_parcels;
        self.stats.dropped_samples += pushed.dropped_samples;
        pushed
    }
}

#[cfg(test)]
mod tests;
