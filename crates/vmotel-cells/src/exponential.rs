//! Base-2 exponential histograms.

mod counts;

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

pub use self::counts::{ExponentialCounts, ExponentialRun};
use crate::{
    parts::Parts,
    slot,
    sync::{AtomicU64, Ordering},
    window::{Span, Window, increase},
};

/// The finest scale: classes of the finest scale are what values are turned into first.
const MAX_SCALE: i8 = 20;

/// The coarsest scale, at which all doubles of a sign lie in two classes.
const MIN_SCALE: i8 = -10;

/// Records of a thread into these histograms that go to the shared ones before it gets private ones.
const PATIENCE: u16 = 256;

/// Classes of the first window.
const FIRST: u32 = 4;

/// Partial sums, chosen by class: adds to different ones need not wait for each other.
const SUMS: usize = 2;

/// Base-2 exponential histograms by index (OpenTelemetry data model, "ExponentialHistogram"): classes whose bounds are powers of
/// `2^(2^-scale)`, at most `max_size` of each sign. A histogram whose values do not fit any more goes over to a lower scale.
///
/// Each thread keeps, for each histogram, a window for each sign, at a scale of its own; a read brings them to the lowest. As classes
/// of a lower scale are unions of those of a higher one, the result does not depend on who recorded what. A record is a logarithm
/// and two loads, adds and stores in memory of the thread's own; one outside of its window replaces that by a copy. Memory is bounded by 16
/// bytes × `max_size` for each histogram and thread that records often.
///
/// # Examples
/// ```
/// use vmotel_cells::{ExponentialCounts, Exponentials};
///
/// let histograms = Exponentials::new(2, 160, 20);
/// [1.5, 0.0, -3.0, 1000.0].map(|value| histograms.record(1, value));
/// let mut counts = ExponentialCounts::default();
/// histograms.read(1, &mut counts);
/// assert_eq!((counts.scale, counts.zero, counts.sum, counts.count()), (4, 1, 998.5, 4));
/// assert_eq!(counts.positive.counts.len(), 151, "from the class of 1.5 to that of 1000");
/// ```
pub struct Exponentials {
    parts: Parts<Part>,
    /// For writers without private parts.
    shared: Box<[OnceLock<Box<Mutex<ExponentialCounts>>>]>,
    /// Held while windows are read or freed.
    reading: Mutex<()>,
    max_size: u32,
    max_scale: i8,
}

/// What one thread has recorded into one histogram; written by the owner of the slot only.
#[repr(align(64))]
struct Part {
    positive: Window,
    /// By magnitude. Its scale is that of the positive one.
    negative: Window,
    zero: AtomicU64,
    sums: [AtomicU64; SUMS],
}

impl Exponentials {
    /// The sizes that can be asked for.
    pub const SIZES: std::ops::RangeInclusive<u32> = 2..=4096;

    /// The scales that can be asked for.
    pub const SCALES: std::ops::RangeInclusive<i8> = MIN_SCALE..=MAX_SCALE;

