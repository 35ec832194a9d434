//! Black-box tests of the crate.

mod aggregator;
mod bounded;
mod replay;
mod sampler;
mod sampler_metrics;
mod typed;
