//! The memory of a registry: bounded per series, and flat while series come and go. Alone in its process, as it counts all of it.
#![expect(unsafe_code, reason = "an allocator that counts")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc, Barrier, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use vmotel_model::{Clock, Family, MetricSink, MetricSource, Number, Point, Series, Timestamp, VisitConfig};
use vmotel_registry::{CounterFamily, Registry, RegistryConfig};

struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Tests of this file run one after the other.
static TURN: Mutex<()> = Mutex::new(());

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug, Default)]
struct ManualClock(AtomicU64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Adds up counters, and knows which it has seen last.
#[derive(Default)]
struct Sum {
    series: u64,
    value: u64,
    labels: usize,
}

impl MetricSink for Sum {
    fn family(&mut self, _: &Family<'_>) {}

    fn series(&mut self, series: &Series<'_>) {
        if let Point::Number(Number::U64(n)) = series.point {
            self.series += 1;
            self.value += n;
            self.labels += series.text.map_or(0, |text| text.labels().len());
        }
    }
}

fn collect(registry: &Registry, config: &VisitConfig) -> Sum {
    let snapshot = registry.snapshot(config);
    let mut sum = Sum::default();
    (0..snapshot.len()).for_each(|index| snapshot.visit(index, &mut sum));
    sum
}

fn add(family: &CounterFamily<3>, i: usize) {
    let mut path = [0_u8; 32];
    // Without an allocation of its own.
    let text = {
        use std::io::Write as _;
        let mut rest = &mut path[..];
        let _ = write!(rest, "/api/v1/users/{}", i / 3);
        let len = 32 - rest.len();
        std::str::from_utf8(&path[..len]).unwrap_or_default()
    };
    family.add([["GET", "POST", "PUT"][i % 3], text, "200"], 1);
}

const LABELS: [&str; 3] = ["method", "path", "status_code"];

/// What a series takes in all, after `threads` have written to each of them so often that they have cells of their own.
fn bytes_per_series(threads: usize, ready_text: bool) -> usize {
    const SERIES: usize = 100_000;
    let before = BYTES.load(Ordering::Relaxed);
    let registry = Registry::with_config(RegistryConfig {
        per_metric: SERIES,
        ready_text,
        ..RegistryConfig::default()
    });
    let family = registry
        .counter_family("http_requests_total", LABELS)
        .expect("a name");
    (0..SERIES).for_each(|i| add(&family, i));
    // All at one time: a thread that ends hands its cells on.
    let all = Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                (0..3 * SERIES).for_each(|i| add(&family, i % SERIES));
                all.wait();
            });
        }
    });
    assert_eq!(collect(&registry, &VisitConfig::default()).series, SERIES as u64);
    (BYTES.load(Ordering::Relaxed) - before) / SERIES
}

#[test]
fn the_bytes_of_a_series_with_three_labels_are_few() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (threads, ready_text, limit) in [
        (0, true, 132),
        (1, true, 140),
        (2, true, 148),
        (4, true, 165),
        (0, false, 76),
        (1, false, 84),
    ] {
        let bytes = bytes_per_series(threads, ready_text);
        println!("{bytes} bytes per series, written often by {threads} threads, ready text: {ready_text}");
        assert!(
            bytes <= limit,
            "{bytes} bytes per series, expected at most {limit}"
        );
    }
}

#[test]
fn a_collection_allocates_nothing_for_series_it_has_seen() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let registry = Registry::new();
    let family = registry.counter_family("c", LABELS).unwrap();
    (0..10_000).for_each(|i| add(&family, i));
    let config = VisitConfig::default();
    (0..2).for_each(|_| assert_eq!(collect(&registry, &config).value, 10_000));
    (0..10_000).for_each(|i| add(&family, i));
    let before = CALLS.load(Ordering::Relaxed);
    assert_eq!(collect(&registry, &config).value, 20_000);
    // The snapshot is a box, whatever is in it.
    assert_eq!(CALLS.load(Ordering::Relaxed) - before, 1);
}

/// Distinct label sets one after the other, each used once, beside ten that live on.
fn soak(sets: usize, per_collection: usize) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let clock = Arc::new(ManualClock::default());
    let registry = Registry::with_clock(
        RegistryConfig {
            per_metric: 10 * per_collection,
            total: 10 * per_collection,
            idle: Some(Duration::from_secs(5)),
            ..RegistryConfig::default()
        },
        Arc::<ManualClock>::clone(&clock),
    );
    let family = registry.counter_family("c", LABELS).expect("a name");
    let live = registry.counter_family("live", ["a"]).expect("a name");
    let config = VisitConfig::default();
    let names: Vec<String> = (0..10).map(|i| format!("live{i}")).collect();
    let mut peak_early = 0;
    let mut peak = 0;
    for i in 0..sets {
        add(&family, i);
        live.add([&names[i % 10]], 1);
        if i % per_collection == per_collection - 1 {
            clock.0.fetch_add(2_000_000_000, Ordering::Relaxed);
            collect(&registry, &config);
            peak = peak.max(BYTES.load(Ordering::Relaxed));
            if i < sets / 5 {
                peak_early = peak;
            }
        }
    }
    assert_eq!(registry.stats().overflowed, 0);
    assert!(registry.stats().removed as usize > sets - 10 * per_collection);
    assert!(
        peak as f64 <= peak_early as f64 * 1.05,
        "{peak} bytes after {peak_early}"
    );
    let totals: u64 = names.iter().map(|name| live.with([name]).get()).sum();
    assert_eq!(totals, sets as u64, "no increment of a live series is lost");
}

#[test]
fn memory_stays_flat_while_a_quarter_of_a_million_series_come_and_go() {
    soak(250_000, 5_000);
}

/// `cargo xtask test --deep`
#[test]
#[ignore = "deep run: ten million label sets"]
fn memory_stays_flat_while_ten_million_series_come_and_go() {
    soak(10_000_000, 100_000);
}
