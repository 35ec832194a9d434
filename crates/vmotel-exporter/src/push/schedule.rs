//! When collections start.

use std::{collections::hash_map::RandomState, time::Duration};

use vmotel_model::Timestamp;

use super::{Push, backoff::random};

/// The times of collections: start to start, never two at once.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    interval: Duration,
    aligned: bool,
    offset: Duration,
    /// The monotonic time at which the last one was due.
    due: Duration,
    /// Whether there was one.
    ticked: bool,
}

impl Schedule {
    /// Starts at the monotonic time `now`; none if nothing is pushed by itself.
    pub(super) fn new(push: &Push, now: Duration) -> Option<Self> {
        let offset = random(&RandomState::new(), 0, push.jitter);
        (!push.interval.is_zero()).then_some(Self {
            interval: push.interval,
            aligned: push.aligned,
            offset,
            due: if push.aligned { now } else { now + offset },
            ticked: false,
        })
    }

    /// Returns the monotonic time at which the next collection starts, after `now`; those that were missed are passed over.
    ///
    /// `wall` is the wall-clock time of the same moment.
    pub(super) fn next(&mut self, now: Duration, wall: Timestamp) -> Duration {
        let interval = self.interval.as_nanos();
        if self.aligned {
            // By the wall clock each time anew, as that may be set.
            let into = (u128::from(wall.0) + interval - self.offset.as_nanos() % interval) % interval;
            let mut wait = interval - into;
            // The clocks differ by a hair, so that one may wake up just before the time that it was meant for.
            if self.ticked && wait < interval / 10 {
                wait += interval;
            }
            self.ticked = true;
            self.due = now + nanos(wait);
        } else {
            let passed = now.saturating_sub(self.due).as_nanos() / interval;
            self.due += nanos(interval.saturating_mul(passed + 1));
        }
        self.due
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    fn schedule(edit: impl FnOnce(&mut Push), now: u64) -> Option<Schedule> {
        let mut push = Push::to(Target::victoria("http://localhost:8428"));
        push.interval = Duration::from_secs(10);
        edit(&mut push);
        Schedule::new(&push, Duration::from_secs(now))
    }

    fn next(schedule: &mut Schedule, now: f64, wall: u64) -> f64 {
        schedule
            .next(Duration::from_secs_f64(now), Timestamp(wall))
            .as_secs_f64()
    }

    #[test]
    fn start_to_start_and_what_was_missed_is_passed_over() {
        let mut plain = schedule(|_| {}, 5).unwrap();
        assert_eq!(next(&mut plain, 5.0, 0), 15.0);
        assert_eq!(
            next(&mut plain, 15.2, 0),
            25.0,
            "a late wake-up does not shift the next"
        );
        assert_eq!(next(&mut plain, 61.0, 0), 65.0);
        assert_eq!(next(&mut plain, 65.0, 0), 75.0);
    }

    #[test]
    fn aligned_to_the_wall_clock() {
        let mut aligned = schedule(|push| push.aligned = true, 5).unwrap();
        assert_eq!(next(&mut aligned, 5.0, 1_003_000_000_000), 12.0);
        assert_eq!(next(&mut aligned, 12.0, 1_010_000_000_000), 22.0);
        assert_eq!(
            next(&mut aligned, 22.0, 1_017_000_000_000),
            25.0,
            "the clock was set back"
        );
        assert_eq!(
            next(&mut aligned, 25.0, 1_019_999_999_999),
            35.000_000_001,
            "the wall clock is a hair behind"
        );
    }

    #[test]
    fn jitter_is_drawn_once() {
        for aligned in [false, true] {
            let edit = |push: &mut Push| {
                push.aligned = aligned;
                push.jitter = Duration::from_secs(5);
            };
            let mut jittered = schedule(edit, 0).unwrap();
            let first = next(&mut jittered, 0.0, 1_000_000_000_000);
            assert!((0.0..=15.0).contains(&first), "{first}");
            let wall = 1_000_000_000_000 + (first * 1e9) as u64;
            let second = next(&mut jittered, first, wall);
            assert!((second - first - 10.0).abs() < 1e-6, "{first} {second}");
        }
    }

    #[test]
    fn a_batch_job_has_none() {
        assert!(schedule(|push| push.interval = Duration::ZERO, 0).is_none());
    }
}
