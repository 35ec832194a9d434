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

/// What a process has read from and written to storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskIo {
    /// Bytes that were fetched from storage.
    pub read_bytes: u64,
    /// Bytes that were sent to storage, less those of files that went before they were written.
    pub written_bytes: u64,
}

/// How often a process was taken off a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextSwitches {
    /// Because it waited.
    pub voluntary: u64,
    /// Because others were to run.
    pub involuntary: u64,
}

/// Pages that were not where the process looked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageFaults {
    /// Settled without storage.
    pub minor: u64,
    /// Read from storage.
    pub major: u64,
}

/// All that is known of a process at one moment; `None` where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Memory in RAM and address space.
    pub memory: Option<Memory>,
    /// CPU time used.
    pub cpu: Option<CpuTime>,
    /// What was read from and written to storage; `None` also where the system forbids to ask.
    pub disk_io: Option<DiskIo>,
    /// Context switches of all threads, those that have ended included; of the current process only.
    pub context_switches: Option<ContextSwitches>,
    /// Page faults.
    pub page_faults: Option<PageFaults>,
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
