//! Readings against independent ones: other files of the kernel, the shell, this program's own doings.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "readings are compared with real time")]

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use vmotel_process::{CpuUsage, Process};

/// A child that has settled down: its shell has executed `sleep`.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        let child = Command::new("sleep")
            .arg("60")
            .stdout(Stdio::null())
            .spawn()
            .expect("sleep starts");
        let sleeper = Self(child);
        let begin = Instant::now();
        while !sleeper.file("wchan").contains("nanosleep") && begin.elapsed() < Duration::from_millis(500) {
            std::thread::sleep(Duration::from_millis(10));
        }
        sleeper
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the number of a column of `ps`.
fn ps(column: &str, pid: u32) -> u64 {
    let output = Command::new("ps")
        .args(["-o", column, "-p", &pid.to_string()])
        .output()
        .expect("ps runs");
    String::from_utf8(output.stdout)
        .expect("ps prints text")
        .trim()
        .parse()
        .expect("ps prints a number")
}

#[test]
fn memory_and_threads_equal_what_others_read() {
    let sleeper = Sleeper::start();
    let pid = sleeper.0.id();
    let reading = Process::with_pid(pid).read();
    let memory = reading.memory.unwrap();
    // The sum over all mappings is exact in every kernel.
    let rollup = sleeper.file("smaps_rollup");
    let line = rollup.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let resident: u64 = line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(
        memory.resident_bytes.abs_diff(resident * 1024) <= 256 * 1024,
        "{memory:?} {line}"
    );
    assert_eq!(memory.virtual_bytes, ps("vsz=", pid) * 1024);
    assert_eq!(reading.threads, Some(ps("nlwp=", pid)));
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert_eq!(reading.open_fds, Some(entries as u64));
    assert!(reading.cpu.unwrap().total() < Duration::from_millis(200));
}

#[test]
fn resident_memory_grows_with_what_is_touched() {
    let process = Process::current();
    let before = process.memory().unwrap().resident_bytes;
    let block = vec![1_u8; 64 << 20];
    let grown = process.memory().unwrap().resident_bytes - before;
    assert!(block.iter().map(|&byte| usize::from(byte)).sum::<usize>() == block.len());
    assert!((63 << 20..66 << 20).contains(&grown), "{grown}");
}

#[test]
fn descriptors_are_counted_and_their_limit_is_the_shells() {
    let process = Process::current();
    let before = process.read().open_fds.unwrap();
    let files: Vec<_> = (0..20).map(|_| File::open("/dev/null").unwrap()).collect();
    assert_eq!(process.read().open_fds, Some(before + 20));
    drop(files);
    assert_eq!(process.read().open_fds, Some(before));

    let shell = Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap();
    let limit = String::from_utf8(shell.stdout).unwrap();
    assert_eq!(process.read().max_fds, limit.trim().parse().ok());
}

#[test]
fn start_time_and_uptime_fit_the_wall_clock() {
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let sleeper = Sleeper::start();
    let reading = Process::with_pid(sleeper.0.id()).read();
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = reading.start_time.unwrap();
    // The boot time is given in whole seconds.
    let slack = Duration::from_secs(2);
    assert!(
        before.saturating_sub(slack) <= start && start <= after + slack,
        "{start:?} {before:?} {after:?}"
    );
    let uptime = reading.uptime.unwrap();
    assert!(uptime <= after - before + Duration::from_millis(30), "{uptime:?}");
}

