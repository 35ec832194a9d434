//! How long to wait before another try.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::Duration,
};

use super::Retry;

/// The longest time that a server's `Retry-After` is believed.
const MAX_THROTTLE: Duration = Duration::from_secs(300);

/// The times to wait after one failure after the other.
#[derive(Debug)]
pub(super) struct Backoff {
    retry: Retry,
    failures: u32,
    random: RandomState,
}

impl Backoff {
    pub(super) fn new(retry: Retry) -> Self {
        Self {
            retry,
            failures: 0,
            random: RandomState::new(),
        }
    }

    /// Starts from the beginning, after a success.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns how long to wait after a failure; a server's own wish counts more, if it is one, and gets a tenth of randomness.
    pub(super) fn next(&mut self, wish: Option<Duration>) -> Duration {
        let doubled = self.retry.initial.saturating_mul(1 << self.failures.min(30));
        self.failures = self.failures.saturating_add(1);
        match wish.filter(|wish| !wish.is_zero()) {
            Some(wish) => {
                let wish = wish.min(MAX_THROTTLE);
                wish + self.random(wish / 10)
            }
            None => {
                let whole = doubled.min(self.retry.max);
                whole / 2 + self.random(whole / 2)
            }
        }
    }

    /// Returns a random time up to `most`.
    fn random(&self, most: Duration) -> Duration {
        random(&self.random, u64::from(self.failures), most)
    }
}

/// Returns a random time up to `most`: the hash of a number under keys that the system drew.
pub(super) fn random(state: &RandomState, number: u64, most: Duration) -> Duration {
    let mut hasher = state.build_hasher();
    hasher.write_u64(number);
    // 32 bits are more than a wait needs.
    most.mul_f64((hasher.finish() >> 32) as f64 / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(initial: u64, max: u64) -> Backoff {
        Backoff::new(Retry {
            initial: Duration::from_millis(initial),
            max: Duration::from_millis(max),
        })
    }

    #[test]
    fn doubles_up_to_the_most_and_half_is_random() {
        let mut backoff = backoff(100, 1000);
        for whole in [100, 200, 400, 800, 1000, 1000] {
            let wait = backoff.next(None).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
        }
        for _ in 0..100 {
            assert!(backoff.next(None) <= Duration::from_secs(1));
        }
        backoff.reset();
        assert!(backoff.next(None) <= Duration::from_millis(100));
    }

    #[test]
    fn a_wish_of_the_server_is_kept_but_bounded() {
        let mut backoff = backoff(1, 1000);
        let wait = backoff.next(Some(Duration::from_secs(10)));
        assert!((10..=11).contains(&wait.as_secs()), "{wait:?}");
        assert!(backoff.next(Some(Duration::ZERO)) > Duration::ZERO);
        assert!(backoff.next(Some(Duration::MAX)) <= Duration::from_secs(330));
    }

    #[test]
    fn two_processes_wait_differently() {
        let waits = |mut backoff: Backoff| -> Vec<_> { (0..8).map(|_| backoff.next(None)).collect() };
        assert_ne!(waits(backoff(1000, 60_000)), waits(backoff(1000, 60_000)));
    }
}
