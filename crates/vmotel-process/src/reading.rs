//! What a reading holds.

use std::time::Duration;

/// The CPU time a process has used since it started, in all its threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuTime {
    /// Time in user mode.
    pub user: Duration,
    /// Time in the kernel on behalf of the process.
    pub system: Duration,
}

impl CpuTime {
    /// Returns user and system time together.
    #[must_use]
    pub const fn total(self) -> Duration {
        self.user.saturating_add(self.system)
    }
}

/// The memory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Memory in RAM, in bytes.
    pub resident_bytes: u64,
    /// Address space, in bytes.
    pub virtual_bytes: u64,
}

/// All that is known of a process at one moment; `None` where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Memory in RAM and address space.
    pub memory: Option<Memory>,
    /// CPU time used.
    pub cpu: Option<CpuTime>,
    /// Number of threads.
    pub threads: Option<u64>,
    /// Number of open file descriptors.
    pub open_fds: Option<u64>,
    /// The soft limit of open file descriptors; `None` also where it is unlimited.
    pub max_fds: Option<u64>,
    /// When the process started, since the Unix epoch; the same in every reading.
    pub start_time: Option<Duration>,
    /// How long the process has been running.
    pub uptime: Option<Duration>,
}
