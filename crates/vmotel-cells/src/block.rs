//! A fixed number of cells by index, without a handle for each.

use std::fmt;

use crate::{
    address::settled,
    chunk::Chunk,
    slot,
    sync::{AtomicU64, Ordering},
};

/// Cells by index, for those who manage many: no handle, no allocation and no reference count per cell.
///
/// The values behave as those of [`Cells`](crate::Cells): writes of a thread go to its own cells once there were 1024 into this
/// block, and to shared ones before. Which cell means what is the caller's matter.
///
/// # Examples
/// ```
/// use vmotel_cells::Block;
///
/// let block = Block::new(3);
/// block.add(1, 5);
/// block.add(1, 2);
/// let mut sums = [0; 3];
/// block.for_each_part(3, |part| part.iter().zip(&mut sums).for_each(|(bits, sum)| *sum += bits));
/// assert_eq!(sums, [0, 7, 0]);
/// assert_eq!(block.fold(1, |bits| bits, u64::wrapping_add), 7);
/// ```
pub struct Block(Chunk);

/// Writes of a thread into a block before it gets private cells there.
const PATIENCE: u16 = 1024;

impl Block {
    /// Creates `len` cells at zero.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self(Chunk::new(len, PATIENCE))
    }

    /// Returns the number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes the current thread's part of a cell, which is 64 bits at zero in the beginning.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    #[inline(always)]
    pub fn update(&self, index: usize, change: impl Fn(u64) -> u64) {
        if index < self.0.len() {
            // SAFETY: `current` returns at most `SLOTS`, and the index was checked.
            if let Some(cell) = unsafe { self.0.private_cell(slot::current(), index) } {
                // The current thread is the only writer of this cell: it owns the slot.
                cell.store(change(cell.load(Ordering::Relaxed)), Ordering::Relaxed);
                return;
            }
        }
        self.update_slowly(index, change);
    }

    #[cold]
    #[inline(never)]
    fn update_slowly(&self, index: usize, change: impl Fn(u64) -> u64) {
        self.0
            .update(slot::enter(), index, move |bits| (change(bits), ()));
    }

    /// Adds to a cell that holds a wrapping integer.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    #[inline(always)]
    pub fn add(&self, index: usize, n: u64) {
        self.update(index, move |sum| sum.wrapping_add(n));
    }

    /// Adds to a cell that holds the bits of a double.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    #[inline(always)]
    pub fn add_f64(&self, index: usize, n: f64) {
        self.update(index, move |bits| (f64::from_bits(bits) + n).to_bits());
    }

    /// Adds one to a cell that holds a whole number and `value` to another that holds the bits of a double, with one look for both.
    ///
    /// # Panics
    /// Panics if an index is not below `self.len()`.
    ///
    /// # Examples
    /// ```
    /// let block = vmotel_cells::Block::new(2);
    /// block.count(0, 1, 2.5);
    /// block.count(0, 1, 0.25);
    /// assert_eq!(block.fold(0, |bits| bits, u64::wrapping_add), 2);
    /// assert_eq!(block.fold(1, f64::from_bits, |a, b| a + b), 2.75);
    /// ```
    #[inline(always)]
    pub fn count(&self, number: usize, sum: usize, value: f64) {
        if let Some(own) = self.0.private_cells(slot::current())
            && let (Some(number), Some(sum)) = (own.get(number), own.get(sum))
        {
            // The current thread is the only writer of these cells: it owns the slot.
            let (number, sum) = (settled(number), settled(sum));
            number.store(number.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            let total = f64::from_bits(sum.load(Ordering::Relaxed)) + value;
            sum.store(total.to_bits(), Ordering::Relaxed);
            return;
        }
        self.update_slowly(number, |count| count.wrapping_add(1));
        self.update_slowly(sum, |bits| (f64::from_bits(bits) + value).to_bits());
    }

    /// Returns the shared part of a cell, for values that are set by all threads.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    #[must_use]
    #[inline]
    pub fn shared(&self, index: usize) -> &AtomicU64 {
        self.0.base(index)
    }

    /// Folds the parts of a cell: the shared one first, then those of the threads.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    #[must_use]
    #[inline]
    pub fn fold<T: Copy>(&self, index: usize, from: impl Fn(u64) -> T, add: impl Fn(T, T) -> T) -> T {
        self.0.fold(index, from, add)
    }

    /// Calls `f` with the first `len` cells as each writer left them: the shared parts first, then those of each thread.
    ///
    /// Folding them one array after the other is quicker than cell by cell.
    ///
    /// # Panics
    /// Panics if `len > self.len()`.
    #[inline]
    pub fn for_each_part(&self, len: usize, f: impl FnMut(Part<'_>)) {
        self.0.for_each_part(len, f);
    }

    /// Sets all parts of a cell to zero; a write of another thread at that moment may be lost.
    ///
    /// # Panics
    /// Panics if `index >= self.len()`.
    pub fn clear(&self, index: usize) {
        self.0.clear(index);
    }
}

/// The cells of a [`Block`] as one writer left them.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a>(pub(crate) &'a [AtomicU64]);

impl<'a> Part<'a> {
    /// Returns the bits of all cells in order.
    #[inline(always)]
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = u64> + 'a {
        self.0.iter().map(|cell| cell.load(Ordering::Relaxed))
    }

    /// Returns `width` cells after the other.
    #[inline(always)]
    pub fn chunks(self, width: usize) -> impl Iterator<Item = Self> {
        self.0.chunks_exact(width).map(Self)
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Block").field(&self.0).finish()
    }
}
