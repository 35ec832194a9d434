//! Handles of single cells.

use std::{fmt, ptr::NonNull, sync::Arc};

use crate::{
    cells::Run,
    chunk::Chunk,
    slot,
    sync::{AtomicU64, Ordering},
};

/// One or more cells, with the pointer to their chunk at hand.
#[derive(Clone)]
pub(crate) struct Handle {
    /// Points into `run.chunk`.
    chunk: NonNull<Chunk>,
    /// Less than the chunk's length.
    offset: usize,
    run: Arc<Run>,
}

// SAFETY: `chunk` points into the chunk that `run` owns, and a `Chunk` is `Send` and `Sync` (it consists of atomics).
unsafe impl Send for Handle {}
// SAFETY: as above; all methods take `&self` and go through atomics.
unsafe impl Sync for Handle {}

impl Handle {
    pub(crate) fn new(run: Arc<Run>) -> Self {
        Self {
            chunk: NonNull::from(&*run.chunk),
            offset: run.offset,
            run,
        }
    }

    #[inline(always)]
    fn chunk(&self) -> &Chunk {
        // SAFETY: `self.run` keeps the chunk alive and in place (it is behind an `Arc`).
        unsafe { self.chunk.as_ref() }
    }

    /// Changes the cell `index` of this handle.
    #[inline(always)]
    pub(crate) fn update(&self, index: usize, change: impl Fn(u64) -> u64) {
        self.update_with(index, move |value| (change(value), ()));
    }

    /// Changes the cell `index` of this handle and returns what `change` returns beside the new value.
    #[inline(always)]
    pub(crate) fn update_with<R>(&self, index: usize, change: impl Fn(u64) -> (u64, R)) -> R {
        debug_assert!(index < self.run.len, "index within the run");
        let offset = self.offset + index;
        // SAFETY: `current` returns at most `SLOTS`, and a run lies within its chunk.
        match unsafe { self.chunk().private_cell(slot::current(), offset) } {
            // The current thread is the only writer of this cell: it owns the slot.
            Some(cell) => {
                let (new, result) = change(cell.load(Ordering::Relaxed));
                cell.store(new, Ordering::Relaxed);
                result
            }
            None => self.update_slowly(offset, change),
        }
    }

    #[cold]
    #[inline(never)]
    fn update_slowly<R>(&self, offset: usize, change: impl Fn(u64) -> (u64, R)) -> R {
        self.chunk().update(slot::enter(), offset, change)
    }

    pub(crate) fn fold<T: Copy>(&self, index: usize, from: impl Fn(u64) -> T, add: impl Fn(T, T) -> T) -> T {
        self.chunk().fold(self.offset + index, from, add)
    }

    fn shared(&self) -> &AtomicU64 {
        self.chunk().base(self.offset)
    }
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Clones share the value. It is readable at any time, from any thread.
        #[derive(Clone)]
        pub struct $name(Handle);

        impl $name {
            pub(crate) fn new(run: Arc<Run>) -> Self {
                Self(Handle::new(run))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.get()).finish()
            }
        }
    };
}

handle! {
    /// A sum of `u64` that wraps at 2^64.
    Counter
}

impl Counter {
    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.update(0, move |value| value.wrapping_add(n));
    }

    /// Returns the sum of all adds.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.fold(0, |bits| bits, u64::wrapping_add)
    }
}

handle! {
    /// A sum of `i64` that wraps.
    UpDownCounter
}

impl UpDownCounter {
    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        self.0
            .update(0, move |value| value.wrapping_add(n.cast_unsigned()));
    }

    /// Returns the sum of all adds.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.fold(0, u64::cast_signed, i64::wrapping_add)
    }
}

handle! {
    /// A sum of `f64`; its error is within n × 2^-53 of the sum of magnitudes.
    FloatCounter
}

impl FloatCounter {
    /// Adds `n`. NaN and infinities are added as they are: whoever accepts them from outside checks first.
    #[inline]
    pub fn add(&self, n: f64) {
        self.0.update(0, move |bits| (f64::from_bits(bits) + n).to_bits());
    }

    /// Returns the sum of all adds.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.0.fold(0, f64::from_bits, |a, b| a + b)
    }
}

handle! {
    /// An `f64` that is set; the last write wins.
    Gauge
}

impl Gauge {
    /// Sets the value.
    #[inline]
    pub fn set(&self, value: f64) {
        self.0.shared().store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds `n` to the value, by compare and exchange.
    pub fn add(&self, n: f64) {
        let cell = self.0.shared();
        let mut seen = cell.load(Ordering::Relaxed);
        while let Err(now) = cell.compare_exchange_weak(
            seen,
            (f64::from_bits(seen) + n).to_bits(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        ) {
            seen = now;
        }
    }

    /// Returns the value.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.shared().load(Ordering::Relaxed))
    }
}
