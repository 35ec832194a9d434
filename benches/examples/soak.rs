//! Ten minutes at 50,000 samples a second into a real server: memory and queues stay flat, and the totals are right.
//!
//! ```text
//! cargo run --release -p vmotel-benches --example soak                      # ten minutes
//! cargo run --release -p vmotel-benches --example soak -- --seconds 20      # short: totals and losses, but no word on growth
//! ```
//!
//! 50 counters of 1000 series each are added to and pushed once a second, the listener is scraped every five. The first third is
//! warm-up; the last one is compared with the second.
#![expect(clippy::print_stdout, reason = "it prints the figures")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

#[path = "soak/arguments.rs"]
mod arguments;

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use opentelemetry::KeyValue;
use vmotel_exporter::{Exporter, Push, PushStatus, Target};
use vmotel_process::Process;
use vmotel_testkit::{Version, VictoriaMetrics, request};

const COUNTERS: usize = 50;
const SERIES: usize = 1000;
const SECOND: Duration = Duration::from_secs(1);

/// Bytes by which a resident set may differ from third to third, whatever its size.
const SLACK: f64 = 4e6;

/// One look at both processes.
struct Look {
    client: u64,
    server: u64,
    cpu: Duration,
    status: PushStatus,
}

/// A process that has run for less is still taking the memory that it needs.
const TELLS_OF_GROWTH: Duration = Duration::from_secs(180);

fn main() -> anyhow::Result<()> {
    let help = "Pushes 50,000 samples a second into a real server: memory and queues stay flat, and totals are right.";
    let Some(duration) = arguments::duration(help)? else {
        return Ok(());
    };
    let server = VictoriaMetrics::start(Version::Newest)?;
    let push = Push {
        interval: SECOND,
        ..Push::to(Target::victoria(server.url()))
    };
    let exporter = Exporter::builder()
        .with_lookup(|_| None)
        .with_service_name("soak")
        .with_global(false)
        .with_self_metrics(false)
        .with_port(0)
        .with_push(push)
        .build()?;
    let listener = exporter.listen()?;
    let address = listener.local_addr().context("it listens")?.to_string();

    let meter = exporter.meter("soak");
    let counters: Vec<_> = (0..COUNTERS)
        .map(|number| meter.u64_counter(format!("soak_{number}")).build())
        .collect();
    let labels: Vec<_> = (0..SERIES)
        .map(|number| [KeyValue::new("series", number.to_string())])
        .collect();
    let own = (Process::current(), Process::with_pid(server.pid()));
    let look = || -> anyhow::Result<Look> {
        let memory = |process: &Process| {
            process
                .memory()
                .map(|memory| memory.resident_bytes)
                .context("/proc tells")
        };
        Ok(Look {
            client: memory(&own.0)?,
            server: memory(&own.1)?,
            cpu: own.0.cpu().context("/proc tells")?.total(),
            status: exporter.push_status().context("it pushes")?,
        })
    };

    println!(
        "{:>8} {:>11} {:>11} {:>9} {:>9} {:>13} {:>8}",
        "seconds", "client MiB", "server MiB", "client %", "waiting", "delivered", "failures"
    );
    let begin = Instant::now();
    let (mut looks, mut rounds) = (Vec::new(), 0_u32);
    let mut last = (begin, look()?.cpu);
    let every = u32::try_from(duration.as_secs() / 20)?.clamp(1, 30);
    while begin.elapsed() < duration {
        rounds += 1;
        for counter in &counters {
            for label in &labels {
                counter.add(1, label);
            }
        }
        if rounds % 5 == 0 {
            let answer = request(&address, "GET", "/metrics", &[], b"")?;
            ensure!(answer.status == 200, "the scrape was answered {}", answer.status);
        }
        let look = look()?;
        if rounds % every == 0 {
            let used = (look.cpu - last.1).as_secs_f64() / last.0.elapsed().as_secs_f64();
            last = (Instant::now(), look.cpu);
            println!(
                "{:>8.0} {:>11.1} {:>11.1} {:>9.1} {:>9} {:>13} {:>8}",
                begin.elapsed().as_secs_f64(),
                look.client as f64 / f64::from(1 << 20),
                look.server as f64 / f64::from(1 << 20),
                100.0 * used,
                look.status.waiting_samples,
                look.status.delivered_samples,
                look.status.retries,
            );
        }
        looks.push(look);
        thread::sleep((SECOND * rounds).saturating_sub(begin.elapsed()));
    }
    exporter.shutdown_blocking(Duration::from_secs(30))?;
    let status = exporter.push_status().context("it pushed")?;
    let rate = status.delivered_samples as f64 / begin.elapsed().as_secs_f64();
    println!("{rate:.0} samples/s delivered; {status:?}");

    let third = looks.len() / 3;
    for (name, resident) in [
        ("client", (|look: &Look| look.client) as fn(&Look) -> u64),
        ("server", |look| look.server),
    ] {
        let mean = |looks: &[Look]| looks.iter().map(resident).sum::<u64>() as f64 / looks.len() as f64;
        let (middle, end) = (mean(&looks[third..2 * third]), mean(&looks[2 * third..]));
        println!(
            "{name}: mean resident set {:.1} MiB in the second third, {:.1} MiB in the last",
            middle / 1048576.0,
            end / 1048576.0
        );
        if name == "client" && duration >= TELLS_OF_GROWTH {
            ensure!(
                end < middle * 1.05 + SLACK,
                "the resident set of the {name} grows"
            );
        }
    }
    // A machine that others load lets it grow for a while; one that grows for ever does not come back.
    let waited = || looks[2 * third..].iter().map(|look| look.status.waiting_samples);
    let (least, most) = (waited().min().unwrap_or(0), waited().max().unwrap_or(0));
    println!("in the last third, {least} to {most} samples waited");
    ensure!(least <= 2 * (COUNTERS * SERIES) as u64, "the queue grows");
    ensure!(
        (
            status.dropped_samples,
            status.refused_samples,
            status.waiting_samples
        ) == (0, 0, 0),
        "samples were lost"
    );
    let total = server.query("sum(last_over_time({__name__=~\"soak_.*_total\"}[1h]))")?;
    let expected = f64::from(rounds) * (COUNTERS * SERIES) as f64;
    let found = total.first().map(|sample| sample.value);
    println!("the server has a total of {found:?}, expected {expected}");
    ensure!(found == Some(expected), "the totals differ");
    Ok(())
}
