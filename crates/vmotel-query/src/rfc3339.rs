//! Times as text (RFC 3339), in which rules, targets and CSV carry them.

use serde::{Deserialize, Deserializer};

use crate::Timestamp;

/// Reads `2026-11-22T12:00:00.25Z` or the same with an offset; what is finer than milliseconds is cut off.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let digits = bytes.get(from..from + len)?;
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let mark = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut millis = 0;
    if mark(at, b".") {
        let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..3 {
            let digit = if place < digits {
                number(at + 1 + place, 1)?
            } else {
                0
            };
            millis = millis * 10 + digit;
        }
        at += 1 + digits;
    }
    let offset = match bytes.get(at)? {
        b'Z' | b'z' if bytes.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if bytes.len() == at + 6 && mark(at + 3, b":") => {
            let minutes = number(at + 1, 2)? * 60 + number(at + 4, 2)?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second;
    Some(Timestamp::from_millis(seconds * 1000 + millis))
}

/// Writes a time as [`parse`] reads it, in UTC, with milliseconds where there are some.
pub(crate) fn write(time: Timestamp) -> String {
    let (seconds, millis) = (
        time.as_millis().div_euclid(1000),
        time.as_millis().rem_euclid(1000),
    );
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = if millis == 0 {
        String::new()
    } else {
        format!(".{millis:03}")
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The inverse of [`days_since_1970`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (month, day) = ((shifted + 2) % 12 + 1, day_of_year - (153 * shifted + 2) / 5 + 1);
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Counts the days of the Gregorian calendar, in eras of 400 years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Reads a time from JSON; the zero time of Go (year 1) and what is no time are none.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text
        .filter(|text| !text.starts_with("0001-"))
        .and_then(|text| parse(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00:00+01:00", 951_822_000_000),
            ("2026-11-22T12:00:00.25Z", 1_795_348_800_250),
            ("2026-11-22T06:30:00.123456789-05:30", 1_795_348_800_123),
            ("1900-03-01T00:00:00Z", -2_203_891_200_000),
        ] {
            assert_eq!(parse(text).map(Timestamp::as_millis), Some(millis), "{text}");
        }
        // Days all over two eras, and times within.
        for days in (-146_097..146_097_i64).step_by(17).chain(-1000..1000) {
            let time = Timestamp::from_millis(
                days * 86_400_000 + days.rem_euclid(86_399) * 1000 + days.rem_euclid(999),
            );
            assert_eq!(parse(&write(time)), Some(time), "{}", write(time));
        }
        assert_eq!(
            write(Timestamp::from_millis(951_825_600_000)),
            "2000-02-29T12:00:00Z"
        );
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-11-22T12:00:00",
            "2026-11-22T12:00:00.Z",
            "2026-11-22T12:00:00Zx",
            "2026-11-22T12:00:00+1",
            "2026-1é-22T12:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
