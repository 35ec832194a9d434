//! Histograms of many classes of which few are used: windows that grow.

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::{
    parts::Parts,
    slot,
    sync::{AtomicU64, Ordering},
    window::{Span, Window, increase},
};

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
    parts: Parts<Part>,
    /// For writers without private parts.
    shared: Box<[OnceLock<Box<Mutex<Shared>>>]>,
    /// Held while windows are read or freed.
    reading: Mutex<()>,
    classes: u32,
}

/// What one thread has recorded into one histogram; written by the owner of the slot only.
#[repr(align(64))]
struct Part {
    window: Window,
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

impl Windows {
    /// Creates `len` histograms of so many classes.
    #[must_use]
    pub fn new(len: usize, classes: u32) -> Self {
        Self {
            parts: Parts::new(len, PATIENCE),
            shared: (0..len).map(|_| OnceLock::new()).collect(),
            reading: Mutex::default(),
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
        let Some(part) = self.parts.get(slot::current(), at) else {
            return self.record_slowly(at, class, value);
        };
        let Some(index) = part.window.span().index(class.cast_signed()) else {
            return self.record_slowly(at, class, value);
        };
        // SAFETY: the slot is the current thread's, and the window holds `index`.
        increase(unsafe { part.window.cell(index) }, 1);
        part.add(class, value);
    }

    #[cold]
    #[inline(never)]
    fn record_slowly(&self, at: usize, class: u32, value: f64) {
        assert!(at < self.len(), "histogram {at} of {}", self.len());
        let class = class.min(self.classes.saturating_sub(1));
        let slot = slot::enter();
        self.parts.warm(slot, Part::default);
        let Some(part) = self.parts.get(slot, at) else {
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
            self.widen(&part.window, class);
            if let Some(index) = part.window.span().index(class.cast_signed()) {
                // SAFETY: the slot is the current thread's, and the window holds `index`.
                increase(unsafe { part.window.cell(index) }, 1);
            }
        }
        part.add(class, value);
    }

    fn lock_shared(&self, at: usize) -> std::sync::MutexGuard<'_, Shared> {
        self.shared[at]
            .get_or_init(Box::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a window, whose owner is the current thread, hold a class.
    fn widen(&self, window: &Window, class: u32) {
        let Span { start, len, scale } = window.span();
        let (start, end) = (start.cast_unsigned(), start.cast_unsigned() + len);
        if len > 0 && (start..end).contains(&class) {
            return;
        }
        let to = (class + 1).next_multiple_of(STEP);
        let from = class - class % STEP;
        let (start, end) = if len == 0 {
            (from, to)
        } else {
            (from.min(start), to.max(end))
        };
        let span = Span {
            start: start.cast_signed(),
            len: end - start,
            scale,
        };
        window.replace(span, &self.reading);
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
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for part in self.parts.all(at) {
            each(0, part.first.load(Ordering::Relaxed));
            // SAFETY: the lock is held.
            unsafe {
                part.window
                    .read(|_, class, count| each(class.cast_unsigned(), count))
            };
            each(self.classes.saturating_sub(1), part.last.load(Ordering::Relaxed));
            let bits = part.sums.iter().map(|sum| sum.load(Ordering::Relaxed));
            sum += bits.map(f64::from_bits).sum::<f64>();
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
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for part in self.parts.all(at) {
            // SAFETY: the lock is held.
            unsafe { part.window.clear(0) };
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
            window: Window::new(0),
            first: AtomicU64::new(0),
            last: AtomicU64::new(0),
            sums: Default::default(),
        }
    }
}

impl Part {
    #[inline(always)]
    fn add(&self, class: u32, value: f64) {
        let sum = &self.sums[class as usize % SUMS];
        let new = f64::from_bits(sum.load(Ordering::Relaxed)) + value;
        sum.store(new.to_bits(), Ordering::Relaxed);
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
