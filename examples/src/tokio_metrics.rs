//! The tokio runtime at work: tasks that wait, tasks that compute, and more of them than there are workers.
//!
//! Run: `cargo run -p vmotel-examples --example tokio_metrics`; with `RUSTFLAGS="--cfg tokio_unstable"`, tokio tells more.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::{future::pending, time::Duration};

use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::TokioMetrics;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("tokio-example")
        .with_scope_labels(false)
        .build()?;
    TokioMetrics::register(
        &exporter.meter("tokio-example"),
        &tokio::runtime::Handle::current(),
    );

    // These never end: a leak of tasks shows as a number that only grows.
    for _ in 0..5 {
        tokio::spawn(pending::<()>());
    }
    // These hold their workers; for the time being, what else is to be done waits.
    let work: Vec<_> = (0..4).map(|_| tokio::spawn(async { compute() })).collect();
    for task in work {
        println!("computed: {}", task.await?);
    }
    // A worker tells how busy it was once it has nothing to do.
    tokio::time::sleep(Duration::from_millis(50)).await;

    let scrape = exporter.scrape(Format::Text)?;
    for line in scrape.lines().filter(|line| line.contains("tokio_runtime_")) {
        if let Some((_, help)) = line.strip_prefix("# HELP ").and_then(|text| text.split_once(' ')) {
            println!("\n# {help}");
        } else if !line.starts_with('#') {
            println!("{line}");
        }
    }
    exporter.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}

fn compute() -> u64 {
    (0..5_000_000_u64).fold(0, |sum, n| sum ^ n.wrapping_mul(31))
}
