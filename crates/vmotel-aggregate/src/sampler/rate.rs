//! Keeping each event with one probability.

use vmotel_cells::{Cells, PerThread};

use super::{
    SamplerError,
    draw::{Draw, Gaps},
    stats::{SamplerStats, Tally, Weight},
};

/// Keeps each event with the same probability, independently of all others.
///
/// An estimate of N events has the variance N (1 - p) / p. A skipped event costs a countdown in memory of its own thread.
///
/// # Examples
/// ```
/// use vmotel_aggregate::RateSampler;
///
/// let sampler = RateSampler::new(0.25)?;
/// let mut requests = 0;
/// for _ in 0..1000 {
///     // The closure, with its clock reads and attributes, runs for kept events only.
///     sampler.sample(|weight| requests += weight.scale(1));
/// }
/// assert_eq!(requests, sampler.stats().estimated);
/// # Ok::<(), vmotel_aggregate::SamplerError>(())
/// ```
#[doc(alias = "MetricsSampler")]
#[derive(Debug)]
pub struct RateSampler {
    weight: f64,
    gaps: Gaps,
    /// Events until the next kept one, that one included; 0 before the first draw.
    countdown: PerThread,
    draw: Draw,
    tally: Tally,
}

impl RateSampler {
    /// Creates a sampler that keeps events with probability `rate`.
    ///
    /// # Errors
    /// Returns an error if `rate` is not above 0 and at most 1.
    pub fn new(rate: f64) -> Result<Self, SamplerError> {
        Self::with_draw(rate, Draw::Thread)
    }

    /// Creates a sampler whose decisions repeat with the seed, for tests.
    ///
    /// # Errors
    /// Returns an error if `rate` is not above 0 and at most 1.
    pub fn seeded(rate: f64, seed: u64) -> Result<Self, SamplerError> {
        Self::with_draw(rate, Draw::seeded(seed))
    }

    fn with_draw(rate: f64, draw: Draw) -> Result<Self, SamplerError> {
        if !(rate > 0.0 && rate <= 1.0) {
            return Err(SamplerError::Rate { rate });
        }
        let cells = Cells::eager();
        Ok(Self {
            weight: 1.0 / rate,
            gaps: Gaps::new(rate),
            countdown: cells.per_thread(),
            draw,
            tally: Tally::new(&cells),
        })
    }

    /// Decides about one event: returns the weight if it is kept.
    #[inline]
    #[must_use]
    pub fn decide(&self) -> Option<Weight> {
        let keep = self.countdown.update(|left| match left {
            0 => self.first(),
            1 => (self.draw.gap(self.gaps), true),
            left => (left - 1, false),
        });
        keep.then(|| self.keep())
    }

    /// Runs `record` with the weight if the event is kept; returns its result.
    #[inline]
    pub fn sample<R>(&self, record: impl FnOnce(Weight) -> R) -> Option<R> {
        self.decide().map(record)
    }

    #[cold]
    fn first(&self) -> (u64, bool) {
        match self.draw.gap(self.gaps) {
            1 => (self.draw.gap(self.gaps), true),
            gap => (gap - 1, false),
        }
    }

    #[inline(never)]
    fn keep(&self) -> Weight {
        self.tally.keep(self.draw.round(self.weight))
    }

    /// Returns what was kept so far.
    #[must_use]
    pub fn stats(&self) -> SamplerStats {
        self.tally.stats()
    }
}
