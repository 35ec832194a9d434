//! The metrics of the process and its runtime against own readings of `/proc` and of tokio.

use std::fs;

use anyhow::Context as _;
use serde::Serialize;
use tokio::runtime::Handle;

use super::{service::SHOP, stack::Storage};

/// Clock ticks of `/proc/self/stat` in a second: Linux exposes 100 on every architecture.
const TICKS: f64 = 100.0;

/// What `/proc/self` and tokio say at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    resident: f64,
    memory: f64,
    cpu: f64,
    threads: f64,
    open_fds: f64,
    max_fds: f64,
    start: f64,
    workers: f64,
    tasks: f64,
    parks: f64,
    busy: f64,
}

/// One process metric, compared.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) metric: &'static str,
    /// What was read before the load and after the last scrape.
    pub(super) read: [f64; 2],
    pub(super) stored: Option<f64>,
    /// What is allowed beyond what was read.
    pub(super) bound: &'static str,
    pub(super) equal: bool,
}

impl Reading {
    pub(super) fn now() -> anyhow::Result<Self> {
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/{name}")).with_context(|| format!("cannot read /proc/{name}"))
        };
        let status = read("self/status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
                .with_context(|| format!("no {name} in /proc/self/status"))
        };
        // The name of the program, in parentheses, may hold blanks.
        let stat = read("self/stat")?;
        let stat = stat.rsplit(')').next().unwrap_or_default();
        let stat: Vec<f64> = stat
            .split_whitespace()
            .map(|word| word.parse().unwrap_or(f64::NAN))
            .collect();
        let limits = read("self/limits")?;
        let files = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"));
        let boot = read("stat")?;
        let boot = boot.lines().find_map(|line| line.strip_prefix("btime "));
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<f64>().ok());
        let runtime = Handle::current().metrics();
        let workers = 0..runtime.num_workers();
        let at = |index: usize| stat.get(index).copied().context("/proc/self/stat is short");
        Ok(Self {
            resident: field("VmRSS:")? * 1024.0,
            memory: field("VmSize:")? * 1024.0,
            cpu: (at(11)? + at(12)?) / TICKS,
            threads: field("Threads:")?,
            open_fds: fs::read_dir("/proc/self/fd")
                .context("cannot read /proc/self/fd")?
                .count() as f64,
            max_fds: number(files.and_then(|line| line.split_whitespace().next()))
                .context("no limit of files")?,
            start: number(boot).context("no btime in /proc/stat")? + at(19)? / TICKS,
            workers: runtime.num_workers() as f64,
            tasks: runtime.num_alive_tasks() as f64,
            parks: workers
                .clone()
                .map(|worker| runtime.worker_park_count(worker) as f64)
                .sum(),
            busy: workers
                .map(|worker| runtime.worker_total_busy_duration(worker).as_secs_f64())
                .sum(),
        })
    }
}

/// Compares what is stored of the process and its runtime with what was read before and after.
pub(super) async fn check(before: &Reading, after: &Reading, storage: &Storage) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (metric, read, bound, slack) in bounds(before, after) {
        let series = storage.query(&format!("{metric}{{service=\"{SHOP}\"}}")).await?;
        let stored = series.first().map(|series| series.sample.value);
        let (low, high) = (read[0].min(read[1]) - slack, read[0].max(read[1]) + slack);
        rows.push(Row {
            metric,
            read,
            stored,
            bound,
            equal: series.len() == 1 && stored.is_some_and(|value| (low..=high).contains(&value)),
        });
    }
    Ok(rows)
}

type Bound = (&'static str, [f64; 2], &'static str, f64);

fn bounds(before: &Reading, after: &Reading) -> Vec<Bound> {
    let both = |field: fn(&Reading) -> f64| [field(before), field(after)];
    let quarter = after.resident.max(before.resident) / 4.0;
    vec![
        ("process_memory_bytes", both(|r| r.resident), "a quarter", quarter),
        (
            "process_resident_memory_bytes",
            both(|r| r.resident),
            "a quarter",
            quarter,
        ),
        (
            "process_virtual_memory_bytes",
            both(|r| r.memory),
            "256 MiB",
            268_435_456.0,
        ),
        ("process_cpu_usage", [0.0, 100.0], "0 to 100", 0.0),
        ("process_cpu_seconds_total", both(|r| r.cpu), "2 ticks", 0.02),
        ("process_num_threads", both(|r| r.threads), "8 threads", 8.0),
        (
            "process_open_fds",
            both(|r| r.open_fds),
            "the load's connections",
            300.0,
        ),
        ("process_max_fds", both(|r| r.max_fds), "none", 0.0),
        ("process_start_time_seconds", both(|r| r.start), "1 s", 1.0),
        ("tokio_runtime_workers", both(|r| r.workers), "none", 0.0),
        (
            "tokio_runtime_alive_tasks",
            both(|r| r.tasks),
            "the load's connections",
            300.0,
        ),
        ("tokio_runtime_parks_total", both(|r| r.parks), "none", 0.0),
        (
            "tokio_runtime_busy_time_seconds_total",
            both(|r| r.busy),
            "none",
            0.0,
        ),
    ]
}
