//! Sums: counters and up-down counters.

use std::{fmt, marker::PhantomData};

use vmotel_cells::Block;
use vmotel_model::{Number, Point};

use super::Store;

/// A number of 64 bits.
pub(crate) trait Value64: Copy + PartialEq + Default + fmt::Debug + Send + Sync + 'static {
    /// What sums and set values of such numbers are called.
    const SUM: &'static str;
    const LAST: &'static str;

    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn number(self) -> Number;
    /// Returns its size as a whole number.
    fn weight(self) -> u64;
}

impl Value64 for u64 {
    const SUM: &'static str = "counter";
    const LAST: &'static str = "gauge of whole numbers";

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline(always)]
    fn number(self) -> Number {
        Number::U64(self)
    }

    fn weight(self) -> u64 {
        self
    }
}

impl Value64 for i64 {
    const SUM: &'static str = "up-down counter";
    const LAST: &'static str = "gauge of integers";

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits.cast_signed()
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.cast_unsigned()
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline(always)]
    fn number(self) -> Number {
        Number::I64(self)
    }

    fn weight(self) -> u64 {
        self.unsigned_abs()
    }
}

impl Value64 for f64 {
    const SUM: &'static str = "float counter";
    const LAST: &'static str = "gauge";

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.to_bits()
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn number(self) -> Number {
        Number::F64(self)
    }

    fn weight(self) -> u64 {
        self.abs() as u64
    }
}

/// Sums of one cell each.
pub(crate) struct Sums<N> {
    cells: Block,
    number: PhantomData<N>,
}

impl<N: Value64> Sums<N> {
    #[inline(always)]
    pub(crate) fn add(&self, at: usize, n: N) {
        self.cells.update(at, |bits| N::from_bits(bits).plus(n).to_bits());
    }

    pub(crate) fn get(&self, at: usize) -> N {
        self.cells.fold(at, N::from_bits, N::plus)
    }
}

impl<N: Value64> Store for Sums<N> {
    type Shape = ();
    type Value = N;
    type Scratch = Vec<N>;

    const NAME: &'static str = N::SUM;

    fn new(size: usize, _: &()) -> Self {
        Self {
            cells: Block::new(size),
            number: PhantomData,
        }
    }

    fn read(&self, _: &(), at: usize) -> N {
        self.get(at)
    }

    fn changed(&self, _: &(), at: usize, last: &mut N) -> bool {
        let now = self.get(at);
        let changed = now.to_bits() != last.to_bits();
        *last = now;
        changed
    }

    fn is_new(&self, _: &(), at: usize, last: &N) -> bool {
        self.get(at).to_bits() != last.to_bits()
    }

    fn move_on(&self, _: &(), at: usize, last: &mut N, to: &Self, to_at: usize) {
        let now = self.get(at);
        to.add(to_at, now.minus(*last));
        *last = now;
    }

    fn weight(value: &N) -> u64 {
        value.weight()
    }

    fn clear(&self, _: &(), at: usize) {
        self.cells.clear(at);
    }

    fn visit(&self, _: &(), len: usize, sums: &mut Vec<N>, mut each: impl FnMut(usize, Point<'_>)) {
        sums.clear();
        sums.resize(len, N::default());
        self.cells.for_each_part(len, |part| {
            for (sum, bits) in sums.iter_mut().zip(part.iter()) {
                *sum = sum.plus(N::from_bits(bits));
            }
        });
        for (at, sum) in sums.iter().enumerate() {
            each(at, Point::Number(sum.number()));
        }
    }

    fn visit_value(_: &(), value: &N, mut each: impl FnMut(Point<'_>)) {
        each(Point::Number(value.number()));
    }
}
