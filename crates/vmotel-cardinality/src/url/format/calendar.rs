//! Dates and times. Sources: ISO 8601, RFC 3339.

use super::super::class::all_digits;

pub(crate) fn is_year(text: &[u8]) -> bool {
    text.len() == 4 && all_digits(text) && (text.starts_with(b"19") || text.starts_with(b"20"))
}

pub(crate) fn is_month(text: &[u8]) -> bool {
    two_digits(text).is_some_and(|month| (1..=12).contains(&month))
}

pub(crate) fn is_day(text: &[u8]) -> bool {
    two_digits(text).is_some_and(|day| (1..=31).contains(&day))
}

fn two_digits(text: &[u8]) -> Option<u8> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

/// Returns the length of a leading `YYYY-MM-DD` (separator `-`, `.` or `_`, both the same).
fn date_prefix(text: &[u8]) -> Option<usize> {
    let head = text.get(..10)?;
    let separator = head[4];
    let fits = matches!(separator, b'-' | b'.' | b'_')
        && head[7] == separator
        && is_year(&head[..4])
        && is_month(&head[5..7])
        && is_day(&head[8..]);
    fits.then_some(10)
}

/// Returns the length of a leading `YYYY-MM-DD` with dashes.
pub(crate) fn iso_date_prefix(text: &[u8]) -> Option<usize> {
    date_prefix(text).filter(|_| text[4] == b'-')
}

/// Tells whether the text is a date, a month, an ISO week or an ISO 8601 date-time.
pub(crate) fn is_date(text: &[u8]) -> bool {
    match text.len() {
        7 => is_year(&text[..4]) && text[4] == b'-' && is_month(&text[5..]),
        8 | 10 if text[4] == b'-' && matches!(text[5], b'W' | b'w') => is_week(text),
        10 => date_prefix(text).is_some() || is_day_first(text),
        13.. => is_extended_time(text) || is_basic_time(text),
        _ => false,
    }
}

fn is_week(text: &[u8]) -> bool {
    is_year(&text[..4])
        && two_digits(&text[6..8]).is_some_and(|week| (1..=53).contains(&week))
        && match &text[8..] {
            [] => true,
            [b'-', day] => (b'1'..=b'7').contains(day),
            _ => false,
        }
}

/// `DD-MM-YYYY` or `MM-DD-YYYY`.
fn is_day_first(text: &[u8]) -> bool {
    let separator = text[2];
    let (first, second) = (&text[..2], &text[3..5]);
    matches!(separator, b'-' | b'.' | b'_')
        && text[5] == separator
        && is_year(&text[6..])
        && ((is_day(first) && is_month(second)) || (is_month(first) && is_day(second)))
}

/// `YYYY-MM-DDTHH:MM[:SS[.fraction]][zone]`, also with `-` in the time and a space for the `T`.
fn is_extended_time(text: &[u8]) -> bool {
    if date_prefix(text).is_none() || !matches!(text.get(10), Some(b'T' | b't' | b' ' | b'_')) {
        return false;
    }
    let rest = &text[11..];
    let Some(separator @ (b':' | b'-')) = rest.get(2).copied() else {
        return false;
    };
    let Some((hour, minute)) = rest.get(..2).zip(rest.get(3..5)) else {
        return false;
    };
    if !below(hour, 24) || !below(minute, 60) {
        return false;
    }
    let mut rest = &rest[5..];
    if rest.len() >= 3 && rest[0] == separator && below(&rest[1..3], 61) {
        rest = &rest[3..];
        rest = without_fraction(rest);
    }
    is_zone(rest)
}

/// `YYYYMMDDTHHMM[SS[.fraction]][Z]`.
fn is_basic_time(text: &[u8]) -> bool {
    let date = is_year(&text[..4]) && is_month(&text[4..6]) && is_day(&text[6..8]);
    if !date || !matches!(text[8], b'T' | b't') {
        return false;
    }
    let rest = &text[9..];
    if rest.len() < 4 || !below(&rest[..2], 24) || !below(&rest[2..4], 60) {
        return false;
    }
    let mut rest = &rest[4..];
    if rest.len() >= 2 && below(&rest[..2], 61) {
        rest = without_fraction(&rest[2..]);
    }
    is_zone(rest)
}

fn below(text: &[u8], limit: u8) -> bool {
    two_digits(text).is_some_and(|number| number < limit)
}

fn without_fraction(text: &[u8]) -> &[u8] {
    let [b'.' | b',', digits @ ..] = text else {
        return text;
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { text } else { &digits[count..] }
}

/// Nothing, `Z`, or `+HH[:]MM`; a `+` may have become a space on the way.
fn is_zone(text: &[u8]) -> bool {
    match text {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-' | b' ', rest @ ..] => match rest.len() {
            2 => below(rest, 24),
            4 => below(&rest[..2], 24) && below(&rest[2..], 60),
            5 => below(&rest[..2], 24) && matches!(rest[2], b':' | b'-') && below(&rest[3..], 60),
            _ => false,
        },
        _ => false,
    }
}
