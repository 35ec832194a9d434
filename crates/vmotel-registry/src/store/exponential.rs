//! Base-2 exponential histograms.

use vmotel_cells::{ExponentialCounts, Exponentials};
use vmotel_model::{ExponentialBuckets, ExponentialPoint, Point};

use super::Store;
use crate::RegistryError;

/// How fine the histograms of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) max_size: u32,
    pub(crate) max_scale: i8,
}

/// Exponential histograms, at most `max_size` buckets for each sign.
pub(crate) struct Exponential {
    cells: Exponentials,
}

impl Exponential {
    /// Records a finite value.
    #[inline(always)]
    pub(crate) fn record(&self, at: usize, value: f64) {
        self.cells.record(at, value);
    }
}

impl Store for Exponential {
    type Shape = Resolution;
    type Value = ExponentialCounts;
    type Scratch = ExponentialCounts;

    const NAME: &'static str = "exponential histogram";

    fn check(name: &str, shape: &Resolution) -> Result<(), RegistryError> {
        let Resolution { max_size, max_scale } = *shape;
        if Exponentials::SIZES.contains(&max_size) && Exponentials::SCALES.contains(&max_scale) {
            return Ok(());
        }
        Err(RegistryError::Resolution {
            name: name.to_owned(),
            max_size,
            max_scale,
        })
    }

    fn same(name: &str, known: &Resolution, given: &Resolution) -> Result<(), RegistryError> {
        let text = |of: &Resolution| format!("{} buckets at scale {}", of.max_size, of.max_scale);
        if known == given {
            return Ok(());
        }
        Err(RegistryError::OtherShape {
            name: name.to_owned(),
            known: text(known),
            given: text(given),
        })
    }

    fn new(size: usize, shape: &Resolution) -> Self {
        Self {
            cells: Exponentials::new(size, shape.max_size, shape.max_scale),
        }
    }

    fn read(&self, _: &Resolution, at: usize) -> ExponentialCounts {
        let mut counts = ExponentialCounts::default();
        self.cells.read(at, &mut counts);
        counts
    }

    fn changed(&self, _: &Resolution, at: usize, last: &mut ExponentialCounts) -> bool {
        let before = last.count();
        self.cells.read(at, last);
        last.count() != before
    }

    fn is_new(&self, shape: &Resolution, at: usize, last: &ExponentialCounts) -> bool {
        self.read(shape, at).count() != last.count()
    }

    fn move_on(&self, shape: &Resolution, at: usize, last: &mut ExponentialCounts, to: &Self, to_at: usize) {
        let now = self.read(shape, at);
        to.cells.add(to_at, &now.since(last));
        *last = now;
    }

    fn weight(value: &ExponentialCounts) -> u64 {
        value.count()
    }

    fn clear(&self, _: &Resolution, at: usize) {
        self.cells.clear(at);
    }

    fn visit(
        &self,
        _: &Resolution,
        len: usize,
        counts: &mut ExponentialCounts,
        mut each: impl FnMut(usize, Point<'_>),
    ) {
        for at in 0..len {
            self.cells.read(at, counts);
            each(at, point(counts));
        }
    }

    fn visit_value(_: &Resolution, value: &ExponentialCounts, mut each: impl FnMut(Point<'_>)) {
        each(point(value));
    }
}

fn point(counts: &ExponentialCounts) -> Point<'_> {
    Point::Exponential(ExponentialPoint {
        scale: counts.scale.into(),
        zero_count: counts.zero,
        zero_threshold: 0.0,
        positive: ExponentialBuckets {
            offset: counts.positive.start,
            counts: &counts.positive.counts,
        },
        negative: ExponentialBuckets {
            offset: counts.negative.start,
            counts: &counts.negative.counts,
        },
        sum: Some(counts.sum),
        count: counts.count(),
    })
}
