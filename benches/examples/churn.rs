//! Ten minutes in which ten million series come and go in a registry: memory stays flat, and those that live on lose nothing.
//!
//! ```text
//! cargo run --release -p vmotel-benches --example churn                      # ten minutes
//! cargo run --release -p vmotel-benches --example churn -- --seconds 30      # short: sums, but no word on growth
//! ```
//!
//! Two threads record into 16,667 new label sets a second, each used once, and in turn into a hundred series that live on. What is
//! idle for five seconds goes. A scrape a second, as text 0.0.4. The first third is warm-up; the last one is compared with the second.
#![expect(clippy::print_stdout, reason = "it prints the figures")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

#[path = "soak/arguments.rs"]
mod arguments;

use std::{
    fmt::Write as _,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use vmotel_model::{MetricSource as _, VisitConfig};
use vmotel_process::Process;
use vmotel_registry::{CounterFamily, Registry, RegistryConfig};
use vmotel_wire::{EncodeConfig, Merge, text};

/// Label sets of all threads in ten minutes.
const SETS: u64 = 10_000_000;
const TEN_MINUTES: Duration = Duration::from_secs(600);
const THREADS: u64 = 2;
const LIVE: u64 = 100;
const SECOND: Duration = Duration::from_secs(1);

/// A process that has run for less is still taking the memory that it needs.
const TELLS_OF_GROWTH: Duration = Duration::from_secs(180);

/// Records into `sets` label sets of its own, evenly over `duration`, and as often into series that live on.
fn record(thread: u64, sets: u64, duration: Duration, families: (&CounterFamily<3>, &CounterFamily<1>)) {
    let (come_and_go, live) = families;
    let live_names: Vec<String> = (0..LIVE).map(|n| n.to_string()).collect();
    let begin = Instant::now();
    let (mut path, mut set) = (String::new(), 0);
    while set < sets {
        let due = (sets as f64 * begin.elapsed().as_secs_f64() / duration.as_secs_f64()) as u64;
        while set < due.min(sets) {
            path.clear();
            // Writing into a String does not fail.
            let _ = write!(path, "/api/v1/users/{}", set * THREADS + thread);
            come_and_go.add(["GET", &path, "200"], 1);
            live.add([&live_names[(set % LIVE) as usize]], 1);
            set += 1;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Adds up the values of a family in a scrape.
fn sum(scrape: &[u8], name: &str) -> anyhow::Result<(usize, u64)> {
    let scrape = std::str::from_utf8(scrape)?;
    let lines = scrape.lines().filter(|line| line.starts_with(name));
    let values = lines.map(|line| line.rsplit(' ').next().unwrap_or_default().parse());
    let values = values.collect::<Result<Vec<u64>, _>>()?;
    Ok((values.len(), values.iter().sum()))
}

fn main() -> anyhow::Result<()> {
    let help = "Ten million series come and go in ten minutes: memory stays flat, and those that live on lose nothing.";
    let Some(duration) = arguments::duration(help)? else {
        return Ok(());
    };
    let registry = Registry::with_config(RegistryConfig {
        per_metric: 1_000_000,
        total: 1_000_000,
        idle: Some(5 * SECOND),
        ..RegistryConfig::default()
    });
    let come_and_go = registry.counter_family("http_requests_total", ["method", "path", "status_code"])?;
    let live = registry.counter_family("live_total", ["number"])?;
    let sets = (SETS as f64 * duration.as_secs_f64() / TEN_MINUTES.as_secs_f64()) as u64 / THREADS;

    let own = Process::current();
    let (visit, encode) = (VisitConfig::default(), EncodeConfig::default());
    let (mut merge, mut out) = (Merge::default(), Vec::new());
    let mut scrape = |out: &mut Vec<u8>| {
        out.clear();
        text::encode_with(&mut merge, &[registry.snapshot(&visit)], &encode, out).series
    };
    println!(
        "{:>8} {:>13} {:>10} {:>12} {:>10}",
        "seconds", "resident MiB", "series", "removed", "scrape ms"
    );
    let begin = Instant::now();
    let resident = thread::scope(|scope| {
        for thread in 0..THREADS {
            let families = (&come_and_go, &live);
            scope.spawn(move || record(thread, sets, duration, families));
        }
        let every = u32::try_from(duration.as_secs() / 20)?.clamp(1, 30);
        let (mut resident, mut rounds, mut least) = (Vec::new(), 0_u32, 0);
        while begin.elapsed() < duration {
            rounds += 1;
            thread::sleep((SECOND * rounds).saturating_sub(begin.elapsed()));
            let before = Instant::now();
            let exposed = scrape(&mut out);
            let took = before.elapsed();
            let (series, live) = sum(&out, "live_total{")?;
            ensure!(
                live >= least,
                "the sum of {series} series that live on fell from {least} to {live}"
            );
            least = live;
            let bytes = own.memory().context("/proc tells")?.resident_bytes;
            resident.push(bytes as f64);
            if rounds % every == 0 {
                println!(
                    "{:>8.0} {:>13.1} {:>10} {:>12} {:>10.1}",
                    begin.elapsed().as_secs_f64(),
                    bytes as f64 / f64::from(1 << 20),
                    exposed,
                    registry.stats().removed,
                    took.as_secs_f64() * 1e3
                );
            }
        }
        anyhow::Ok(resident)
    })?;

    scrape(&mut out);
    let (series, found) = sum(&out, "live_total{")?;
    let stats = registry.stats();
    println!(
        "{series} series that live on have a sum of {found}, expected {}; {stats:?}",
        THREADS * sets
    );
    ensure!(
        (series as u64, found) == (LIVE, THREADS * sets),
        "increments were lost"
    );
    ensure!(
        stats.overflowed == 0,
        "{} records found no room",
        stats.overflowed
    );
    let made = stats.removed + stats.series as u64;
    ensure!(
        made == THREADS * sets + LIVE,
        "{made} series were made, expected {}",
        THREADS * sets + LIVE
    );

    let third = resident.len() / 3;
    let mean = |looks: &[f64]| looks.iter().sum::<f64>() / looks.len() as f64 / f64::from(1 << 20);
    let (middle, end) = (mean(&resident[third..2 * third]), mean(&resident[2 * third..]));
    println!("mean resident set {middle:.1} MiB in the second third, {end:.1} MiB in the last");
    if duration >= TELLS_OF_GROWTH {
        ensure!(end < middle * 1.05, "the resident set grows");
    }
    Ok(())
}
