//! A program that allocates with jemalloc: the metrics against what it does, against the kernel, and against jemalloc's own report.

use std::{thread, time::Duration};

use tikv_jemallocator::Jemalloc;
use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::JemallocMetrics;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[test]
fn memory_is_told_as_it_is_held_and_given_back() {
    const BYTES: f64 = 64.0 * 1024.0 * 1024.0;
    let exporter = Exporter::builder()
        .with_lookup(|_| None)
        .with_global(false)
        .with_scope_labels(false)
        .build()
        .unwrap();
    JemallocMetrics::register(&exporter.meter("test"));
    let read = || {
        // A reading serves for 100 ms.
        thread::sleep(Duration::from_millis(120));
        let scrape = exporter.scrape(Format::Text).unwrap();
        [
            "allocated",
            "active",
            "metadata",
            "resident",
            "mapped",
            "retained",
        ]
        .map(|name| -> f64 {
            let start = format!("jemalloc_{name}_bytes ");
            let line = scrape.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap_or_else(|| panic!("no {start}in {scrape}"))
                .parse()
                .unwrap()
        })
    };
    let before = read();
    let block = vec![1_u8; 64 << 20];
    let held = read();
    let [allocated, active, metadata, resident, mapped, retained] = held;
    let grown = allocated - before[0];
    assert!((BYTES..BYTES * 1.01).contains(&grown), "{before:?} {held:?}");
    // What jemalloc's manual says of them: each holds the one before.
    assert!(allocated <= active && active < mapped, "{held:?}");
    assert!(active + metadata <= resident * 1.01, "{held:?}");
    assert!(metadata > 0.0 && retained >= 0.0, "{held:?}");
    // All of it is in RAM, as the kernel sees.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let rss: f64 = line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0;
    assert!(allocated < rss && rss < resident * 1.2 + BYTES, "{rss} {held:?}");

    assert_eq!(block.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 64 << 20);
    drop(block);
    let after = read();
    assert!(after[0] - before[0] < BYTES / 100.0, "{before:?} {after:?}");
}
