//! The settings of the spool.

use std::{io, path::PathBuf, time::Duration};

/// How much is kept of what the server has not taken yet, and where.
///
/// ```
/// use vmotel_exporter::SpoolConfig;
///
/// let mut config = SpoolConfig::default();
/// assert_eq!(config.directory, None);
/// config.directory = Some("/var/lib/shop/metrics".into());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolConfig {
    /// The most bytes of waiting requests in memory. Default: 64 MiB; must not be zero. Without a directory, the oldest requests beyond
    /// it are dropped and counted.
    pub memory_bytes: u64,
    /// The folder for what waits, so that it survives a restart; made if it is missing. Used by one process at a time. Default: none.
    pub directory: Option<PathBuf>,
    /// The most bytes of waiting requests in the directory. Default: 1 GiB; must not be zero. The oldest requests beyond it are dropped
    /// and counted.
    pub disk_bytes: u64,
    /// How long acknowledged requests are kept, to be sent again if the server is lost: VictoriaMetrics holds fresh rows in memory.
    /// Default: 15 s. 0 keeps none.
    pub window: Duration,
    /// The most bytes of acknowledged requests, in memory. Default: 32 MiB. 0 keeps none.
    pub window_bytes: u64,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            directory: None,
            disk_bytes: 1 << 30,
            window: Duration::from_secs(15),
            window_bytes: 32 << 20,
        }
    }
}

impl SpoolConfig {
    /// Checks what can be checked without a disk.
    pub(crate) fn validate(&self) -> Result<(), SpoolError> {
        for (field, value) in [
            ("memory_bytes", self.memory_bytes),
            ("disk_bytes", self.disk_bytes),
        ] {
            if value == 0 {
                return Err(SpoolError::Zero { field });
            }
        }
        Ok(())
    }
}

/// Why the spool was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// A bound is zero.
    #[error("the spool's {field} is 0, expected more")]
    Zero {
        /// The field of [`SpoolConfig`].
        field: &'static str,
    },
    /// The directory cannot be made, read or written.
    #[error("the spool directory {} cannot be used, expected a folder that can be written", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process, or another exporter of this one, uses the directory.
    #[error("the spool directory {} is in use by another exporter, expected one of its own for each", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
}
