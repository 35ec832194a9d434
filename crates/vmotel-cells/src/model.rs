//! The model of slot hand-over, lazy allocation and reads, explored by loom.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p vmotel-cells --release --lib model`

use loom::{sync::Arc, thread};

use crate::{chunk::Chunk, slot::SlotTable};

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
