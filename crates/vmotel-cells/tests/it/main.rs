//! Exactness of cells under threads that come and go.
#![cfg(not(loom))]

use std::{
    cell::RefCell,
    sync::{Barrier, mpsc},
    thread,
};

use proptest::prelude::*;
use vmotel_cells::{Cells, Counter};

#[test]
fn a_thousand_short_lived_threads_lose_nothing() {
    let cells = Cells::new();
    let (counter, float, up_down) = (cells.counter(), cells.float_counter(), cells.up_down_counter());
    let histogram = cells.histogram([0.5, 1.5, 2.5]).unwrap();
    for round in 0..10_u64 {
        thread::scope(|scope| {
            for t in 0..100_u64 {
                let (counter, float, up_down, histogram) = (&counter, &float, &up_down, &histogram);
                scope.spawn(move || {
                    // Some threads stay below the warm-up, some go far beyond it.
                    for i in 0..(t * 37 + round) {
                        counter.add(i);
                        float.add(0.25);
                        up_down.add(if i % 2 == 0 { 3 } else { -2 });
                        histogram.record((i % 4) as f64);
                    }
                });
            }
        });
    }
    let adds = || (0..10_u64).flat_map(|round| (0..100_u64).map(move |t| t * 37 + round));
    let total: u64 = adds().sum();
    assert_eq!(counter.get(), adds().map(|n| (0..n).sum::<u64>()).sum::<u64>());
    assert_eq!(float.get(), total as f64 * 0.25);
    assert_eq!(
        up_down.get(),
        adds()
            .map(|n| (0..n as i64)
                .map(|i| if i % 2 == 0 { 3 } else { -2 })
                .sum::<i64>())
            .sum::<i64>()
    );
    let expected: Vec<u64> = (0..4)
        .map(|b| adds().map(|n| (0..n).filter(|i| i % 4 == b).count() as u64).sum())
        .collect();
    assert_eq!(histogram.snapshot().counts(), expected);
    assert_eq!(histogram.snapshot().count(), total);
}

#[test]
fn more_live_threads_than_slots_stay_exact() {
    const THREADS: usize = 150;
    let counter = Cells::new().counter();
    let together = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                counter.add(1);
                together.wait();
                (0..10_000).for_each(|_| counter.add(1));
                together.wait();
            });
        }
    });
    assert_eq!(counter.get(), THREADS as u64 * 10_001);
}

#[test]
fn adds_while_the_thread_local_storage_goes_are_kept() {
    struct Late(RefCell<Option<Counter>>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(counter) = self.0.take() {
                (0..3000).for_each(|_| counter.add(1));
            }
        }
    }
    thread_local! {
        static BEFORE: Late = const { Late(RefCell::new(None)) };
        static AFTER: Late = const { Late(RefCell::new(None)) };
    }
    let counter = Cells::new().counter();
    for _ in 0..20 {
        let counter = counter.clone();
        thread::spawn(move || {
            BEFORE.with(|late| *late.0.borrow_mut() = Some(counter.clone()));
            (0..2000).for_each(|_| counter.add(1));
            AFTER.with(|late| *late.0.borrow_mut() = Some(counter.clone()));
        })
        .join()
        .unwrap();
    }
    assert_eq!(counter.get(), 20 * (2000 + 3000 + 3000));
}

#[test]
fn a_panic_keeps_what_was_added() {
    let counter = Cells::new().counter();
    let inner = counter.clone();
    let result = thread::spawn(move || {
        (0..5000).for_each(|_| inner.add(1));
        panic!("on purpose");
    })
    .join();
    assert!(result.is_err());
    assert_eq!(counter.get(), 5000);
}

#[test]
fn reads_beside_writers_never_run_backwards() {
    let counter = Cells::new().counter();
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let counter = &counter;
        let reader = scope.spawn(move || {
            let mut last = 0;
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let now = counter.get();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        for _ in 0..20 {
            thread::scope(|scope| {
                (0..4).for_each(|_| drop(scope.spawn(|| (0..20_000).for_each(|_| counter.add(1)))));
            });
        }
        drop(stop);
        reader.join().unwrap();
    });
    assert_eq!(counter.get(), 20 * 4 * 20_000);
}

/// The long form; `cargo xtask test --deep` runs it.
#[test]
#[ignore = "deep run: a billion adds"]
fn a_billion_adds_are_exact() {
    let counter = Cells::new().counter();
    thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| (0..125_000_000).for_each(|_| counter.add(1)))));
    });
    assert_eq!(counter.get(), 1_000_000_000);
}

