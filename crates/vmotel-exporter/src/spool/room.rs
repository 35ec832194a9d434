//! Between memory and disk, and what has room in neither.

use super::{Entry, Parcel, ParcelId, Pushed, Spool, Unread};

impl Spool {
    /// Reads the body of a parcel that is only on disk. What cannot be read is counted, and stays without a body.
    pub(super) fn load(&mut self, id: ParcelId) -> Option<Parcel> {
        let read = self.directory.as_mut()?.read(id);
        let entry = self.waiting.get_mut(&id)?;
        match read {
            // A file under this name that was exchanged for another whole one is not what was counted.
            Ok(parcel) if super::format::Head::of(&parcel) == entry.head => {
                entry.body = Some(parcel.body.clone());
                self.stats.memory_bytes += entry.bytes();
                self.unload();
                return Some(parcel);
            }
            Ok(_) | Err(Unread::Damaged) => {}
            Err(Unread::Io) => self.stats.disk_errors += 1,
        }
        self.stats.damaged_files += 1;
        self.stats.damaged_samples += entry.head.samples;
        None
    }

    /// Keeps the bounds: first by moving to disk, then by dropping the oldest.
    pub(super) fn make_room(&mut self) -> Pushed {
        if self.through || self.stats.memory_bytes > self.config.memory_bytes {
            self.write_all(|| true);
        }
        self.unload();
        let mut pushed = Pushed::default();
        while self.stats.memory_bytes > self.config.memory_bytes
            && let Some(id) = self.oldest(|entry| entry.body.is_some() && !entry.on_disk)
        {
            self.drop_one(id, &mut pushed);
        }
        while self.stats.disk_bytes > self.config.disk_bytes
            && let Some(id) = self.oldest(|entry| entry.on_disk)
        {
            self.drop_one(id, &mut pushed);
        }
        self.count(pushed)
    }

    /// Writes all that waits to disk, for as long as `go_on` says; what cannot be written stays as it is.
    pub(super) fn write_all(&mut self, mut go_on: impl FnMut() -> bool) {
        let Some(directory) = &self.directory else {
            return;
        };
        let mut wrote = false;
        for (&id, entry) in &mut self.waiting {
            if entry.on_disk || entry.bytes() > self.config.disk_bytes {
                continue;
            }
            let Some(parcel) = entry.parcel() else { continue };
            if !go_on() {
                break;
            }
            if directory.write(id, &parcel).is_err() {
                // A full disk is no better for the next one.
                self.stats.disk_errors += 1;
                break;
            }
            wrote = true;
            entry.on_disk = true;
            self.stats.disk_bytes += entry.disk_bytes();
            self.stats.disk_samples += entry.disk_samples();
        }
        if wrote && directory.sync().is_err() {
            self.stats.disk_errors += 1;
        }
    }

    /// Lets go of bodies that are on disk too, the newest first.
    fn unload(&mut self) {
        for (&id, entry) in self.waiting.iter_mut().rev() {
            if self.stats.memory_bytes <= self.config.memory_bytes {
                break;
            }
            if entry.on_disk && Some(id) != self.taken {
                self.stats.memory_bytes -= entry.memory_bytes();
                entry.body = None;
            }
        }
    }

    fn oldest(&self, wanted: impl Fn(&Entry) -> bool) -> Option<ParcelId> {
        let mut entries = self.waiting.iter();
        let found = entries.find(|(id, entry)| Some(**id) != self.taken && wanted(entry));
        found.map(|(id, _)| *id)
    }

    pub(super) fn count(&mut self, pushed: Pushed) -> Pushed {
        self.stats.dropped_parcels += pushed.dropped_parcels;
        self.stats.dropped_samples += pushed.dropped_samples;
        pushed
    }

    fn drop_one(&mut self, id: ParcelId, pushed: &mut Pushed) {
        match self.remove(id) {
            Some(entry) if entry.again => self.stats.unprotected_parcels += 1,
            Some(entry) => {
                pushed.dropped_parcels += 1;
                pushed.dropped_samples += entry.head.samples;
            }
            None => {}
        }
    }
}
