//! Histograms with explicit bounds.

use std::sync::Arc;

use vmotel_cells::Block;
use vmotel_model::{HistogramPoint, Point};

use super::Store;
use crate::RegistryError;

/// Partial sums, chosen by bucket: adds to different ones need not wait for each other.
const SUMS: usize = 4;

/// Up to so many bounds, as many as OpenTelemetry's own, are searched in four steps without a branch.
const FEW: usize = 15;

/// The upper bounds of a family's histograms.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    pub(crate) all: Arc<[f64]>,
    /// If they are few, all of them, and +Inf behind the last.
    few: [f64; FEW],
}

impl Bounds {
    pub(crate) fn new(all: impl Into<Arc<[f64]>>) -> Self {
        let all = all.into();
        let mut few = [f64::INFINITY; FEW];
        few.iter_mut().zip(&*all).for_each(|(to, bound)| *to = *bound);
        Self { all, few }
    }

    #[inline(always)]
    fn bucket(&self, value: f64) -> usize {
        if self.all.len() > FEW {
            return self.all.partition_point(|bound| value > *bound);
        }
        [8, 4, 2, 1].into_iter().fold(0, |below, step| {
            below + step * usize::from(value > self.few[below + step - 1])
        })
    }

    /// Cells of one histogram: a count per bucket, and the sums.
    #[inline(always)]
    fn width(&self) -> usize {
        self.all.len() + 1 + SUMS
    }
}

/// Histograms of adjacent cells.
pub(crate) struct Explicit {
    cells: Block,
}

/// What was read of a histogram.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) counts: Vec<u64>,
    pub(crate) sum: f64,
}

impl Explicit {
    /// Records a value that is not NaN.
    #[inline(always)]
    pub(crate) fn record(&self, bounds: &Bounds, at: usize, value: f64) {
        let first = at * bounds.width();
        let bucket = bounds.bucket(value);
        let sum = first + bounds.all.len() + 1 + bucket % SUMS;
        self.cells.count(first + bucket, sum, value);
    }

    fn read_into(&self, bounds: &Bounds, at: usize, counts: &mut Vec<u64>) -> f64 {
        let (first, buckets) = (at * bounds.width(), bounds.all.len() + 1);
        counts.clear();
        let count = |cell| self.cells.fold(cell, |bits| bits, u64::wrapping_add);
        counts.extend((first..first + buckets).map(count));
        (first + buckets..first + bounds.width())
            .map(|cell| self.cells.fold(cell, f64::from_bits, |a, b| a + b))
            .sum()
    }
}

impl Store for Explicit {
    type Shape = Bounds;
    type Value = Read;
    type Scratch = Vec<u64>;

    const NAME: &'static str = "histogram with bounds";

    fn check(name: &str, bounds: &Bounds) -> Result<(), RegistryError> {
        let ascends = |pair: &&[f64]| pair[0] >= pair[1];
        let wrong = bounds.all.iter().find(|bound| !bound.is_finite()).copied();
        match wrong.or_else(|| bounds.all.windows(2).find(ascends).map(|pair| pair[1])) {
            Some(bound) => Err(RegistryError::Bounds {
                name: name.to_owned(),
                bound,
            }),
            None => Ok(()),
        }
    }

    fn same(name: &str, known: &Bounds, given: &Bounds) -> Result<(), RegistryError> {
        if known.all == given.all {
            return Ok(());
        }
        Err(RegistryError::OtherShape {
            name: name.to_owned(),
            known: format!("the bounds {:?}", known.all),
            given: format!("{:?}", given.all),
        })
    }

    fn new(size: usize, bounds: &Bounds) -> Self {
        Self {
            cells: Block::new(size * bounds.width()),
        }
    }

    fn read(&self, bounds: &Bounds, at: usize) -> Read {
        let mut counts = Vec::with_capacity(bounds.all.len() + 1);
        let sum = self.read_into(bounds, at, &mut counts);
        Read { counts, sum }
    }

    fn changed(&self, bounds: &Bounds, at: usize, last: &mut Read) -> bool {
        let before = last.counts.iter().fold(0, |sum: u64, n| sum.wrapping_add(*n));
        last.sum = self.read_into(bounds, at, &mut last.counts);
        before != last.counts.iter().fold(0, |sum: u64, n| sum.wrapping_add(*n))
    }

    fn is_new(&self, bounds: &Bounds, at: usize, last: &Read) -> bool {
        self.read(bounds, at).counts != last.counts
    }

    fn move_on(&self, bounds: &Bounds, at: usize, last: &mut Read, to: &Self, to_at: usize) {
        let now = self.read(bounds, at);
        let first = to_at * bounds.width();
        for (bucket, (now, before)) in now.counts.iter().zip(&last.counts).enumerate() {
            to.cells.add(first + bucket, now.wrapping_sub(*before));
        }
        to.cells.add_f64(first + bounds.all.len() + 1, now.sum - last.sum);
        *last = now;
    }

    fn weight(value: &Read) -> u64 {
        value.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    fn clear(&self, bounds: &Bounds, at: usize) {
        let first = at * bounds.width();
        (first..first + bounds.width()).for_each(|cell| self.cells.clear(cell));
    }

    fn visit(
        &self,
        bounds: &Bounds,
        len: usize,
        cells: &mut Vec<u64>,
        mut each: impl FnMut(usize, Point<'_>),
    ) {
        let (width, buckets) = (bounds.width(), bounds.all.len() + 1);
        cells.clear();
        cells.resize(len * width, 0);
        self.cells.for_each_part(len * width, |part| {
            for (totals, part) in cells.chunks_exact_mut(width).zip(part.chunks(width)) {
                let (counts, sums) = totals.split_at_mut(buckets);
                let mut bits = part.iter();
                for (count, bits) in counts.iter_mut().zip(&mut bits) {
                    *count = count.wrapping_add(bits);
                }
                for (sum, bits) in sums.iter_mut().zip(bits) {
                    *sum = (f64::from_bits(*sum) + f64::from_bits(bits)).to_bits();
                }
            }
        });
        for (at, cells) in cells.chunks_exact(width).enumerate() {
            let (counts, sums) = cells.split_at(buckets);
            each(
                at,
                Point::Histogram(HistogramPoint {
                    bounds: &bounds.all,
                    counts,
                    sum: Some(sums.iter().map(|bits| f64::from_bits(*bits)).sum()),
                    count: counts.iter().fold(0, |sum, count| sum.wrapping_add(*count)),
                }),
            );
        }
    }

    fn visit_value(bounds: &Bounds, value: &Read, mut each: impl FnMut(Point<'_>)) {
        each(Point::Histogram(HistogramPoint {
            bounds: &bounds.all,
            counts: &value.counts,
            sum: Some(value.sum),
            count: value.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count)),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;

    #[test]
    fn a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        for len in 0..20 {
            let bounds: Vec<f64> = (0..len).map(|n| f64::from(n * n) - 10.0).collect();
            let last = bounds.last().map_or(0.0, |last| last + 1.0);
            let around = bounds
                .iter()
                .flat_map(|bound| [bound.next_down(), *bound, bound.next_up()]);
            for value in around.chain([f64::NEG_INFINITY, -0.0, last, f64::INFINITY]) {
                let expected = bounds.iter().take_while(|bound| value > **bound).count();
                let bucket = Bounds::new(bounds.as_slice()).bucket(value);
                assert_eq!(bucket, expected, "{value} of {len} bounds");
            }
        }
    }
}
