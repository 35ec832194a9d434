//! Estimates in bounded memory.

mod heavy;
mod hyperloglog;

pub(crate) use heavy::Heavy;
pub(crate) use hyperloglog::HyperLogLog;
