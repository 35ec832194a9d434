//! The folder of the spool: one file for each parcel, and a lock.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use super::{
    Parcel, ParcelId, SpoolError,
    format::{self, Head, Unread},
};

/// A folder that this process alone uses.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
    /// Damaged files that are there, oldest first.
    aside: Vec<PathBuf>,
}

/// Damaged files that are kept to be looked at.
const MAX_ASIDE: usize = 16;
/// No file of ours has a higher number; so numbers never run out.
const MAX_ID: u64 = u64::MAX / 2;

impl Directory {
    /// Opens the folder, making it if it is missing, with the right of access for nobody else.
    pub(super) fn open(path: &Path) -> Result<Self, SpoolError> {
        let failed = |source| SpoolError::Directory {
            path: path.to_owned(),
            source,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(failed)?;
        let lock = private().open(path.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::InUse {
                path: path.to_owned(),
            },
            TryLockError::Error(source) => failed(source),
        })?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            aside: Vec::new(),
        })
    }

    /// Reads the heads of all parcels, oldest first; sets aside what is damaged and returns how many files that were.
    pub(super) fn scan(&mut self) -> Result<(Vec<(ParcelId, Head)>, u64), SpoolError> {
        let names = self.names().map_err(|source| SpoolError::Directory {
            path: self.path.clone(),
            source,
        })?;
        let (mut parcels, mut damaged) = (Vec::new(), 0);
        for path in names {
            match path.extension().and_then(|extension| extension.to_str()) {
                // A crash came before its renaming; the parcel was never said to be on disk.
                Some("tmp") => drop(fs::remove_file(&path)),
                Some("damaged") => self.aside.push(path),
                Some("parcel") => match head_of(&path) {
                    Some((id, head)) => parcels.push((id, head)),
                    None => {
                        self.set_aside(path);
                        damaged += 1;
                    }
                },
                _ => {}
            }
        }
        self.forget_aside();
        Ok((parcels, damaged))
    }

    /// Writes a parcel so that it is there whole or not at all; it lasts from [`Self::sync`] on.
    pub(super) fn write(&self, id: ParcelId, parcel: &Parcel) -> io::Result<()> {
        let unfinished = self.path.join(format!("{:020}.tmp", id.0));
        let written = private().open(&unfinished).and_then(|mut file| {
            file.set_len(0)?;
            format::write(parcel, &mut file)?;
            // Before the renaming, or a name could outlive a loss of power without its content.
            file.sync_data()?;
            fs::rename(&unfinished, self.file(id))
        });
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Makes the names of written files last.
    pub(super) fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    /// Reads a parcel; sets its file aside if it is damaged.
    pub(super) fn read(&mut self, id: ParcelId) -> Result<Parcel, Unread> {
        let path = self.file(id);
        let read = File::open(&path).map_err(Unread::from).and_then(|mut file| {
            let bytes = file.metadata()?.len();
            format::read(&mut file, bytes)
        });
        if read.is_err() {
            self.set_aside(path);
            self.forget_aside();
        }
        read
    }

    /// Removes a parcel. One that stays, as the disk fails, is sent once more by the next process.
    pub(super) fn remove(&self, id: ParcelId) -> io::Result<()> {
        fs::remove_file(self.file(id))
    }

    fn file(&self, id: ParcelId) -> PathBuf {
        self.path.join(format!("{:020}.parcel", id.0))
    }

    fn names(&self) -> io::Result<Vec<PathBuf>> {
        let mut names = fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn set_aside(&mut self, path: PathBuf) {
        let aside = path.with_extension("damaged");
        if fs::rename(&path, &aside).is_ok() {
            self.aside.push(aside);
        } else {
            let _ = fs::remove_file(path);
        }
    }

    fn forget_aside(&mut self) {
        let surplus = self.aside.len().saturating_sub(MAX_ASIDE);
        for path in self.aside.drain(..surplus) {
            let _ = fs::remove_file(path);
        }
    }
}

fn head_of(path: &Path) -> Option<(ParcelId, Head)> {
    let number = path.file_stem()?.to_str()?.parse().ok()?;
    let file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    let (head, _) = format::read_head(&mut BufReader::new(file), bytes).ok()?;
    (number <= MAX_ID).then_some((ParcelId(number), head))
}

/// Returns how files are opened: for nobody else to read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
