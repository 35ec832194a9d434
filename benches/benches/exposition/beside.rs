//! What a scrape costs those who record meanwhile: printed, as criterion tells no quantiles of single calls.
#![expect(clippy::print_stdout, reason = "criterion does not measure single calls")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::Instant,
};

use criterion::Criterion;
use vmotel_model::{MetricSource, VisitConfig};
use vmotel_registry::{Registry, RegistryConfig};
use vmotel_wire::{EncodeConfig, Merge, text};

const LABELS: [&str; 3] = ["method", "path", "status_code"];
const SERIES: usize = 100_000;
const CALLS: usize = 500_000;

/// Times each of many calls and prints quantiles; a look at the clock is in each.
fn print(case: &str, calls: usize, mut call: impl FnMut(usize)) {
    let mut nanos: Vec<u64> = (0..calls)
        .map(|i| {
            let begin = Instant::now();
            call(black_box(i));
            begin.elapsed().as_nanos() as u64
        })
        .collect();
    nanos.sort_unstable();
    let at = |share: f64| nanos[((calls - 1) as f64 * share) as usize];
    println!(
        "{case:<40} median {:>5} ns, p99 {:>6} ns, p99.9 {:>6} ns, worst {:>9} ns",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

pub(crate) fn bench(_: &mut Criterion) {
    let registry = Registry::with_config(RegistryConfig {
        per_metric: 2 * SERIES + CALLS,
        total: 2 * SERIES + CALLS,
        ..RegistryConfig::default()
    });
    let family = registry
        .counter_family("http_requests_total", LABELS)
        .expect("a good name");
    let paths: Vec<String> = (0..2 * SERIES).map(|i| format!("/api/v1/users/{i}")).collect();
    paths[..SERIES]
        .iter()
        .for_each(|path| family.add(["GET", path, "200"], 1));
    let handle = registry.counter("one").expect("a good name");
    let known = |i: usize| family.add(["GET", &paths[i % 10_000], "200"], 1);
    let new = |i: usize| family.add(["GET", &paths[SERIES + i], "200"], 1);
    println!("one call of a thread:");
    print("nothing, the clock alone", CALLS, |_| {});
    print("counter by labels, 10k sets, no scrape", CALLS, known);
    let (stop, scrapes) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let (visit, encode) = (VisitConfig::default(), EncodeConfig::default());
            let (mut merge, mut out) = (Merge::default(), Vec::new());
            while !stop.load(Ordering::Relaxed) {
                out.clear();
                let snapshots = [registry.snapshot(&visit)];
                black_box(text::encode_with(&mut merge, &snapshots, &encode, &mut out).samples);
                scrapes.fetch_add(1, Ordering::Relaxed);
            }
        });
        while scrapes.load(Ordering::Relaxed) < 3 {
            thread::yield_now();
        }
        println!("while another thread scrapes 100k counters without a pause:");
        print("counter handle", CALLS, |_| handle.inc());
        print("counter by labels, 10k sets", CALLS, known);
        print("new series", SERIES, new);
        stop.store(true, Ordering::Relaxed);
    });
}
