//! Times and durations on the command line.

use std::time::{Duration, SystemTime};

use anyhow::bail;
use vmotel_query::Timestamp;

/// A time: absolute, or before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(i64),
    Ago(Duration),
}

impl When {
    /// Returns the time, given now.
    pub(crate) fn resolve(self, now: SystemTime) -> Timestamp {
        match self {
            Self::At(millis) => Timestamp::from_millis(millis),
            Self::Ago(ago) => Timestamp::from(now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)),
        }
    }
}

/// Reads a time: `now`, `now-1h`, `-1h`, seconds since 1970 with or without a fraction, or RFC 3339.
pub(crate) fn when(text: &str) -> anyhow::Result<When> {
    let text = text.trim();
    if text == "now" {
        return Ok(When::Ago(Duration::ZERO));
    }
    if let Some(ago) = text.strip_prefix("now-").or_else(|| text.strip_prefix('-')) {
        return Ok(When::Ago(duration(ago)?));
    }
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        return Ok(When::At((seconds * 1000.0).round() as i64));
    }
    let Ok(time) = humantime::parse_rfc3339_weak(text) else {
        bail!("expected now, now-1h, seconds since 1970, or a time as in 2026-01-31T12:00:00Z");
    };
    Ok(When::At(Timestamp::from(time).as_millis()))
}

/// Reads a duration of at least a millisecond, as in `15s`, `1h30m` or `500ms`.
pub(crate) fn duration(text: &str) -> anyhow::Result<Duration> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration >= Duration::from_millis(1) => Ok(duration),
        Ok(_) => bail!("expected at least 1ms"),
        Err(_) => bail!("expected a duration, as in 15s, 1h30m or 500ms"),
    }
}

/// Returns the time of the wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where time comes in"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let check = |text: &str, millis: i64| {
            assert_eq!(when(text).unwrap().resolve(now).as_millis(), millis, "{text}")
        };
        check("now", 10_000_000);
        check("now-1h30m", 4_600_000);
        check("-5s", 9_995_000);
        check("1700000000", 1_700_000_000_000);
        check("1700000000.25", 1_700_000_000_250);
        check("1970-01-01T00:00:01.5Z", 1_500);
        check("1970-01-01 00:00:01", 1_000);
        for bad in ["yesterday", "now-", "nan", "1h"] {
            assert!(when(bad).is_err(), "{bad}");
        }
        assert!(duration("0s").is_err());
    }
}
