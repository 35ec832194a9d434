//! Black-box tests of the crate.

mod aggregator;
mod bounded;
mod sampler;
mod typed;
