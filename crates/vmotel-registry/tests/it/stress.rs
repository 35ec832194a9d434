//! Many threads, short-lived threads, removal and return: sums stay exact.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use vmotel_registry::{Counter, CounterFamily, RegistryConfig};

use crate::support::{Ledger, registry};

const SETS: usize = 300;

/// Adds by labels, by kept handles and by new ones; returns what it added.
fn work(family: &CounterFamily<2>, thread: usize, adds: usize) -> u64 {
    let mut kept: Vec<Counter> = Vec::new();
    let mut added = 0;
    for i in 0..adds {
        let set = (i * 7 + thread * 13) % SETS;
        let (a, b) = ((set % 17).to_string(), (set / 17).to_string());
        match i % 11 {
            0 => {
                let handle = family.with([&a, &b]);
                handle.add(2);
                added += 2;
                if kept.len() < 20 {
                    kept.push(handle);
                } else {
                    kept[i % 20] = handle;
                }
            }
            1 if !kept.is_empty() => {
                kept[i % kept.len()].add(3);
                added += 3;
            }
            _ => {
                family.add([&a, &b], 1);
                added += 1;
            }
        }
    }
    added
}

/// Runs rounds of short-lived threads beside a collector to whom everything looks idle at once.
fn removal_and_return(rounds: usize, threads: usize, adds: usize) {
    let (registry, clock) = registry(RegistryConfig {
        idle: Some(Duration::from_nanos(1)),
        ..RegistryConfig::default()
    });
    let family = registry.counter_family("c", ["a", "b"]).expect("a name");
    let stop = AtomicBool::new(false);
    let mut ledger = Ledger::default();
    let mut total = 0;
    thread::scope(|scope| {
        let collector = scope.spawn(|| {
            let mut ledger = Ledger::default();
            while !stop.load(Ordering::Relaxed) {
                ledger.collect(&registry);
                clock.advance(Duration::from_millis(1));
                thread::yield_now();
            }
            ledger
        });
        for round in 0..rounds {
            let family = &family;
            let workers: Vec<_> = (0..threads)
                .map(|thread| scope.spawn(move || work(family, round + thread, adds)))
                .collect();
            total += workers
                .into_iter()
                .map(|worker| worker.join().expect("no panic"))
                .sum::<u64>();
        }
        stop.store(true, Ordering::Relaxed);
        ledger = collector.join().expect("no panic");
    });
    (0..3).for_each(|_| ledger.collect(&registry));
    assert_eq!(ledger.sum(), total as f64);
    assert!(registry.stats().removed > SETS as u64, "series came and went");
    assert_eq!(registry.stats().overflowed, 0);
}

#[test]
fn sums_are_exact_while_series_are_removed_and_return() {
    removal_and_return(20, 4, 5_000);
}

/// `cargo xtask test --deep`
#[test]
#[ignore = "deep run: about a minute of threads that come and go"]
fn sums_are_exact_over_thousands_of_threads() {
    removal_and_return(500, 8, 20_000);
}

#[test]
fn more_threads_than_slots_add_to_one_series() {
    let (registry, _) = registry(RegistryConfig::default());
    let family = registry.counter_family("c", ["a"]).unwrap();
    let together = std::sync::Barrier::new(150);
    thread::scope(|scope| {
        for thread in 0..150_usize {
            let (family, together) = (&family, &together);
            scope.spawn(move || {
                family.add([&(thread % 7).to_string()], 1);
                together.wait();
                (0..2000).for_each(|i| family.add([&((thread + i) % 7).to_string()], 1));
                together.wait();
            });
        }
    });
    let mut ledger = Ledger::default();
    ledger.collect(&registry);
    assert_eq!(ledger.sum(), 150.0 * 2001.0);
    assert_eq!(ledger.last.len(), 7);
}

#[test]
fn adds_while_the_thread_local_storage_goes_are_kept() {
    struct Late(RefCell<Option<CounterFamily<1>>>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(family) = self.0.take() {
                (0..3000).for_each(|i| family.add([&(i % 3).to_string()], 1));
            }
        }
    }
    thread_local! {
        static BEFORE: Late = const { Late(RefCell::new(None)) };
        static AFTER: Late = const { Late(RefCell::new(None)) };
    }
    let (registry, _) = registry(RegistryConfig::default());
    let family = registry.counter_family("c", ["a"]).unwrap();
    for _ in 0..20 {
        let family = family.clone();
        thread::spawn(move || {
            BEFORE.with(|late| *late.0.borrow_mut() = Some(family.clone()));
            (0..2000).for_each(|i| family.add([&(i % 3).to_string()], 1));
            AFTER.with(|late| *late.0.borrow_mut() = Some(family.clone()));
        })
        .join()
        .unwrap();
    }
    let mut ledger = Ledger::default();
    ledger.collect(&registry);
    assert_eq!(ledger.sum(), 20.0 * 8000.0);
}