#[test]
fn a_busy_thread_shows_as_cpu_time_and_utilisation() {
    let process = Process::current();
    let begin = Instant::now();
    let first = process.cpu().unwrap();
    let mut usage = CpuUsage::new(1, Duration::ZERO);
    usage.update(first, process.uptime().unwrap());
    // The kernel's own count for this thread, in nanoseconds, tells when the work is done.
    let thread_cpu = || -> Duration {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
    };
    let work = Duration::from_millis(600);
    let start = thread_cpu();
    while thread_cpu() - start < work {
        std::hint::black_box((0..50_000_u64).sum::<u64>());
    }
    let elapsed = begin.elapsed();
    let second = process.cpu().unwrap();
    let used = second.total() - first.total();
    assert!(used + Duration::from_millis(30) >= work, "{used:?}");
    let share = usage.update(second, process.uptime().unwrap()).total();
    let least = (work.as_secs_f64() - 0.03) / (elapsed.as_secs_f64() + 0.03);
    assert!((least..=1.0).contains(&share), "{share} {least}");
}

#[test]
fn a_process_that_is_not_there_reads_as_nothing() {
    // Above the largest number that Linux gives (PID_MAX_LIMIT, 2^22).
    let reading = Process::with_pid(u32::MAX).read();
    assert_eq!(reading, vmotel_process::Reading::default());
}

/// The crate `procfs` parses the same files on its own.
#[test]
fn a_process_reads_as_procfs_reads_it() {
    let sleeper = Sleeper::start();
    let pid = sleeper.0.id();
    let reading = Process::with_pid(pid).read();
    let other = procfs::process::Process::new(pid.cast_signed()).unwrap();
    let (stat, io) = (other.stat().unwrap(), other.io().unwrap());
    let ticks = |ticks: u64| Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64);
    let cpu = reading.cpu.unwrap();
    assert_eq!((cpu.user, cpu.system), (ticks(stat.utime), ticks(stat.stime)));
    assert_eq!(reading.memory.unwrap().virtual_bytes, stat.vsize);
    assert_eq!(reading.threads, Some(stat.num_threads.cast_unsigned()));
    assert_eq!(reading.open_fds, Some(other.fd_count().unwrap() as u64));
    let limit = other.limits().unwrap().max_open_files.soft_limit;
    let files = match limit {
        procfs::process::LimitValue::Value(files) => Some(files),
        procfs::process::LimitValue::Unlimited => None,
    };
    assert_eq!(reading.max_fds, files);
    let disk = reading.disk_io.unwrap();
    assert_eq!(
        (disk.read_bytes, disk.written_bytes),
        (io.read_bytes, io.write_bytes - io.cancelled_write_bytes)
    );
    let start = ticks(stat.starttime) + Duration::from_secs(procfs::boot_time_secs().unwrap());
    assert_eq!(reading.start_time, Some(start));
}

#[test]
fn page_faults_equal_what_others_read() {
    let sleeper = Sleeper::start();
    let pid = sleeper.0.id();
    let faults = Process::with_pid(pid).read().page_faults.unwrap();
    assert_eq!(
        (faults.minor, faults.major),
        (ps("min_flt=", pid), ps("maj_flt=", pid))
    );
}

#[test]
fn context_switches_of_threads_that_have_ended_count() {
    let process = Process::current();
    let before = process.read().context_switches.unwrap();
    let sleeper = std::thread::spawn(|| (0..50).for_each(|_| std::thread::sleep(Duration::from_millis(1))));
    sleeper.join().unwrap();
    let after = process.read().context_switches.unwrap();
    assert!(after.voluntary >= before.voluntary + 50, "{before:?} {after:?}");
    assert!(after.involuntary >= before.involuntary);
    // Of others nobody can tell.
    assert_eq!(Process::with_pid(1).read().context_switches, None);
}

#[test]
fn what_is_written_to_storage_counts() {
    use std::io::Write as _;

    let process = Process::current();
    let before = process.read().disk_io.unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("disk_io");
    let mut file = File::create(&path).unwrap();
    file.write_all(&vec![7; 1 << 20]).unwrap();
    file.sync_all().unwrap();
    let after = process.read().disk_io.unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(
        after.written_bytes >= before.written_bytes + (1 << 20),
        "{before:?} {after:?}"
    );
    assert!(after.read_bytes >= before.read_bytes);
}
