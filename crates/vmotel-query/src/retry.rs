//! When a read is tried again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use vmotel_http::Verdict;

use crate::Error;

/// When a read that failed is tried again, within its one deadline.
///
/// Only reads are: they change nothing on the server. A write whose answer got lost may have been stored, so writes are left to the
/// caller. What the server refuses (a bad query, bad credentials) is never tried again, and neither is a read whose time is up.
///
/// # Examples
/// ```
/// use vmotel_query::RetryConfig;
///
/// assert_eq!(RetryConfig::default().max_retries, 2);
/// assert_eq!(RetryConfig::never().max_retries, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryConfig {
    /// Tries after the first one. Default: 2; 0 never tries again.
    pub max_retries: u32,
    /// The pause before the first of them, doubled each time, less up to a half by chance. Default: 100 ms.
    pub first_pause: Duration,
    /// The longest pause, also of those that the server asks for: a longer one is left to the caller as
    /// [`Error::Throttled`]. Default: 2 s.
    pub max_pause: Duration,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_retries: 2,
            first_pause: Duration::from_millis(100),
            max_pause: Duration::from_secs(2),
        }
    }
}

impl RetryConfig {
    /// Returns the configuration that never tries again.
    #[must_use]
    pub fn never() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// Returns the pause before the next try, or `None` if there is none; `retries` counts those made so far.
    pub(crate) fn pause(&self, retries: u32, error: &Error) -> Option<Duration> {
        if retries >= self.max_retries || matches!(error, Error::Http(vmotel_http::Error::Timeout { .. })) {
            return None;
        }
        match error.verdict() {
            Verdict::Retry => {
                let pause = self
                    .first_pause
                    .saturating_mul(2_u32.saturating_pow(retries))
                    .min(self.max_pause);
                // Any even spread will do; the hasher's keys are random.
                let chance = RandomState::new().hash_one(retries) as u32;
                Some(pause - pause.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0))
            }
            Verdict::Throttle(after) => (after <= self.max_pause).then_some(after),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses() {
        let config = RetryConfig {
            max_retries: 5,
            ..RetryConfig::default()
        };
        let partial = Error::Partial;
        for (retries, bound) in [(0, 100), (1, 200), (4, 1600)] {
            let pause = config.pause(retries, &partial).unwrap().as_millis();
            assert!((bound / 2..=bound).contains(&pause), "{retries}: {pause}");
        }
        assert_eq!(config.pause(5, &partial), None);
        let throttled = |seconds| Error::Throttled {
            after: Some(Duration::from_secs(seconds)),
            message: String::new(),
        };
        assert_eq!(config.pause(0, &throttled(1)), Some(Duration::from_secs(1)));
        assert_eq!(config.pause(0, &throttled(10)), None);
        assert_eq!(config.pause(0, &Error::said(String::new(), String::new())), None);
    }
}
