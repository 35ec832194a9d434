//! The process family: CPU, memory, descriptors, threads and uptime, read from `/proc` when somebody asks.
//!
//! Run: `cargo run -p vmotel-examples --example process_metrics`
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::time::Duration;

use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::ProcessMetrics;

fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("process-example")
        .with_scope_labels(false)
        .build()?;
    ProcessMetrics::register(&exporter.meter("process-example"));

    // Some work, so that there is CPU time to see.
    let sum = (0..50_000_000_u64).fold(0, |sum, n| sum ^ n.wrapping_mul(31));
    println!("worked: {sum}");
    let scrape = exporter.scrape(Format::Text)?;
    for line in scrape.lines().filter(|line| line.starts_with("process_")) {
        println!("{line}");
    }
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    Ok(())
}
