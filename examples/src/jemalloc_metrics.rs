//! The allocator jemalloc: what the program holds, and what the allocator takes for it.
//!
//! Run: `cargo run -p vmotel-examples --features jemalloc --example jemalloc_metrics`
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::time::Duration;

use tikv_jemallocator::Jemalloc;
use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::JemallocMetrics;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    let exporter = Exporter::builder()
        .with_service_name("jemalloc-example")
        .with_scope_labels(false)
        .build()?;
    JemallocMetrics::register(&exporter.meter("jemalloc-example"));

    // Every other small block goes: what is left holds the pages of all.
    let mut blocks: Vec<Option<Box<[u8; 512]>>> = (0..40_000).map(|_| Some(Box::new([1; 512]))).collect();
    for block in blocks.iter_mut().step_by(2) {
        *block = None;
    }
    let scrape = exporter.scrape(Format::Text)?;
    for line in scrape.lines().filter(|line| line.starts_with("jemalloc_")) {
        println!("{line}");
    }
    println!("blocks left: {}", blocks.iter().flatten().count());
    exporter.shutdown_blocking(Duration::from_secs(5))?;
    Ok(())
}
