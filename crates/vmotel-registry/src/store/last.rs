//! Values that are set: gauges.

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use vmotel_model::Point;

use super::{Store, Value64};

/// Values of which the last write wins: set by whoever wants to, or observed by callbacks.
pub(crate) struct Lasts<N, const OBSERVED: bool = false> {
    values: Box<[Slot]>,
    number: PhantomData<N>,
}

struct Slot {
    bits: AtomicU64,
    /// Set by each write, so that a value that is set to what it was does not look idle.
    written: AtomicBool,
}

impl<N: Value64, const OBSERVED: bool> Lasts<N, OBSERVED> {
    #[inline]
    pub(crate) fn set(&self, at: usize, value: N) {
        let slot = &self.values[at];
        slot.bits.store(value.to_bits(), Ordering::Relaxed);
        slot.touch();
    }

    pub(crate) fn add(&self, at: usize, n: N) {
        let slot = &self.values[at];
        // The closure always returns a value, so this never fails.
        let _ = slot
            .bits
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                Some(N::from_bits(bits).plus(n).to_bits())
            });
        slot.touch();
    }

    pub(crate) fn get(&self, at: usize) -> N {
        N::from_bits(self.values[at].bits.load(Ordering::Relaxed))
    }
}

impl Slot {
    #[inline]
    fn touch(&self) {
        // The load keeps the line shared among threads that set the same gauge again and again.
        if !self.written.load(Ordering::Relaxed) {
            self.written.store(true, Ordering::Release);
        }
    }
}

impl<N: Value64, const OBSERVED: bool> Store for Lasts<N, OBSERVED> {
    type Shape = ();
    type Value = N;
    type Scratch = ();

    const NAME: &'static str = N::LAST;
    const OBSERVED: bool = OBSERVED;

    fn new(size: usize, _: &()) -> Self {
        let slot = || Slot {
            bits: AtomicU64::new(N::default().to_bits()),
            written: AtomicBool::new(false),
        };
        Self {
            values: std::iter::repeat_with(slot).take(size).collect(),
            number: PhantomData,
        }
    }

    fn read(&self, _: &(), at: usize) -> N {
        self.get(at)
    }

    fn changed(&self, _: &(), at: usize, last: &mut N) -> bool {
        let changed = self.values[at].written.swap(false, Ordering::Acquire);
        *last = self.get(at);
        changed
    }

    fn is_new(&self, _: &(), at: usize, _: &N) -> bool {
        self.values[at].written.load(Ordering::Relaxed)
    }

    fn move_on(&self, _: &(), at: usize, last: &mut N, to: &Self, to_at: usize) {
        if self.values[at].written.swap(false, Ordering::Acquire) {
            *last = self.get(at);
            to.set(to_at, *last);
        }
    }

    fn clear(&self, _: &(), at: usize) {
        self.values[at]
            .bits
            .store(N::default().to_bits(), Ordering::Relaxed);
        self.values[at].written.store(false, Ordering::Relaxed);
    }

    fn visit(&self, _: &(), len: usize, _: &mut (), mut each: impl FnMut(usize, Point<'_>)) {
        for (at, slot) in self.values[..len].iter().enumerate() {
            let value = N::from_bits(slot.bits.load(Ordering::Relaxed));
            each(at, Point::Number(value.number()));
        }
    }

    fn visit_value(_: &(), value: &N, mut each: impl FnMut(Point<'_>)) {
        each(Point::Number(value.number()));
    }
}
