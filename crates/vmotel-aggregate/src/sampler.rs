//! Samplers that keep sums and counts unbiased.

mod adaptive;
mod block;
mod draw;
mod metrics;
mod rate;
mod stats;
mod threshold;

pub use adaptive::{AdaptiveConfig, AdaptiveSampler};
pub use block::BlockSampler;
pub use metrics::{SAMPLER_METRICS, Sampler, SamplerMetrics};
pub use rate::RateSampler;
pub use stats::{SamplerStats, Weight};
pub use threshold::ThresholdSampler;

use vmotel_model::Kind;

/// A sampler cannot be made of the given value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplerError {
    /// The rate is not in (0, 1].
    #[error("sampling rate {rate}: expected a number above 0 and at most 1")]
    Rate {
        /// The rate.
        rate: f64,
    },
    /// The block size is 0 or too large.
    #[error("sampling block of {every} events: expected 1 to {max}", max = u32::MAX)]
    Block {
        /// The size.
        every: u64,
    },
    /// The threshold is not a positive finite number.
    #[error("sampling threshold {threshold}: expected a positive finite number")]
    Threshold {
        /// The threshold.
        threshold: f64,
    },
    /// The budget is 0.
    #[error("sampling budget 0: expected at least 1 kept event per interval")]
    Budget,
    /// The name of a sampler is empty or taken.
    #[error("sampler name {name:?}: expected a name that is not empty and not taken")]
    Name {
        /// The name.
        name: String,
    },
    /// There is no room for a further sampler.
    #[error("sampler {name:?}: expected at most {max} samplers")]
    TooMany {
        /// The name.
        name: String,
        /// The most samplers.
        max: usize,
    },
    /// Values of this kind cannot be sampled: a missing change makes an up-down counter drift and a gauge stale.
    #[error("sampling of kind {kind:?}: expected a counter or a histogram")]
    Kind {
        /// The kind.
        kind: Kind,
    },
}

/// Checks that values of `kind` can be sampled: counters and histograms can, with weights; nothing else can.
///
/// # Errors
/// Returns an error for any other kind.
pub fn check_kind(kind: Kind) -> Result<(), SamplerError> {
    match kind {
        Kind::Counter | Kind::Histogram => Ok(()),
        kind => Err(SamplerError::Kind { kind }),
    }
}
