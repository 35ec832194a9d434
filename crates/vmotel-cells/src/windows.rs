//! Histograms of many classes of which few are used: windows that grow.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error},
    fmt,
    ptr::{self, NonNull},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicPtr, AtomicU16, AtomicU64, Ordering},
    },
};

use crate::slot::{self, SLOTS};

/// Records of a thread into these windows that go to the shared ones before it gets private ones.
const PATIENCE: u16 = 256;

/// Windows begin and end at a multiple of this.
const STEP: u32 = 4;

/// Partial sums, chosen by class: adds to different ones need not wait for each other.
const SUMS: usize = 4;

/// Histograms by index, with classes 0 to `classes - 1`; each thread keeps, for each histogram, a window around the classes it has met.
///
/// The first and the last class, which stand for what is out of range, lie beside the window, so that they do not widen it. A record is
/// two loads, adds and stores in memory of the thread's own; one outside of its window widens it by a copy.
///
/// # Examples
/// ```
/// use vmotel_cells::Windows;
///
/// let histograms = Windows::new(2, 100);
/// [(40, 1.0), (41, 1.5), (40, 1.25)].map(|(class, value)| histograms.record(1, class, value));
/// let mut counts = Vec::new();
/// let sum = histograms.read(1, |class, count| counts.push((class, count)));
/// assert_eq!((counts, sum), (vec![(40, 2), (41, 1)], 3.75));
/// ```
pub struct Windows {
    /// Null, or the first of `len` parts that this owns. The last entry is null for ever.
    private: [AtomicPtr<Part>; SLOTS + 1],
    warm_up: [AtomicU16; SLOTS],
    /// For writers without private parts.
    shared: Box<[OnceLock<Box<Mutex<Shared>>>]>,
    /// Windows that were widened, and may still be read by one who holds the lock.
    retired: Mutex<Vec<Retired>>,
    classes: u32,
}

/// What one thread has recorded into one histogram; written by the owner of the slot only.
#[repr(align(64))]
struct Part {
    /// Null, or the cells of the window.
    cells: AtomicPtr<AtomicU64>,
    /// The first class of the window, and in the high half their number; for the owner.
    span: AtomicU64,
    first: AtomicU64,
    last: AtomicU64,
    sums: [AtomicU64; SUMS],
}

#[derive(Default)]
struct Shared {
    start: u32,
    counts: Vec<u64>,
    first: u64,
    last: u64,
    sum: f64,
}

/// A window: its first class and length, then its cells.
struct Retired(NonNull<AtomicU64>);

// SAFETY: it is the only one who knows the window, which consists of atomics.
unsafe impl Send for Retired {}

/// Words before the cells of a window: they repeat its span, so that whoever reads the pointer reads what belongs to it.
const HEAD: usize = 1;

fn layout(len: usize) -> Layout {
    Layout::array::<AtomicU64>(HEAD + len).unwrap_or_else(|_| handle_alloc_error(Layout::new::<AtomicU64>()))
}

const fn span(start: u32, len: u32) -> u64 {
    start as u64 | (len as u64) << 32
}

/// Returns the first class and the length.
const fn unpack(span: u64) -> (u32, usize) {
    (span as u32, (span >> 32) as usize)
}

/// Allocates a window at zero; returns its cells.
fn allocate(start: u32, len: usize) -> NonNull<AtomicU64> {
    let layout = layout(len);
    // SAFETY: the layout is not empty, as it has a head.
    let head = unsafe { alloc_zeroed(layout) }.cast::<AtomicU64>();
    let Some(head) = NonNull::new(head) else {
        handle_alloc_error(layout);
    };
    // SAFETY: the memory holds at least the head, and zero is a value of it.
    unsafe { head.as_ref() }.store(span(start, len as u32), Ordering::Relaxed);
    // SAFETY: the cells follow the head within the same allocation.
    unsafe { head.add(HEAD) }
}

/// Returns the first class and the cells of a window.
///
/// # Safety
/// `cells` came from [`allocate`] and is not freed while the result lives.
unsafe fn window<'a>(cells: NonNull<AtomicU64>) -> (u32, &'a [AtomicU64]) {
    // SAFETY: the head lies before the cells.
    let head = unsafe { cells.sub(HEAD) };
    // SAFETY: as the caller promises.
    let (start, len) = unpack(unsafe { head.as_ref() }.load(Ordering::Relaxed));
    // SAFETY: `len` cells follow the head.
    (start, unsafe { std::slice::from_raw_parts(cells.as_ptr(), len) })
}

/// Frees a window.
///
/// # Safety
/// `cells` came from [`allocate`], and nobody uses it any more.
unsafe fn free(cells: NonNull<AtomicU64>) {
    // SAFETY: as the caller promises.
    let len = unsafe { window(cells) }.1.len();
    // SAFETY: the head lies before the cells and is where the allocation begins.
    let head = unsafe { cells.sub(HEAD) };
    // SAFETY: it was allocated with this layout.
    unsafe { dealloc(head.as_ptr().cast(), layout(len)) };
}

