//! A process whose files under `/proc` are read.

use std::{fs, path::PathBuf, time::Duration};

use crate::{CpuTime, DiskIo, Memory, PageFaults, Reading, io, resource_usage, stat::Stat, status::Status};

/// Clock ticks a second in the files of `/proc`: fixed in Linux's ABI, whatever the kernel's own tick is.
const USER_HZ: u64 = 100;

/// A process to read from.
///
/// Its start never changes and is read once, when this is created.
///
/// # Examples
///
/// ```
/// let process = vmotel_process::Process::current();
/// let reading = process.read();
/// assert_eq!(reading.threads.is_some(), cfg!(target_os = "linux"));
/// ```
#[derive(Debug, Clone)]
pub struct Process {
    folder: PathBuf,
    /// Since boot.
    start: Option<Duration>,
    /// Since the Unix epoch.
    start_time: Option<Duration>,
}

impl Process {
    /// Creates a reader of the current process.
    #[must_use]
    pub fn current() -> Self {
        Self::at(PathBuf::from("/proc/self"))
    }

    /// Creates a reader of the process with this number; if there is none, all it reads is `None`.
    #[must_use]
    pub fn with_pid(pid: u32) -> Self {
        Self::at(PathBuf::from(format!("/proc/{pid}")))
    }

    fn at(folder: PathBuf) -> Self {
        let mut process = Self {
            folder,
            start: None,
            start_time: None,
        };
        process.start = process.stat().map(|stat| ticks(stat.start_ticks));
        process.start_time = process
            .start
            .zip(boot_time())
            .map(|(start, boot)| boot.saturating_add(start));
        process
    }

    /// Reads all there is to know.
    #[must_use]
    pub fn read(&self) -> Reading {
        let status = self.status();
        let stat = self.stat();
        Reading {
            memory: memory(status),
            cpu: stat.map(cpu),
            disk_io: self.disk_io(),
            context_switches: self.is_current().then(resource_usage::context_switches).flatten(),
            page_faults: stat.map(|stat| PageFaults {
                minor: stat.minor_faults,
                major: stat.major_faults,
            }),
            threads: status.threads,
            open_fds: self.open_fds(),
            max_fds: self.max_fds(),
            start_time: self.start_time,
            uptime: self.uptime(),
        }
    }

    /// Reads the memory alone.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        memory(self.status())
    }

    /// Reads the CPU time alone.
    #[must_use]
    pub fn cpu(&self) -> Option<CpuTime> {
        self.stat().map(cpu)
    }

    /// Returns how long the process has been running.
    #[must_use]
    pub fn uptime(&self) -> Option<Duration> {
        let start = self.start?;
        let text = fs::read_to_string("/proc/uptime").ok()?;
        let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
        Some(Duration::try_from_secs_f64(seconds).ok()?.saturating_sub(start))
    }

    fn stat(&self) -> Option<Stat> {
        // The command's name may hold any bytes.
        let bytes = fs::read(self.folder.join("stat")).ok()?;
        Stat::parse(&String::from_utf8_lossy(&bytes))
    }

    fn disk_io(&self) -> Option<DiskIo> {
        io::parse(&fs::read_to_string(self.folder.join("io")).ok()?)
    }

    fn is_current(&self) -> bool {
        self.folder.ends_with("self")
    }

    fn status(&self) -> Status {
        let bytes = fs::read(self.folder.join("status")).unwrap_or_default();
        Status::parse(&String::from_utf8_lossy(&bytes))
    }

    fn open_fds(&self) -> Option<u64> {
        let folder = self.folder.join("fd");
        match fs::metadata(&folder).ok()?.len() {
            // Before Linux 6.2 the size is 0. Listing the folder opens it, which counts one descriptor too many in
            // the current process.
            0 => {
                let own = u64::from(self.is_current());
                Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(own))
            }
            count => Some(count),
        }
    }

    fn max_fds(&self) -> Option<u64> {
        let limits = fs::read_to_string(self.folder.join("limits")).ok()?;
        let soft = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"))?;
        soft.split_ascii_whitespace().next()?.parse().ok()
    }
}

const fn cpu(stat: Stat) -> CpuTime {
    CpuTime {
        user: ticks(stat.user_ticks),
        system: ticks(stat.system_ticks),
    }
}

fn memory(status: Status) -> Option<Memory> {
    Some(Memory {
        resident_bytes: status.resident_bytes?,
        virtual_bytes: status.virtual_bytes?,
    })
}

const fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1000 / USER_HZ))
}

/// Returns when the system was booted, since the Unix epoch.
fn boot_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let seconds = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}
