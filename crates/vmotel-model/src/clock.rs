//! Time as an argument.

use std::{fmt, time::Duration};

/// A point in time: nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Returns whole milliseconds since the Unix epoch, cut.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }
}

/// Where time comes from; this crate only names it, a crate that does IO reads a real one.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the wall-clock time.
    fn now(&self) -> Timestamp;

    /// Returns the time since an arbitrary fixed moment; never runs backwards.
    fn monotonic(&self) -> Duration;
}