#[inline(always)]
fn increase(cell: &AtomicU64, n: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

impl Windows {
    /// Creates `len` histograms of so many classes.
    #[must_use]
    pub fn new(len: usize, classes: u32) -> Self {
        Self {
            private: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            warm_up: std::array::from_fn(|_| AtomicU16::new(0)),
            shared: (0..len).map(|_| OnceLock::new()).collect(),
            retired: Mutex::default(),
            classes,
        }
    }

    /// Returns the number of histograms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Returns true if there is no histogram.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts one record of a class and adds its value to the sum. A class that is none counts as the last one.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    #[inline(always)]
    pub fn record(&self, at: usize, class: u32, value: f64) {
        let Some(part) = self.part(slot::current(), at) else {
            return self.record_slowly(at, class, value);
        };
        let (start, len) = unpack(part.span.load(Ordering::Relaxed));
        let index = class.wrapping_sub(start) as usize;
        if index >= len {
            return self.record_slowly(at, class, value);
        }
        // SAFETY: the slot is the current thread's, and the window holds `index`.
        increase(unsafe { part.cell(index) }, 1);
        part.add(class, value);
    }

    /// Returns the part of a slot's owner.
    #[inline(always)]
    fn part(&self, slot: usize, at: usize) -> Option<&Part> {
        let parts = self.private.get(slot)?.load(Ordering::Acquire);
        if parts.is_null() || at >= self.shared.len() {
            return None;
        }
        // SAFETY: a pointer that is not null points to `len` parts.
        let part = unsafe { parts.add(at) };
        // SAFETY: they live, in place, until `self` is dropped.
        Some(unsafe { &*part })
    }

    #[cold]
    #[inline(never)]
    fn record_slowly(&self, at: usize, class: u32, value: f64) {
        assert!(at < self.len(), "histogram {at} of {}", self.len());
        let class = class.min(self.classes.saturating_sub(1));
        let slot = slot::enter();
        self.warm(slot);
        let Some(part) = self.part(slot, at) else {
            let mut shared = self.lock_shared(at);
            *shared.count(class, self.classes) += 1;
            shared.sum += value;
            return;
        };
        if class == 0 {
            increase(&part.first, 1);
        } else if class + 1 == self.classes {
            increase(&part.last, 1);
        } else {
            self.widen(part, class);
            let (start, _) = unpack(part.span.load(Ordering::Relaxed));
            let index = (class - start) as usize;
            // SAFETY: the slot is the current thread's, and the window has been widened to hold the class.
            increase(unsafe { part.cell(index) }, 1);
        }
        part.add(class, value);
    }

    fn lock_shared(&self, at: usize) -> std::sync::MutexGuard<'_, Shared> {
        self.shared[at]
            .get_or_init(Box::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a record of `slot`; allocates its parts when there were enough, and it has none yet.
    fn warm(&self, slot: usize) {
        let Some(warm_up) = self.warm_up.get(slot) else {
            return;
        };
        let seen = warm_up.load(Ordering::Relaxed);
        if seen < PATIENCE {
            warm_up.store(seen + 1, Ordering::Relaxed);
        } else if self.private[slot].load(Ordering::Relaxed).is_null() {
            let parts: Box<[Part]> = (0..self.len()).map(|_| Part::default()).collect();
            // Release: a reader that sees the pointer sees parts at zero. Only the slot's owner stores here.
            self.private[slot].store(Box::into_raw(parts).cast(), Ordering::Release);
        }
    }

    /// Makes the window of a part, whose owner is the current thread, hold a class.
    fn widen(&self, part: &Part, class: u32) {
        let (start, len) = unpack(part.span.load(Ordering::Relaxed));
        let end = start + len as u32;
        if len > 0 && (start..end).contains(&class) {
            return;
        }
        let to = (class + 1).next_multiple_of(STEP);
        let from = class - class % STEP;
        let (new_start, new_end) = if len == 0 {
            (from, to)
        } else {
            (from.min(start), to.max(end))
        };
        let new = allocate(new_start, (new_end - new_start) as usize);
        let old = NonNull::new(part.cells.load(Ordering::Relaxed));
        if let Some(old) = old {
            // SAFETY: the old window is freed only after it was replaced, below.
            let (_, old_cells) = unsafe { window(old) };
            // SAFETY: nobody else knows the new one yet.
            let (_, new_cells) = unsafe { window(new) };
            let new_cells = &new_cells[(start - new_start) as usize..];
            for (old, new) in old_cells.iter().zip(new_cells) {
                new.store(old.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        part.span
            .store(span(new_start, new_end - new_start), Ordering::Relaxed);
        // Release: a reader that sees the window sees what was copied into it.
        part.cells.store(new.as_ptr(), Ordering::Release);
        if let Some(old) = old {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.push(Retired(old));
        }
    }

    /// Calls `f` with each class that has records, and their number, in no order and maybe several times for one class; returns the sum.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn read(&self, at: usize, mut f: impl FnMut(u32, u64)) -> f64 {
        let mut each = |class: u32, count: u64| {
            if count > 0 {
                f(class, count);
            }
        };
        let mut sum = 0.0;
        if let Some(shared) = self.shared[at].get() {
            let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            each(0, shared.first);
            (shared.start..)
                .zip(&shared.counts)
                .for_each(|(class, count)| each(class, *count));
            each(self.classes.saturating_sub(1), shared.last);
            sum += shared.sum;
        }
        // Held while windows are read: those that are replaced meanwhile wait for it.
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in 0..SLOTS {
            let Some(part) = self.part(slot, at) else {
                continue;
            };
            each(0, part.first.load(Ordering::Relaxed));
            if let Some(cells) = NonNull::new(part.cells.load(Ordering::Acquire)) {
                // SAFETY: windows are freed by one who holds the lock only.
                let (start, cells) = unsafe { window(cells) };
                (start..)
                    .zip(cells)
                    .for_each(|(class, cell)| each(class, cell.load(Ordering::Relaxed)));
            }
            each(self.classes.saturating_sub(1), part.last.load(Ordering::Relaxed));
            let bits = part.sums.iter().map(|sum| sum.load(Ordering::Relaxed));
            sum += bits.map(f64::from_bits).sum::<f64>();
        }
        for Retired(cells) in retired.drain(..) {
            // SAFETY: it was replaced, so that only one who held the lock could still read it; that is the current thread, which is done.
            unsafe { free(cells) };
        }
        sum
    }

    /// Adds records of a class, and to the sum.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn add(&self, at: usize, class: u32, count: u64, sum: f64) {
        let mut shared = self.lock_shared(at);
        let cell = shared.count(class.min(self.classes.saturating_sub(1)), self.classes);
        *cell = cell.wrapping_add(count);
        shared.sum += sum;
    }

    /// Sets a histogram to zero; a record of another thread at that moment may be lost.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn clear(&self, at: usize) {
        if let Some(shared) = self.shared[at].get() {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = Shared::default();
        }
        let _reading = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        for part in (0..SLOTS).filter_map(|slot| self.part(slot, at)) {
            if let Some(cells) = NonNull::new(part.cells.load(Ordering::Acquire)) {
                // SAFETY: windows are freed by one who holds the lock only.
                let (_, cells) = unsafe { window(cells) };
                cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
            }
            for cell in [&part.first, &part.last].into_iter().chain(&part.sums) {
                cell.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl Shared {
    fn count(&mut self, class: u32, classes: u32) -> &mut u64 {
        if class == 0 {
            return &mut self.first;
        }
        if class + 1 == classes {
            return &mut self.last;
        }
        if self.counts.is_empty() {
            self.start = class;
        }
        if class < self.start {
            let more = (self.start - class) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.start = class;
        }
        let index = (class - self.start) as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        &mut self.counts[index]
    }
}

impl Default for Part {
    fn default() -> Self {
        Self {
            cells: AtomicPtr::new(ptr::null_mut()),
            span: AtomicU64::new(0),
            first: AtomicU64::new(0),
            last: AtomicU64::new(0),
            sums: Default::default(),
        }
    }
}

impl Part {
    /// Returns a cell of the window, counted from its first class.
    ///
    /// # Safety
    /// The current thread owns the slot of this part, and `index` is less than the length in its span.
    #[inline(always)]
    unsafe fn cell(&self, index: usize) -> &AtomicU64 {
        // SAFETY: the span is that of the window behind the pointer, as both are changed by the owner of the slot only.
        let cell = unsafe { self.cells.load(Ordering::Relaxed).add(index) };
        // SAFETY: the window is freed only after the owner has replaced it.
        unsafe { &*cell }
    }

    #[inline(always)]
    fn add(&self, class: u32, value: f64) {
        let sum = &self.sums[class as usize % SUMS];
        let new = f64::from_bits(sum.load(Ordering::Relaxed)) + value;
        sum.store(new.to_bits(), Ordering::Relaxed);
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        for pointer in &self.private {
            let parts = pointer.load(Ordering::Acquire);
            if parts.is_null() {
                continue;
            }
            let parts = ptr::slice_from_raw_parts_mut(parts, self.shared.len());
            // SAFETY: the pointer came from `Box::into_raw` of a slice of this length and is dropped once, here.
            let parts = unsafe { Box::from_raw(parts) };
            for part in &parts {
                if let Some(cells) = NonNull::new(part.cells.load(Ordering::Acquire)) {
                    // SAFETY: nobody else is left to use it.
                    unsafe { free(cells) };
                }
            }
        }
        let retired = self.retired.get_mut().unwrap_or_else(PoisonError::into_inner);
        for Retired(cells) in retired.drain(..) {
            // SAFETY: nobody else is left to use it.
            unsafe { free(cells) };
        }
    }
}

impl fmt::Debug for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows")
            .field("len", &self.len())
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}
