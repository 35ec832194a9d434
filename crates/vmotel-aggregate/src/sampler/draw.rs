//! Random numbers: the thread's generator, or a reproducible sequence.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::RngExt;

/// The increment of the `SplitMix64` generator (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Where random numbers come from.
#[derive(Debug)]
pub(super) enum Draw {
    /// The thread's own generator: nothing is shared between threads.
    Thread,
    /// `SplitMix64` from a seed, shared by the threads; for tests that must repeat.
    Seeded(AtomicU64),
}

impl Draw {
    pub(super) fn seeded(seed: u64) -> Self {
        Self::Seeded(AtomicU64::new(seed))
    }

    pub(super) fn bits(&self) -> u64 {
        match self {
            Self::Thread => rand::rng().random(),
            Self::Seeded(state) => {
                let mut z = state.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        }
    }

    /// Returns a number in [0, 1), a multiple of 2^-53.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub(super) fn unit(&self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Returns a number in 0..n, without bias beyond 2^-64. `n` is not 0.
    pub(super) fn below(&self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Returns the number of events up to and with the next kept one.
    pub(super) fn gap(&self, gaps: Gaps) -> u64 {
        // 1 - unit is in (0, 1], so that the logarithm is finite; a float cast saturates.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "neither factor is positive"
        )]
        let skipped = ((1.0 - self.unit()).ln() * gaps.scale) as u64;
        skipped.saturating_add(1)
    }

    /// Rounds to one of the two nearest integers so that the expectation is `value`, which is not negative.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates; the value is not negative"
    )]
    pub(super) fn round(&self, value: f64) -> u64 {
        let whole = value.floor();
        let up = value > whole && self.unit() < value - whole;
        (whole as u64).saturating_add(u64::from(up))
    }
}

/// The geometric distribution of the gaps between events that are kept with one probability, independently.
///
/// Drawing gaps needs a random number per kept event only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaps {
    /// 1 / ln(1 - rate); -0 for the rate 1.
    scale: f64,
}

impl Gaps {
    pub(super) fn new(rate: f64) -> Self {
        Self {
            scale: 1.0 / (-rate).ln_1p(),
        }
    }
}
