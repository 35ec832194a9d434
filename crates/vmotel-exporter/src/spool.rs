//! The spool: what has been encoded and is not yet safe at the server.

mod config;
mod directory;
mod entry;
mod format;
mod parcel;
mod room;
mod stats;
mod window;

use std::{collections::BTreeMap, time::Duration};

pub use config::{SpoolConfig, SpoolError};
use directory::Directory;
use entry::Entry;
use format::Unread;
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
///
/// What is delivered at once never touches the disk. From the first failure on all that waits is written to it, and memory is only a
/// cache of the oldest, until nothing waits any more.
#[derive(Debug)]
pub(crate) struct Spool {
    config: SpoolConfig,
    directory: Option<Directory>,
    waiting: BTreeMap<ParcelId, Entry>,
    next: ParcelId,
    /// The one that `front` gave out: it is with the server, and not dropped to make room.
    taken: Option<ParcelId>,
    /// Whether what is pushed goes to disk at once.
    through: bool,
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

/// What becomes of the parcels that wait when the process ends.
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
        let mut spool = Self {
            directory: config.directory.as_deref().map(Directory::open).transpose()?,
            waiting: BTreeMap::new(),
            next: ParcelId(1),
            taken: None,
            through: false,
            window: Window::default(),
            stats: SpoolStats::default(),
            config,
        };
        if let Some(directory) = &mut spool.directory {
            let (parcels, damaged) = directory.scan()?;
            spool.stats.damaged_files = damaged;
            for (id, head) in parcels {
                spool.next = id.next();
                spool.stats.recovered_parcels += 1;
                spool.stats.recovered_samples += head.samples;
                spool.insert(id, Entry::on_disk(head));
            }
        }
        // The bounds may be other ones than those of the earlier process.
        let _counted = spool.make_room();
        Ok(spool)
    }

    /// Puts a parcel behind all others.
    pub(crate) fn push(&mut self, parcel: Parcel) -> Pushed {
        self.stats.pushed_parcels += 1;
        if parcel.bytes() > self.most_bytes() {
            // Nothing is pushed out for one that has no room anyway.
            return self.count(Pushed {
                dropped_parcels: 1,
                dropped_samples: parcel.samples,
            });
        }
        let id = self.next;
        self.next = id.next();
        self.insert(id, Entry::in_memory(parcel));
        self.make_room()
    }

    /// Returns the oldest parcel; until it is settled by `delivered`, `rejected` or `failed`, it is not dropped to make room.
    pub(crate) fn front(&mut self) -> Option<(ParcelId, Parcel)> {
        loop {
            let (&id, entry) = self.waiting.first_key_value()?;
            self.taken = Some(id);
            if let Some(parcel) = entry.parcel() {
                return Some((id, parcel));
            }
            match self.load(id) {
                Some(parcel) => return Some((id, parcel)),
                None => drop(self.remove(id)),
            }
        }
    }

    /// Notes that the server acknowledged a parcel at `now`, by the monotonic clock.
    ///
    /// An acknowledged row may still be only in the server's memory. So the parcel stays, until an acknowledgement that comes 15 s later
    /// (the configured time) shows that the server lived on. Returns whether it was acknowledged for the first time.
    pub(crate) fn delivered(&mut self, id: ParcelId, now: Duration) -> bool {
        let Some(entry) = self.remove(id) else {
            return false;
        };
        if let Some(parcel) = entry.parcel() {
            self.window.add(id, parcel, now);
            self.stats.unprotected_parcels += self.window.trim(now, &self.config);
        }
        !entry.again
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
        self.write_through();
    }

    /// Brings all that waits to disk, and what is pushed too, until nothing waits any more; without a directory nothing happens.
    pub(crate) fn write_through(&mut self) {
        self.through = !self.waiting.is_empty();
        let _counted = self.make_room();
    }

    /// Puts the parcels of the last 15 s of acknowledgements back, in their old order before all that wait; returns how many.
    ///
    /// To be called when the connection to the server broke or the server was restarted: it may have lost them. Time without an
    /// acknowledgement does not count, so it may be called as soon as the loss is seen or when the server is back. One that has no room is
    /// not counted as dropped, as it was delivered once, but as unprotected.
    pub(crate) fn resend_window(&mut self) -> u64 {
        let mut parcels = 0;
        for (id, parcel) in self.window.take() {
            let mut entry = Entry::in_memory(parcel);
            entry.again = true;
            self.insert(id, entry);
            parcels += 1;
        }
        self.stats.resent_parcels += parcels;
        let _counted = self.make_room();
        parcels
    }

    /// Brings all that waits to disk, asking `go_on` before each parcel, and tells what lasts and what is lost.
    ///
    /// This is the end: the directory is free for another owner, and nothing is given out any more. The statistics stay.
    pub(crate) fn keep(&mut self, go_on: impl FnMut() -> bool) -> Kept {
        self.write_all(go_on);
        let mut kept = Kept::default();
        // What was delivered once is neither of both.
        for entry in self.waiting.values().filter(|entry| !entry.again) {
            let (parcels, samples) = if entry.on_disk {
                (&mut kept.spooled_parcels, &mut kept.spooled_samples)
            } else {
                (&mut kept.lost_parcels, &mut kept.lost_samples)
            };
            *parcels += 1;
            *samples += entry.head.samples;
        }
        self.waiting.clear();
        self.directory = None;
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

    /// The most that may wait.
    fn most_bytes(&self) -> u64 {
        match self.directory {
            Some(_) => self.config.disk_bytes.max(self.config.memory_bytes),
            None => self.config.memory_bytes,
        }
    }

    fn insert(&mut self, id: ParcelId, entry: Entry) {
        self.stats.waiting_parcels += 1;
        self.stats.waiting_samples += entry.head.samples;
        self.stats.memory_bytes += entry.memory_bytes();
        self.stats.disk_bytes += entry.disk_bytes();
        self.stats.disk_samples += entry.disk_samples();
        self.waiting.insert(id, entry);
    }

    fn remove(&mut self, id: ParcelId) -> Option<Entry> {
        if self.taken == Some(id) {
            self.taken = None;
        }
        let entry = self.waiting.remove(&id)?;
        self.stats.waiting_parcels -= 1;
        self.stats.waiting_samples -= entry.head.samples;
        self.stats.memory_bytes -= entry.memory_bytes();
        self.stats.disk_bytes -= entry.disk_bytes();
        self.stats.disk_samples -= entry.disk_samples();
        if let (true, Some(directory)) = (entry.on_disk, &self.directory)
            && directory.remove(id).is_err()
        {
            self.stats.disk_errors += 1;
        }
        self.through &= !self.waiting.is_empty();
        Some(entry)
    }
}

#[cfg(test)]
mod tests;
