//! Keeping large values always and small ones by their size.

use vmotel_cells::Cells;

use super::{
    SamplerError,
    draw::Draw,
    stats::{SamplerStats, Tally, Weight},
};

/// Keeps each value with a probability proportional to its size, and every value from the threshold on.
///
/// Sums stay far more exact than with one rate for all: the variance of an estimated sum S of n values is at most τ × S, where τ is the
/// threshold.
///
/// # Examples
/// ```
/// use vmotel_aggregate::ThresholdSampler;
///
/// let sampler = ThresholdSampler::new(1000.0)?;
/// let (value, weight) = sampler.decide(5000.0).expect("a value above the threshold is always kept");
/// assert_eq!((value, weight.get()), (5000.0, 1));
/// # Ok::<(), vmotel_aggregate::SamplerError>(())
/// ```
#[derive(Debug)]
pub struct ThresholdSampler {
    threshold: f64,
    draw: Draw,
    tally: Tally,
}

impl ThresholdSampler {
    /// Creates a sampler with the threshold τ, in the unit of the values.
    ///
    /// # Errors
    /// Returns an error if `threshold` is not a positive finite number.
    pub fn new(threshold: f64) -> Result<Self, SamplerError> {
        Self::with_draw(threshold, Draw::Thread)
    }

    /// Creates a sampler whose decisions repeat with the seed, for tests.
    ///
    /// # Errors
    /// Returns an error if `threshold` is not a positive finite number.
    pub fn seeded(threshold: f64, seed: u64) -> Result<Self, SamplerError> {
        Self::with_draw(threshold, Draw::seeded(seed))
    }

    fn with_draw(threshold: f64, draw: Draw) -> Result<Self, SamplerError> {
        if !(threshold > 0.0 && threshold.is_finite()) {
            return Err(SamplerError::Threshold { threshold });
        }
        Ok(Self {
            threshold,
            draw,
            tally: Tally::new(&Cells::new()),
        })
    }

    /// Decides about one value: if it is kept, returns what to add to a sum in its place, and how many events it stands for.
    ///
    /// A kept value below the threshold τ becomes τ (with its sign). Zero is never kept, as it changes no sum; NaN never either.
    #[inline]
    #[must_use]
    pub fn decide(&self, value: f64) -> Option<(f64, Weight)> {
        let size = value.abs();
        if size >= self.threshold {
            return Some((value, self.tally.keep(1)));
        }
        // NaN compares as false, and zero is never above a number from 0 on.
        let kept = size > self.draw.unit() * self.threshold;
        kept.then(|| {
            (
                self.threshold.copysign(value),
                self.tally.keep(self.draw.round(self.threshold / size)),
            )
        })
    }

    /// Returns what was kept so far; `estimated` counts the events with a value other than zero.
    #[must_use]
    pub fn stats(&self) -> SamplerStats {
        self.tally.stats()
    }
}
