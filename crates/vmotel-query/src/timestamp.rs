//! Points in time, in the server's resolution.

use std::fmt;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::rfc3339;

/// A point in time in milliseconds since 1970, which is the resolution of VictoriaMetrics.
///
/// Its `Display` is the form that queries take: seconds, with a fraction where there is one.
///
/// # Examples
/// ```
/// use vmotel_query::Timestamp;
///
/// assert_eq!(Timestamp::from_millis(1_700_000_000_250).to_string(), "1700000000.250");
/// assert_eq!(Timestamp::from_secs_f64(1.5).as_millis(), 1_500);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates a timestamp from milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Creates a timestamp from seconds since 1970, rounded to milliseconds; NaN becomes 0, what is out of range the nearest bound.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * 1e3).round() as i64)
    }

    /// Returns the milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the seconds since 1970.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Returns the time as RFC 3339 in UTC, with milliseconds where there are some; outside of the years 0 to 9999, which that form knows,
    /// the milliseconds since 1970 with their unit.
    ///
    /// # Examples
    /// ```
    /// use vmotel_query::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_millis(1_700_000_000_250).to_rfc3339(), "2023-11-14T22:13:20.250Z");
    /// assert_eq!(Timestamp::from_millis(i64::MAX).to_rfc3339(), "9223372036854775807 ms");
    /// ```
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        /// From the year 0 to the year 9999.
        const KNOWN: Range<i64> = -62_167_219_200_000..253_402_300_800_000;
        if KNOWN.contains(&self.0) {
            rfc3339::write(self)
        } else {
            format!("{} ms", self.0)
        }
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounds down to milliseconds.
    fn from(time: SystemTime) -> Self {
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => millis(since),
            Err(before) => {
                let before = before.duration();
                -millis(before) - i64::from(before.subsec_nanos() % 1_000_000 != 0)
            }
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millis = self.0.unsigned_abs();
        match (millis / 1000, millis % 1000) {
            (seconds, 0) => write!(f, "{sign}{seconds}"),
            (seconds, rest) => write!(f, "{sign}{seconds}.{rest:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (millis, text) in [
            (0, "0"),
            (1, "0.001"),
            (1_000, "1"),
            (1_010, "1.010"),
            (-1, "-0.001"),
            (-2_500, "-2.500"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
        assert_eq!(
            Timestamp::from_secs_f64(1_795_331_557.123),
            Timestamp::from_millis(1_795_331_557_123)
        );
        assert_eq!(
            Timestamp::from(UNIX_EPOCH + Duration::from_micros(1_999)).as_millis(),
            1
        );
        assert_eq!(
            Timestamp::from(UNIX_EPOCH - Duration::from_micros(1)).as_millis(),
            -1
        );
        assert_eq!(
            Timestamp::from(UNIX_EPOCH - Duration::from_millis(3)).as_millis(),
            -3
        );
    }
}
