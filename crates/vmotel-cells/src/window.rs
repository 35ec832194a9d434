//! Cells of adjacent classes that one thread writes: replaced as a whole when they have to be others.

use std::ptr::{self, NonNull};

use crate::{
    memory::zeroed,
    sync::{AtomicPtr, AtomicU64, Mutex, Ordering},
};

/// Which classes a window holds: `len` from `start` on. At a scale that is lower by one, two classes are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: i32,
    /// Less than 2^24.
    pub(crate) len: u32,
    pub(crate) scale: i8,
}

impl Span {
    #[inline(always)]
    const fn pack(self) -> u64 {
        self.start as u32 as u64 | (self.len as u64) << 32 | (self.scale as u8 as u64) << 56
    }

    #[inline(always)]
    const fn unpack(bits: u64) -> Self {
        Self {
            start: bits as u32 as i32,
            len: (bits >> 32) as u32 & 0xff_ffff,
            scale: (bits >> 56) as i8,
        }
    }

    /// Returns the place of a class; none if it lies outside.
    #[inline(always)]
    pub(crate) const fn index(self, class: i32) -> Option<usize> {
        let index = class.wrapping_sub(self.start) as u32;
        if index < self.len {
            Some(index as usize)
        } else {
            None
        }
    }
}

/// A window. One thread at a time, its owner, writes it; others read it under a lock, the same for all calls.
#[derive(Debug)]
pub(crate) struct Window {
    /// Null, or the cells; before them lies a word that repeats their span, so that whoever reads the pointer reads what belongs to it.
    cells: AtomicPtr<AtomicU64>,
    /// The packed span, for the owner.
    span: AtomicU64,
}

/// Words before the cells.
const HEAD: usize = 1;

impl Window {
    /// Returns a window without cells.
    pub(crate) fn new(scale: i8) -> Self {
        Self {
            cells: AtomicPtr::new(ptr::null_mut()),
            span: AtomicU64::new(Self::empty(scale)),
        }
    }

    const fn empty(scale: i8) -> u64 {
        let empty = Span {
            start: 0,
            len: 0,
            scale,
        };
        empty.pack()
    }

    /// Returns the classes that it holds. For the owner.
    #[inline(always)]
    pub(crate) fn span(&self) -> Span {
        Span::unpack(self.span.load(Ordering::Relaxed))
    }

    /// Returns a cell.
    ///
    /// # Safety
    /// The caller is the owner, and `index` is less than the length in [`Window::span`].
    #[inline(always)]
    pub(crate) unsafe fn cell(&self, index: usize) -> &AtomicU64 {
        // SAFETY: the span is that of the cells behind the pointer: both are changed by the owner, and others only set its length
        // to zero.
        let cell = unsafe { self.cells.load(Ordering::Relaxed).add(index) };
        // SAFETY: cells are freed only after the owner has replaced them.
        unsafe { &*cell }
    }

    /// Calls `f` with each class whose count is not zero. For the owner, who counts less often than it calls this.
    #[cfg(not(loom))]
    pub(crate) fn for_each(&self, f: impl FnMut(i32, u64)) {
        if let Some(cells) = NonNull::new(self.cells.load(Ordering::Relaxed)) {
            // SAFETY: the owner is the one who frees cells, after it has replaced them.
            let (span, cells) = unsafe { behind(cells) };
            if span == self.span() {
                each(span, cells, f);
            }
        }
    }

    /// Holds other classes from now on: all that have been counted, at the same scale or a lower one. For the owner.
    pub(crate) fn replace(&self, span: Span, reading: &Mutex<()>) {
        if span.len == 0 {
            self.span.store(span.pack(), Ordering::Relaxed);
            return;
        }
        let new = allocate(span);
        let old = NonNull::new(self.cells.load(Ordering::Relaxed));
        if let Some(old) = old {
            // SAFETY: the old cells are freed below.
            let (old_span, old_cells) = unsafe { behind(old) };
            // SAFETY: nobody else knows the new ones yet.
            let (_, new_cells) = unsafe { behind(new) };
            // A higher scale is that of a window that was cleared.
            if let Ok(coarser) = u32::try_from(old_span.scale - span.scale) {
                each(old_span, old_cells, |class, count| {
                    if let Some(index) = span.index(class >> coarser) {
                        increase(&new_cells[index], count);
                    }
                });
            }
        }
        self.span.store(span.pack(), Ordering::Relaxed);
        // Release: a reader that sees the cells sees what was copied into them.
        self.cells.store(new.as_ptr(), Ordering::Release);
        if let Some(old) = old {
            // Once it is free nobody reads the old ones, and nobody will.
            #[cfg(not(loom))]
            let _reading = reading.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            #[cfg(loom)]
            let _reading = reading.lock().unwrap();
            // SAFETY: they were replaced, and readers hold the lock while they read.
            unsafe { free(old) };
        }
    }