proptest! {
    #[test]
    fn buckets_agree_with_a_linear_search(
        mut bounds in proptest::collection::vec(-1e6_f64..1e6, 0..40),
        values in proptest::collection::vec(-2e6_f64..2e6, 0..200),
    ) {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let histogram = Cells::new().histogram(bounds.clone()).unwrap();
        let mut expected = vec![0_u64; bounds.len() + 1];
        for value in values.iter().chain(&bounds) {
            histogram.record(*value);
            let bucket = bounds.iter().position(|bound| value <= bound).unwrap_or(bounds.len());
            expected[bucket] += 1;
        }
        prop_assert_eq!(histogram.snapshot().counts().to_vec(), expected);
    }
}

#[test]
fn odd_values_and_bounds() {
    let cells = Cells::new();
    let histogram = cells.histogram([0.0]).unwrap();
    assert!(!histogram.record(f64::NAN));
    assert!(histogram.record(f64::INFINITY));
    assert!(histogram.record(f64::NEG_INFINITY));
    assert!(histogram.record_weighted(-0.0, 5));
    assert_eq!(histogram.snapshot().counts(), [6, 1]);
    for (bounds, message) in [
        (
            vec![1.0, f64::NAN],
            "histogram bound NaN: expected a finite number",
        ),
        (
            vec![f64::INFINITY],
            "histogram bound inf: expected a finite number",
        ),
        (
            vec![1.0, 1.0],
            "histogram bound 1: expected more than the bound before it, 1",
        ),
        (
            vec![2.0, 1.0],
            "histogram bound 1: expected more than the bound before it, 2",
        ),
    ] {
        assert_eq!(cells.histogram(bounds).unwrap_err().to_string(), message);
    }
}

#[test]
fn blocks_sum_what_many_threads_add_to_each_cell() {
    let block = vmotel_cells::Block::new(100);
    thread::scope(|scope| {
        for t in 0..90_usize {
            let block = &block;
            scope.spawn(move || (0..3000).for_each(|i| block.add((t + i) % 100, 1)));
        }
    });
    let mut sums = vec![0; 100];
    block.for_each_part(100, |part| {
        part.iter().zip(&mut sums).for_each(|(bits, sum)| *sum += bits)
    });
    assert_eq!(sums, [2700; 100]);
    assert!((0..100).all(|cell| block.fold(cell, |bits| bits, u64::wrapping_add) == 2700));
}

#[test]
fn a_guarded_value_stays_while_it_is_read() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    struct Counted(u64, Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0 = u64::MAX;
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let guarded = vmotel_cells::Guarded::new(Counted(0, Arc::clone(&dropped)));
    // More threads than slots, so that some pin in the other way.
    thread::scope(|scope| {
        for _ in 0..80 {
            scope.spawn(|| {
                let mut last = 0;
                for _ in 0..500 {
                    let pin = vmotel_cells::pin();
                    let nested = vmotel_cells::pin();
                    let value = guarded.get(&pin);
                    let now = value.0;
                    assert!(now >= last && now <= 2000, "{now} after {last}");
                    drop(nested);
                    thread::yield_now();
                    assert_eq!(value.0, now);
                    last = now;
                }
            });
        }
        for n in 1..=2000 {
            guarded.replace(Counted(n, Arc::clone(&dropped)));
        }
    });
    guarded.tidy();
    assert_eq!(dropped.load(Ordering::Relaxed), 2000, "all but the last");
    drop(guarded);
    assert_eq!(dropped.load(Ordering::Relaxed), 2001);
}

