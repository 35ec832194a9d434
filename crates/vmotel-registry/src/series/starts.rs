//! When series began.

use std::sync::atomic::{AtomicU32, Ordering};

use vmotel_model::Timestamp;

/// Nanoseconds of a hundredth of a second.
const HUNDREDTH: u64 = 10_000_000;

/// When each series of a chunk began, in four bytes: hundredths of a second since the chunk was made, rounded down.
///
/// What begins more than 497 days after its chunk is told to have begun then.
pub(super) struct Starts {
    origin: Timestamp,
    hundredths: Box<[AtomicU32]>,
}

impl Starts {
    pub(super) fn new(size: usize, now: Timestamp) -> Self {
        Self {
            origin: now,
            hundredths: (0..size).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    pub(super) fn set(&self, at: usize, now: Timestamp) {
        let since = now.0.saturating_sub(self.origin.0) / HUNDREDTH;
        let since = u32::try_from(since).unwrap_or(u32::MAX);
        self.hundredths[at].store(since, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Timestamp {
        let since = u64::from(self.hundredths[at].load(Ordering::Relaxed));
        Timestamp(self.origin.0.saturating_add(since * HUNDREDTH))
    }
}

#[cfg(test)]
mod tests {
    use super::{Starts, Timestamp};

    #[test]
    fn a_start_is_never_late_and_less_than_a_hundredth_of_a_second_early() {
        const DAY: u64 = 86_400_000_000_000;
        let origin = 1_800_000_000_123_456_789;
        let starts = Starts::new(2, Timestamp(origin));
        assert_eq!(starts.get(1).0, origin, "what begins with its chunk is exact");
        for since in [0, 1, 9_999_999, 10_000_000, 123 * DAY + 4_567, 497 * DAY] {
            starts.set(1, Timestamp(origin + since));
            let early = origin + since - starts.get(1).0;
            assert!(early < 10_000_000, "{since}: {early} ns early");
        }
        // A clock that was set back, and a process that runs for years.
        starts.set(1, Timestamp(origin - 5));
        assert_eq!(starts.get(1).0, origin);
        starts.set(1, Timestamp(origin + 5_000 * DAY));
        assert_eq!((starts.get(1).0 - origin) / DAY, 497);
    }
}
