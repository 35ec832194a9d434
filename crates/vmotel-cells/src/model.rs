//! The models of slot hand-over, lazy allocation and reads, of pins, and of windows, explored by loom.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p vmotel-cells --release --lib model`

use loom::{
    cell::UnsafeCell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering, fence},
    },
    thread,
};

use crate::{
    chunk::Chunk,
    line::Line,
    slot::SlotTable,
    window::{Span, Window, increase},
};

/// Each thread takes a slot (or goes without), adds, and returns it; a reader looks in between.
fn model(writers: u64, adds: u64) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let table = Arc::new(SlotTable::new());
        let chunk = Arc::new(Chunk::new(1, 1));
        let threads: Vec<_> = (0..writers)
            .map(|_| {
                let (table, chunk) = (Arc::clone(&table), Arc::clone(&chunk));
                thread::spawn(move || {
                    let slot = table.acquire();
                    for _ in 0..adds {
                        chunk.update(slot.unwrap_or(usize::MAX), 0, |value| (value + 1, ()));
                    }
                    if let Some(slot) = slot {
                        table.release(slot);
                    }
                })
            })
            .collect();
        let sum = || chunk.fold(0, |bits| bits, |a, b| a + b);
        let early = sum();
        let later = sum();
        assert!(early <= later && later <= writers * adds);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(), writers * adds);
    });
}

#[test]
fn one_writer_moves_from_the_base_to_private_cells() {
    model(1, 3);
}

#[test]
fn two_writers_share_or_hand_over_a_slot() {
    model(2, 2);
}

/// Two values, and which of them is the current one: what `Guarded` has behind its pointer.
struct Values {
    line: Line,
    current: AtomicUsize,
    values: [UnsafeCell<u64>; 2],
}

/// One thread reads the current value under pins; the other replaces it, and takes the former one back once no pin that was held
/// then is left. Loom fails if the value is changed while it may be read, or if the change is not ordered behind the read.
///
/// `membarrier` makes other threads pass a fence, which loom does not know: each pin has one of its own here, as on systems without it.
#[test]
fn nothing_is_taken_back_while_a_pin_may_reach_it() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let shared = Arc::new(Values {
            line: Line::new(),
            current: AtomicUsize::new(0),
            values: [UnsafeCell::new(7), UnsafeCell::new(8)],
        });
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..2 {
                    assert!(shared.line.hold());
                    assert!(!shared.line.hold(), "one inside of it goes another way");
                    fence(Ordering::SeqCst);
                    let current = shared.current.load(Ordering::Acquire);
                    // SAFETY: loom fails if it is written meanwhile.
                    let value = shared.values[current].with(|value| unsafe { *value });
                    assert_eq!(value, 7 + current as u64);
                    shared.line.release();
                }
            })
        };
        // Unreachable first, then the grace period, then taken back.
        shared.current.store(1, Ordering::Release);
        fence(Ordering::SeqCst);
        let held = shared.line.held();
        while held.is_some_and(|count| !shared.line.has_gone(count)) {
            thread::yield_now();
        }
        // SAFETY: loom fails if it is read meanwhile.
        shared.values[0].with_mut(|value| unsafe { *value = 0 });
        reader.join().unwrap();
    });
}

/// The owner counts in classes that make the window another one twice, at last at a lower scale; a reader never sees less than before,
/// and at the end all.
#[test]
fn a_window_is_replaced_under_its_reader() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let shared = Arc::new((Window::new(1), Mutex::new(())));
        let owner = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (window, reading) = &*shared;
                for (class, start, len, scale) in [(4, 4, 1, 1), (4, 4, 1, 1), (3, 3, 2, 1), (9, 1, 4, 0)] {
                    let has = |class: i32| window.span().index(class >> (1 - window.span().scale));
                    if has(class).is_none() {
                        window.replace(Span { start, len, scale }, reading);
                    }
                    let index = has(class).unwrap();
                    // SAFETY: this thread is the owner, and the window holds the index.
                    increase(unsafe { window.cell(index) }, 1);
                }
            })
        };
        let (window, reading) = &*shared;
        let read = || {
            let _reading = reading.lock().unwrap();
            let mut counts = Vec::new();
            // SAFETY: the lock is held.
            unsafe { window.read(|scale, class, count| counts.push((scale, class, count))) };
            counts
        };
        let sum = |counts: &[(i8, i32, u64)]| counts.iter().map(|(.., count)| count).sum::<u64>();
        let (early, later) = (sum(&read()), sum(&read()));
        assert!(early <= later && later <= 4, "{early} {later}");
        owner.join().unwrap();
        assert_eq!(read(), [(0, 1, 1), (0, 2, 2), (0, 4, 1)]);
    });
}
