//! The cases, the same for every subject.

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use criterion::{BenchmarkGroup, BenchmarkId, measurement::WallTime};

/// The values of the labels `method`, `path` and `status_code`.
pub(crate) type Set = [String; 3];

pub(crate) const LABELS: [&str; 3] = ["method", "path", "status_code"];

pub(crate) const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(crate) fn sets(count: usize) -> Vec<Set> {
    (0..count)
        .map(|i| {
            [
                ["GET", "POST", "PUT"][i % 3].to_owned(),
                format!("/api/v1/users/{}", i / 3),
                "200".to_owned(),
            ]
        })
        .collect()
}

/// Observations from 3 ms to 3 s, their logarithms spread evenly.
pub(crate) fn observations() -> Vec<f64> {
    let step = |i: u64| ((i * 7919) % 1024) as f64 / 1024.0;
    (0..1024).map(|i| 10_f64.powf(step(i) * 3.0 - 2.5)).collect()
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// One series, by its handle: alone, and while another thread adds to it.
pub(crate) fn handle(group: &mut Group<'_>, subject: &str, add: impl Fn() + Sync) {
    group.bench_function(BenchmarkId::new("counter handle", subject), |b| b.iter(&add));
    beside_another(group, "counter handle, 2 threads on one", subject, add);
}

/// As [`handle`], with observations.
pub(crate) fn histogram(group: &mut Group<'_>, case: &str, subject: &str, record: impl Fn(f64) + Sync) {
    let observations = observations();
    group.bench_function(BenchmarkId::new(case, subject), |b| {
        let mut turn = observations.iter().cycle();
        b.iter(|| record(turn.next().copied().unwrap_or_default()));
    });
    beside_another(group, &format!("{case}, 2 threads on one"), subject, || {
        record(black_box(0.2));
    });
}

/// Series found by their labels, in turn.
pub(crate) fn by_labels(group: &mut Group<'_>, subject: &str, add: impl Fn(&Set)) {
    for (case, count) in [("counter by labels", 36), ("counter by labels, 10k sets", 10_000)] {
        let sets = sets(count);
        sets.iter().for_each(&add);
        group.bench_function(BenchmarkId::new(case, subject), |b| {
            let mut turn = sets.iter().cycle();
            b.iter(|| turn.next().map(&add));
        });
    }
}

fn beside_another(group: &mut Group<'_>, case: &str, subject: &str, record: impl Fn() + Sync) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                (0..1000).for_each(|_| record());
            }
        });
        group.bench_function(BenchmarkId::new(case, subject), |b| b.iter(&record));
        stop.store(true, Ordering::Relaxed);
    });
}
