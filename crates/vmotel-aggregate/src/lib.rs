#![doc = include_str!("../README.md")]

mod sampler;

pub use sampler::{
    AdaptiveConfig, AdaptiveSampler, BlockSampler, RateSampler, SamplerError, SamplerStats, ThresholdSampler,
    Weight, check_kind,
};