    /// Calls `f` with each class whose count is not zero, and the scale.
    ///
    /// # Safety
    /// The caller holds the lock that is passed to [`Window::replace`].
    pub(crate) unsafe fn read(&self, mut f: impl FnMut(i8, i32, u64)) {
        // Acquire: what was copied into the cells is seen.
        if let Some(cells) = NonNull::new(self.cells.load(Ordering::Acquire)) {
            // SAFETY: cells are freed under the lock only.
            let (span, cells) = unsafe { behind(cells) };
            each(span, cells, |class, count| f(span.scale, class, count));
        }
    }

    /// Sets all cells to zero, and has the owner begin anew at a scale; what it counts at that moment may be lost.
    ///
    /// # Safety
    /// As of [`Window::read`].
    #[cfg(not(loom))]
    pub(crate) unsafe fn clear(&self, scale: i8) {
        self.span.store(Self::empty(scale), Ordering::Relaxed);
        if let Some(cells) = NonNull::new(self.cells.load(Ordering::Acquire)) {
            // SAFETY: cells are freed under the lock only.
            let (_, cells) = unsafe { behind(cells) };
            cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(cells) = NonNull::new(self.cells.load(Ordering::Acquire)) {
            // SAFETY: nobody else is left to use them.
            unsafe { free(cells) };
        }
    }
}

/// Adds to a cell of which the current thread is the only writer.
#[inline(always)]
pub(crate) fn increase(cell: &AtomicU64, n: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

fn each(span: Span, cells: &[AtomicU64], mut f: impl FnMut(i32, u64)) {
    for (class, cell) in (span.start..).zip(cells) {
        let count = cell.load(Ordering::Relaxed);
        if count > 0 {
            f(class, count);
        }
    }
}

/// Allocates cells at zero.
fn allocate(span: Span) -> NonNull<AtomicU64> {
    let words = zeroed(HEAD + span.len as usize);
    words[0].store(span.pack(), Ordering::Relaxed);
    let head = NonNull::from(Box::leak(words)).cast::<AtomicU64>();
    // SAFETY: the cells follow the head within the same allocation.
    unsafe { head.add(HEAD) }
}

/// Returns the span before the cells, and the cells.
///
/// # Safety
/// `cells` came from [`allocate`] and is not freed while the result lives.
unsafe fn behind<'a>(cells: NonNull<AtomicU64>) -> (Span, &'a [AtomicU64]) {
    // SAFETY: the head lies before the cells.
    let head = unsafe { cells.sub(HEAD) };
    // SAFETY: as the caller promises.
    let span = Span::unpack(unsafe { head.as_ref() }.load(Ordering::Relaxed));
    // SAFETY: so many cells follow the head.
    let cells = unsafe { std::slice::from_raw_parts(cells.as_ptr(), span.len as usize) };
    (span, cells)
}

/// Frees cells.
///
/// # Safety
/// `cells` came from [`allocate`], and nobody uses it any more.
unsafe fn free(cells: NonNull<AtomicU64>) {
    // SAFETY: as the caller promises.
    let len = unsafe { behind(cells) }.1.len();
    // SAFETY: the head lies before the cells and is where the allocation begins.
    let head = unsafe { cells.sub(HEAD) };
    let words = ptr::slice_from_raw_parts_mut(head.as_ptr(), HEAD + len);
    // SAFETY: it was a box of so many words.
    drop(unsafe { Box::from_raw(words) });
}
