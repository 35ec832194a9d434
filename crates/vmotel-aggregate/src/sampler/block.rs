//! Keeping one event of each block.

use vmotel_cells::{Cells, PerThread};

use super::{
    SamplerError,
    draw::Draw,
    stats::{SamplerStats, Tally, Weight},
};

/// Keeps one event of every block of N, at a random place in it, so that a periodic input cannot hide.
///
/// Each thread has blocks of its own, so an estimate is off by less than N events per thread, always.
///
/// # Examples
/// ```
/// use vmotel_aggregate::BlockSampler;
///
/// let sampler = BlockSampler::new(10)?;
/// let requests: u64 = (0..1000).filter_map(|_| sampler.decide()).map(|weight| weight.get()).sum();
/// assert!(requests.abs_diff(1000) < 20);
/// # Ok::<(), vmotel_aggregate::SamplerError>(())
/// ```
#[doc(alias = "CounterSampler")]
#[derive(Debug)]
pub struct BlockSampler {
    every: u32,
    /// Upper half: events left in the block; lower half: how many are left when one is kept.
    position: PerThread,
    draw: Draw,
    tally: Tally,
}

impl BlockSampler {
    /// Creates a sampler that keeps one event in each block of `every`.
    ///
    /// # Errors
    /// Returns an error if `every` is 0 or above `u32::MAX`.
    pub fn new(every: u64) -> Result<Self, SamplerError> {
        Self::with_draw(every, Draw::Thread)
    }

    /// Creates a sampler whose decisions repeat with the seed, for tests.
    ///
    /// # Errors
    /// Returns an error if `every` is 0 or above `u32::MAX`.
    pub fn seeded(every: u64, seed: u64) -> Result<Self, SamplerError> {
        Self::with_draw(every, Draw::seeded(seed))
    }

    fn with_draw(every: u64, draw: Draw) -> Result<Self, SamplerError> {
        let block = u32::try_from(every).ok().filter(|every| *every > 0);
        let every = block.ok_or(SamplerError::Block { every })?;
        let cells = Cells::eager();
        Ok(Self {
            every,
            position: cells.per_thread(),
            draw,
            tally: Tally::new(&cells),
        })
    }

    /// Decides about one event: returns the weight if it is kept.
    #[inline]
    #[must_use]
    pub fn decide(&self) -> Option<Weight> {
        let keep = self.position.update(|mut position| {
            if position >> 32 == 0 {
                position = self.begin();
            }
            let (left, chosen) = (position >> 32, position & u64::from(u32::MAX));
            (((left - 1) << 32) | chosen, left == chosen)
        });
        keep.then(|| self.tally.keep(u64::from(self.every)))
    }

    /// Runs `record` with the weight if the event is kept; returns its result.
    #[inline]
    pub fn sample<R>(&self, record: impl FnOnce(Weight) -> R) -> Option<R> {
        self.decide().map(record)
    }

    #[cold]
    fn begin(&self) -> u64 {
        let every = u64::from(self.every);
        (every << 32) | (self.draw.below(every) + 1)
    }

    /// Returns what was kept so far.
    ///
    /// The variance is an upper bound: keeping one per block is more exact than independent decisions.
    #[must_use]
    pub fn stats(&self) -> SamplerStats {
        self.tally.stats()
    }
}