#[test]
fn windows_count_every_record_of_every_thread_while_they_widen() {
    let windows = vmotel_cells::Windows::new(3, 200);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let total = |at: usize| {
        let mut counts = vec![0; 200];
        let sum = windows.read(at, |class, count| counts[class as usize] += count);
        (counts, sum)
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let now = total(1).0.iter().sum::<u64>();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        // More than there are slots, one generation after the other.
        for generation in 0..3_u32 {
            let threads: Vec<_> = (0..80_u32)
                .map(|t| {
                    let windows = &windows;
                    scope.spawn(move || {
                        for i in 0..1000_u32 {
                            let class = (t * 7 + i * (i % 13) + generation) % 200;
                            windows.record((i % 3) as usize, class, f64::from(class));
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().unwrap();
    });
    for at in 0..3 {
        let mut expected = vec![0; 200];
        for (generation, t, i) in
            (0..3).flat_map(|g| (0..80).flat_map(move |t| (0..1000).map(move |i| (g, t, i))))
        {
            if i % 3 == at as u32 {
                expected[((t * 7 + i * (i % 13) + generation) % 200) as usize] += 1;
            }
        }
        let sum: u64 = (0..200).zip(&expected).map(|(class, count)| class * count).sum();
        assert_eq!(total(at), (expected, sum as f64));
    }
    windows.clear(1);
    assert_eq!(total(1), (vec![0; 200], 0.0));
    windows.add(1, 7, 5, 35.0);
    windows.record(1, 1_000_000, 1.0);
    let (counts, sum) = total(1);
    assert_eq!((counts[7], counts[199], sum), (5, 1, 36.0));
}

/// The classes of values by the definition, as big integers would give them: `2^(class/2^scale) < value <= 2^((class+1)/2^scale)`.
fn class_by_definition(value: f64, scale: i8) -> i32 {
    // At scale -10 to 0 bounds are powers of two, and doubles hold them exactly.
    let base = 2_f64.powi(1 << -scale.min(0));
    let (mut class, mut bound) = (0, 1.0_f64);
    if scale <= 0 {
        while value > bound * base {
            (class, bound) = (class + 1, bound * base);
        }
        while value <= bound {
            (class, bound) = (class - 1, bound / base);
        }
        return class;
    }
    // Above, the double nearest to the bound decides; no test value lies as near as that.
    let exact = value.log2() * f64::from(1 << scale);
    exact.ceil() as i32 - 1
}

#[test]
fn exponential_histograms_agree_with_the_definition_whoever_records() {
    use vmotel_cells::{ExponentialCounts, Exponentials};

    // Their ranges differ, so that threads come to different scales.
    let values = |t: u32| {
        (1..600_u32).map(move |i| {
            let magnitude = match i % 31 {
                0 => 2_f64.powi((i % 9 + t % 7) as i32 - 5),
                _ => f64::from(i * (t % 7 + 1) * 3) / f64::from(1 << (t % 11)),
            };
            if i % 29 == 0 {
                0.0
            } else if i % 5 == 0 {
                -magnitude
            } else {
                magnitude
            }
        })
    };
    for (max_size, max_scale) in [(160, 20), (40, 20), (8, 3), (2, 20), (300, 0)] {
        let histograms = Exponentials::new(2, max_size, max_scale);
        let stop = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut last, mut counts) = (0, ExponentialCounts::default());
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    histograms.read(1, &mut counts);
                    assert!(counts.count() >= last, "{} after {last}", counts.count());
                    last = counts.count();
                }
            });
            // More than there are slots.
            let threads: Vec<_> = (0..80)
                .map(|t| {
                    scope.spawn({
                        let histograms = &histograms;
                        move || values(t).for_each(|value| histograms.record(1, value))
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            reader.join().unwrap();
        });
        let mut counts = ExponentialCounts::default();
        histograms.read(1, &mut counts);
        let all: Vec<f64> = (0..80).flat_map(values).collect();
        // The highest scale at which both signs fit.
        let class_range = |negative: bool, scale| {
            let classes = all.iter().filter(|v| **v != 0.0 && (**v < 0.0) == negative);
            let classes: Vec<_> = classes.map(|v| class_by_definition(v.abs(), scale)).collect();
            (*classes.iter().min().unwrap(), *classes.iter().max().unwrap())
        };
        let fits = |scale: &i8| {
            [false, true].into_iter().all(|negative| {
                let (low, high) = class_range(negative, *scale);
                high - low < max_size as i32
            })
        };
        let scale = (-10..=max_scale).rev().find(fits).unwrap();
        assert_eq!(counts.scale, scale, "size {max_size}");
        assert_eq!(
            counts.zero,
            all.iter().filter(|value| **value == 0.0).count() as u64
        );
        assert_eq!(counts.sum, all.iter().sum::<f64>());
        for (negative, run) in [(false, &counts.positive), (true, &counts.negative)] {
            let (low, high) = class_range(negative, scale);
            let mut expected = vec![0; (high - low + 1) as usize];
            for value in all
                .iter()
                .filter(|value| **value != 0.0 && (**value < 0.0) == negative)
            {
                expected[(class_by_definition(value.abs(), scale) - low) as usize] += 1;
            }
            assert_eq!((run.start, &run.counts), (low, &expected), "size {max_size}");
        }
        histograms.read(0, &mut counts);
        assert_eq!(counts.count(), 0, "the other histogram");
        // Cleared, it begins at the highest scale again.
        histograms.clear(1);
        histograms.record(1, 1.5);
        histograms.read(1, &mut counts);
        assert_eq!((counts.scale, counts.count(), counts.sum), (max_scale, 1, 1.5));
    }
}

#[test]
fn the_largest_and_smallest_doubles_fit_into_two_classes() {
    use vmotel_cells::{ExponentialCounts, Exponentials};

    let histograms = Exponentials::new(1, 2, 20);
    let mut counts = ExponentialCounts::default();
    // Often enough that the thread has windows of its own.
    for round in 1..400 {
        for value in [
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            1.0,
            f64::MIN,
            -1.0,
            f64::INFINITY,
        ] {
            histograms.record(0, value);
        }
        histograms.read(0, &mut counts);
        assert_eq!(counts.scale, -10);
        assert_eq!(
            (counts.positive.start, &counts.positive.counts),
            (-1, &vec![3 * round, 2 * round])
        );
        assert_eq!(
            (counts.negative.start, &counts.negative.counts),
            (-1, &vec![round, round])
        );
    }
}