    /// Creates `len` histograms of up to `max_size` classes of each sign, of this scale or lower ones.
    ///
    /// What lies outside of [`Exponentials::SIZES`] or [`Exponentials::SCALES`] is brought to the nearest end.
    #[must_use]
    pub fn new(len: usize, max_size: u32, max_scale: i8) -> Self {
        Self {
            parts: Parts::new(len, PATIENCE),
            shared: (0..len).map(|_| OnceLock::new()).collect(),
            reading: Mutex::default(),
            max_size: max_size.clamp(*Self::SIZES.start(), *Self::SIZES.end()),
            max_scale: max_scale.clamp(MIN_SCALE, MAX_SCALE),
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

    /// Records a value, which is to be finite: what is not counts as the largest double. Denormal values count as the smallest
    /// normal one.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    #[inline]
    pub fn record(&self, at: usize, value: f64) {
        let class = finest(value);
        let Some(part) = self.parts.get(slot::current(), at) else {
            return self.record_slowly(at, value, class);
        };
        if value == 0.0 {
            return increase(&part.zero, 1);
        }
        let window = part.of(value);
        let span = window.span();
        let Some(index) = span.index(class >> (MAX_SCALE - span.scale)) else {
            return self.record_slowly(at, value, class);
        };
        // SAFETY: the slot is the current thread's, and the window holds `index`.
        increase(unsafe { window.cell(index) }, 1);
        part.add(class, value);
    }

    #[cold]
    #[inline(never)]
    fn record_slowly(&self, at: usize, value: f64, class: i32) {
        assert!(at < self.len(), "histogram {at} of {}", self.len());
        let slot = slot::enter();
        self.parts.warm(slot, || Part::new(self.max_scale));
        let Some(part) = self.parts.get(slot, at) else {
            let mut shared = self.lock_shared(at);
            shared.sum += value;
            if value == 0.0 {
                shared.zero = shared.zero.wrapping_add(1);
            } else {
                shared.add(value < 0.0, MAX_SCALE, class, 1, self.max_size);
            }
            return;
        };
        if value == 0.0 {
            return increase(&part.zero, 1);
        }
        self.fit(part, value, class);
        let window = part.of(value);
        let span = window.span();
        if let Some(index) = span.index(class >> (MAX_SCALE - span.scale)) {
            // SAFETY: the slot is the current thread's, and the window holds `index`.
            increase(unsafe { window.cell(index) }, 1);
            part.add(class, value);
        }
    }

    /// Makes the window of a part, whose owner is the current thread, hold the class of a value, at a lower scale if it must.
    fn fit(&self, part: &Part, value: f64, class: i32) {
        let window = part.of(value);
        let before = window.span();
        let class = class >> (MAX_SCALE - before.scale);
        if before.index(class).is_some() {
            return;
        }
        let (mut low, mut high) = (class, class);
        window.for_each(|used, _| (low, high) = (low.min(used), high.max(used)));
        let coarser = coarser(low, high, self.max_size, before.scale);
        let scale = before.scale - coarser as i8;
        (low, high) = (low >> coarser, high >> coarser);
        // Where it grows, it grows to twice its length, so that it grows seldom.
        let used = (high - low) as u32 + 1;
        let len = used.max((before.len * 2).max(FIRST)).min(self.max_size);
        let more = (len - used).cast_signed();
        let start = if class >> coarser == low { low - more } else { low };
        window.replace(Span { start, len, scale }, &self.reading);
        if coarser > 0 {
            let other = part.of(-value);
            let Span { start, len, .. } = other.span();
            let end = start + len.cast_signed();
            let (start, last) = (start >> coarser, (end - 1) >> coarser);
            let len = if len == 0 { 0 } else { (last - start) as u32 + 1 };
            other.replace(Span { start, len, scale }, &self.reading);
        }
    }

    fn lock_shared(&self, at: usize) -> std::sync::MutexGuard<'_, ExponentialCounts> {
        self.shared[at]
            .get_or_init(|| Box::new(Mutex::new(ExponentialCounts::at(self.max_scale))))
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a histogram.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn read(&self, at: usize, counts: &mut ExponentialCounts) {
        counts.reset(self.max_scale);
        if let Some(shared) = self.shared[at].get() {
            let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            counts.merge(&shared, self.max_size);
        }
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for part in self.parts.all(at) {
            let zero = part.zero.load(Ordering::Relaxed);
            counts.zero = counts.zero.wrapping_add(zero);
            let bits = part.sums.iter().map(|sum| sum.load(Ordering::Relaxed));
            counts.sum += bits.map(f64::from_bits).sum::<f64>();
            for (negative, window) in [(false, &part.positive), (true, &part.negative)] {
                // SAFETY: the lock is held.
                unsafe {
                    window
                        .read(|scale, class, count| counts.add(negative, scale, class, count, self.max_size));
                }
            }
        }
    }

    /// Adds what was recorded elsewhere.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn add(&self, at: usize, counts: &ExponentialCounts) {
        self.lock_shared(at).merge(counts, self.max_size);
    }

    /// Sets a histogram to zero, at the highest scale; a record of another thread at that moment may be lost.
    ///
    /// # Panics
    /// Panics if `at >= self.len()`.
    pub fn clear(&self, at: usize) {
        if let Some(shared) = self.shared[at].get() {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.reset(self.max_scale);
        }
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for part in self.parts.all(at) {
            for window in [&part.positive, &part.negative] {
                // SAFETY: the lock is held.
                unsafe { window.clear(self.max_scale) };
            }
            for cell in [&part.zero].into_iter().chain(&part.sums) {
                cell.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl Part {
    fn new(scale: i8) -> Self {
        Self {
            positive: Window::new(scale),
            negative: Window::new(scale),
            zero: AtomicU64::new(0),
            sums: Default::default(),
        }
    }

    /// Returns the window for the sign of a value.
    #[inline(always)]
    fn of(&self, value: f64) -> &Window {
        if value < 0.0 {
            &self.negative
        } else {
            &self.positive
        }
    }

    #[inline(always)]
    fn add(&self, class: i32, value: f64) {
        let sum = &self.sums[class as usize % SUMS];
        let new = f64::from_bits(sum.load(Ordering::Relaxed)) + value;
        sum.store(new.to_bits(), Ordering::Relaxed);
    }
}

/// Returns by how much the scale has to go down for the classes from `low` to `high` to be at most `max_size`.
fn coarser(low: i32, high: i32, max_size: u32, scale: i8) -> u32 {
    let most = (scale - MIN_SCALE).max(0) as u32;
    let fits = |by: &u32| ((high >> by) - (low >> by)) < max_size.cast_signed();
    (0..most).find(fits).unwrap_or(most)
}

/// Returns the class of a magnitude at the finest scale: bounds are upper ones. Classes of lower scales are its higher bits.
#[inline(always)]
fn finest(value: f64) -> i32 {
    const MANTISSA: u32 = f64::MANTISSA_DIGITS - 1;
    const CLASSES: i32 = 1 << MAX_SCALE;
    let magnitude = value.abs().clamp(f64::MIN_POSITIVE, f64::MAX);
    let bits = magnitude.to_bits();
    let exponent = (bits >> MANTISSA) as i32 - (f64::MAX_EXP - 1);
    let mantissa = bits & ((1 << MANTISSA) - 1);
    if mantissa == 0 {
        // A power of two is the upper bound of the class before.
        return exponent * CLASSES - 1;
    }
    // From 1 to 2. Other bounds are irrational: no double lies on them.
    let fraction = f64::from_bits(mantissa | 1.0_f64.to_bits());
    let within = (fraction.log2() * f64::from(CLASSES)) as i32;
    exponent * CLASSES + within.min(CLASSES - 1)
}

impl fmt::Debug for Exponentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exponentials")
            .field("len", &self.len())
            .field("max_size", &self.max_size)
            .field("max_scale", &self.max_scale)
            .finish_non_exhaustive()
    }
}
