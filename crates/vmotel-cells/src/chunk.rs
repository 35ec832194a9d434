//! A chunk of cells: the shared base, and a private array per thread slot.

use std::{fmt, ptr};

use crate::{
    address::settled,
    block::Part,
    memory::zeroed,
    slot::SLOTS,
    sync::{AtomicPtr, AtomicU16, AtomicU64, Ordering},
};

/// Cells per cache-line pair: private arrays are aligned to it, so that two threads never share a line.
const LINE: usize = 16;

#[repr(align(128))]
struct Line(#[expect(dead_code, reason = "reached by pointer")] [AtomicU64; LINE]);

/// A fixed number of cells, written by up to [`SLOTS`] single writers and any number of shared ones.
pub(crate) struct Chunk {
    /// Null, or the first of `lines` lines that this chunk owns. The last entry is null for ever.
    private: [AtomicPtr<Line>; SLOTS + 1],
    /// Writes that each slot has sent to the base; only the slot's owner writes it.
    warm_up: [AtomicU16; SLOTS],
    /// A bit for each slot with private cells, so that a read visits no others.
    present: AtomicU64,
    base: Box<[AtomicU64]>,
    lines: usize,
    /// Writes of one slot that go to the base before private cells are allocated.
    patience: u16,
}

impl Chunk {
    /// Returns a chunk of `len` cells at zero, whose first `patience` writes of each slot go to the base.
    pub(crate) fn new(len: usize, patience: u16) -> Self {
        Self {
            private: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            warm_up: std::array::from_fn(|_| AtomicU16::new(0)),
            present: AtomicU64::new(0),
            base: zeroed(len),
            lines: len.div_ceil(LINE),
            patience,
        }
    }

    /// Returns the number of cells.
    pub(crate) fn len(&self) -> usize {
        self.base.len()
    }

    /// Returns the cell of `slot` at `offset` if the slot has private cells here.
    ///
    /// # Safety
    /// `slot <= SLOTS` and `offset < self.len()`.
    #[inline(always)]
    pub(crate) unsafe fn private_cell(&self, slot: usize, offset: usize) -> Option<&AtomicU64> {
        // SAFETY: the caller keeps `slot` within the array.
        let lines = unsafe { self.private.get_unchecked(slot) }.load(Ordering::Acquire);
        if lines.is_null() {
            return None;
        }
        // SAFETY: a pointer that is not null points to `self.lines` lines, and `offset` is less than `self.lines * LINE`. A
        // line is an array of cells without padding.
        let cell = unsafe { lines.cast::<AtomicU64>().add(offset) };
        // SAFETY: the lines live, in place, until `self` is dropped.
        Some(settled(unsafe { &*cell }))
    }

    /// Returns the private cells of `slot`, if it has any here.
    #[inline(always)]
    pub(crate) fn private_cells(&self, slot: usize) -> Option<&[AtomicU64]> {
        let lines = self.private.get(slot)?.load(Ordering::Acquire);
        if lines.is_null() {
            return None;
        }
        // SAFETY: a pointer that is not null points to `self.lines` lines, which hold at least as many cells as the base and live, in
        // place, until `self` is dropped. A line is an array of cells without padding.
        Some(unsafe { std::slice::from_raw_parts(lines.cast::<AtomicU64>(), self.base.len()) })
    }

    /// Changes the cell at `offset` for the owner of `slot`: its private cell by load and store, else the base. Returns what
    /// `change` returns beside the new value.
    ///
    /// The caller is the one owner of `slot`, or passes a slot of [`SLOTS`] or more to mean that it has none.
    ///
    /// # Panics
    /// Panics if `offset >= self.len()`.
    pub(crate) fn update<R>(&self, slot: usize, offset: usize, change: impl Fn(u64) -> (u64, R)) -> R {
        assert!(offset < self.len(), "offset within the chunk");
        if slot < SLOTS {
            self.warm(slot);
            // SAFETY: both were checked above.
            if let Some(cell) = unsafe { self.private_cell(slot, offset) } {
                let (new, result) = change(cell.load(Ordering::Relaxed));
                cell.store(new, Ordering::Relaxed);
                return result;
            }
        }
        let base = &self.base[offset];
        let mut seen = base.load(Ordering::Relaxed);
        loop {
            let (new, result) = change(seen);
            match base.compare_exchange_weak(seen, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return result,
                Err(now) => seen = now,
            }
        }
    }

    /// Counts a write of `slot`; allocates its private cells when there were enough, and it has none yet.
    fn warm(&self, slot: usize) {
        let seen = self.warm_up[slot].load(Ordering::Relaxed);
        if seen < self.patience {
            self.warm_up[slot].store(seen + 1, Ordering::Relaxed);
            return;
        }
        // Only the owner of the slot stores here.
        if !self.private[slot].load(Ordering::Relaxed).is_null() {
            return;
        }
        let lines: Box<[Line]> = (0..self.lines)
            .map(|_| Line(std::array::from_fn(|_| AtomicU64::new(0))))
            .collect();
        // Release: a reader that sees the pointer sees cells at zero. Only the slot's owner stores here.
        self.private[slot].store(Box::into_raw(lines).cast::<Line>(), Ordering::Release);
        self.present.fetch_or(1 << slot, Ordering::Release);
    }

    /// Returns the base cell at `offset`.
    ///
    /// # Panics
    /// Panics if `offset >= self.len()`.
    pub(crate) fn base(&self, offset: usize) -> &AtomicU64 {
        &self.base[offset]
    }

    /// Folds the parts of the cell at `offset`: the base first, then the private cells in slot order.
    ///
    /// # Panics
    /// Panics if `offset >= self.len()`.
    pub(crate) fn fold<T: Copy>(&self, offset: usize, from: impl Fn(u64) -> T, add: impl Fn(T, T) -> T) -> T {
        let mut total = from(self.base(offset).load(Ordering::Relaxed));
        self.for_each_private(offset, |cell| {
            total = add(total, from(cell.load(Ordering::Relaxed)))
        });
        total
    }

    /// Calls `f` with the first `len` cells of the base, then with those of each slot that has private cells.
    ///
    /// # Panics
    /// Panics if `len > self.len()`.
    pub(crate) fn for_each_part(&self, len: usize, mut f: impl FnMut(Part<'_>)) {
        f(Part(&self.base[..len]));
        let mut present = self.present.load(Ordering::Acquire);
        while present != 0 {
            let slot = present.trailing_zeros() as usize;
            present &= present - 1;
            let lines = self.private[slot].load(Ordering::Acquire);
            if lines.is_null() {
                continue;
            }
            // SAFETY: a pointer that is not null points to `self.lines` lines, which live, in place, until `self` is dropped;
            // `len` cells lie within them, as they do within the base, and a line is an array of cells without padding.
            f(Part(unsafe {
                std::slice::from_raw_parts(lines.cast::<AtomicU64>(), len)
            }));
        }
    }

    /// Sets every part of the cell at `offset` to zero. Nobody else may use that cell.
    pub(crate) fn clear(&self, offset: usize) {
        self.base(offset).store(0, Ordering::Relaxed);
        self.for_each_private(offset, |cell| cell.store(0, Ordering::Relaxed));
    }

    fn for_each_private(&self, offset: usize, mut f: impl FnMut(&AtomicU64)) {
        assert!(offset < self.len(), "offset within the chunk");
        let mut present = self.present.load(Ordering::Acquire);
        while present != 0 {
            let slot = present.trailing_zeros() as usize;
            present &= present - 1;
            // SAFETY: a bit's index is within the array, and the offset was checked above.
            if let Some(cell) = unsafe { self.private_cell(slot, offset) } {
                f(cell);
            }
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        for pointer in &self.private {
            let lines = pointer.load(Ordering::Acquire);
            if !lines.is_null() {
                let lines = ptr::slice_from_raw_parts_mut(lines, self.lines);
                // SAFETY: the pointer came from `Box::into_raw` of a slice of `self.lines` lines and is dropped once, here.
                drop(unsafe { Box::from_raw(lines) });
            }
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let private = self
            .private
            .iter()
            .filter(|p| !p.load(Ordering::Relaxed).is_null())
            .count();
        f.debug_struct("Chunk")
            .field("len", &self.len())
            .field("private", &private)
            .finish()
    }
}
