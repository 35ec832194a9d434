//! What a measurement does to the values of a family.

use crate::store::{Explicit, Exponential, Lasts, Store, Sums, Value64, Vmranges, is_usable};

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

impl<T: Measured, const OBSERVED: bool> Measure<T> for Lasts<T, OBSERVED> {
    #[inline(always)]
    fn is_usable(value: T, _: bool) -> bool {
        value.is_finite()
    }
    #[inline(always)]
    fn measure(&self, (): &(), at: usize, value: T) {
        self.set(at, value);
    }
}

/// Generates histograms for both number types.
macro_rules! histogram {
    ($store:ty, $is_usable:expr, $record:expr) => {
        impl Measure<f64> for $store {
            #[inline(always)]
            fn is_usable(value: f64, _: bool) -> bool {
                const IS_USABLE: fn(f64) -> bool = $is_usable;
                value.is_finite() && IS_USABLE(value)
            }
            #[inline(always)]
            fn measure(&self, shape: &Self::Shape, at: usize, value: f64) {
                const RECORD: fn(&$store, &<$store as Store>::Shape, usize, f64) = $record;
                RECORD(self, shape, at, value);
            }
        }

        impl Measure<u64> for $store {
            #[inline(always)]
            fn is_usable(_: u64, _: bool) -> bool {
                true
            }
            #[inline(always)]
            #[expect(clippy::cast_precision_loss, reason = "buckets and sums are doubles")]
            fn measure(&self, shape: &Self::Shape, at: usize, value: u64) {
                Measure::<f64>::measure(self, shape, at, value as f64);
            }
        }
    };
}

histogram!(Explicit, |_| true, |store, bounds, at, value| {
    store.record(bounds, at, value)
});
histogram!(Exponential, |_| true, |store, _, at, value| store
    .record(at, value));
histogram!(Vmranges, is_usable, |store, (), at, value| store
    .record(at, value));
