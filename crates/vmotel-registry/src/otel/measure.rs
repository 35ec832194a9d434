//! What a measurement does to the values of a family.

use crate::store::{Explicit, Lasts, Store, Sums, Value64};

/// Values that measurements of a number type can be recorded into.
pub(super) trait Measure<T>: Store {
    /// Tells whether a number can be recorded; one that cannot is refused.
    fn is_usable(value: T, only_grows: bool) -> bool;
    fn measure(&self, shape: &Self::Shape, at: usize, value: T);
}

/// A number as instruments take it.
pub(super) trait Measured: Value64 {
    fn is_finite(self) -> bool;
    fn is_negative(self) -> bool;
}

impl Measured for u64 {
    #[inline(always)]
    fn is_finite(self) -> bool {
        true
    }
    #[inline(always)]
    fn is_negative(self) -> bool {
        false
    }
}

impl Measured for i64 {
    #[inline(always)]
    fn is_finite(self) -> bool {
        true
    }
    #[inline(always)]
    fn is_negative(self) -> bool {
        self < 0
    }
}

impl Measured for f64 {
    #[inline(always)]
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
    #[inline(always)]
    fn is_negative(self) -> bool {
        self < 0.0
    }
}

impl<T: Measured> Measure<T> for Sums<T> {
    #[inline(always)]
    fn is_usable(value: T, only_grows: bool) -> bool {
        value.is_finite() && !(only_grows && value.is_negative())
    }
    #[inline(always)]
    fn measure(&self, (): &(), at: usize, value: T) {
        self.add(at, value);
    }
}

impl<T: Measured> Measure<T> for Lasts<T> {
    #[inline(always)]
    fn is_usable(value: T, _: bool) -> bool {
        value.is_finite()
    }
    #[inline(always)]
    fn measure(&self, (): &(), at: usize, value: T) {
        self.set(at, value);
    }
}

impl Measure<f64> for Explicit {
    #[inline(always)]
    fn is_usable(value: f64, _: bool) -> bool {
        value.is_finite()
    }
    #[inline(always)]
    fn measure(&self, shape: &Self::Shape, at: usize, value: f64) {
        self.record(shape, at, value);
    }
}

impl Measure<u64> for Explicit {
    #[inline(always)]
    fn is_usable(_: u64, _: bool) -> bool {
        true
    }
    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "buckets and sums are doubles")]
    fn measure(&self, shape: &Self::Shape, at: usize, value: u64) {
        self.record(shape, at, value as f64);
    }
}
