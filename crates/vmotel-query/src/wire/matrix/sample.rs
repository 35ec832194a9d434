//! One sample: `[1795331557.123,"2"]`.

use super::super::carry::Fault;
use super::super::decimal;
use super::super::json::{fault, number, one, plain_text};
use crate::Timestamp;

/// Reads a sample that looks as VictoriaMetrics and Prometheus write it; returns time, value and length.
///
/// `None` means that it looks otherwise, or that the input ends nearby: then [`any`] reads it.
#[inline]
pub(super) fn usual(input: &[u8]) -> Option<(i64, f64, usize)> {
    if let Some(seconds) = ten_digits(input) {
        let (value, length) = number_in_quotes(input.get(13..)?)?;
        return Some((seconds * 1000, value, 13 + length));
    }
    if *input.first()? != b'[' {
        return None;
    }
    let (seconds, digits) = decimal::integer(input.get(1..)?)?;
    // Up to 13 digits: no product below comes near its limit.
    if digits > 13 || (digits > 1 && input[1] == b'0') {
        return None;
    }
    let mut at = 1 + digits;
    let mut millis = seconds as i64 * 1000;
    if *input.get(at)? == b'.' {
        let (fraction, digits) = decimal::integer(input.get(at + 1..)?)?;
        millis += match digits {
            1 => fraction as i64 * 100,
            2 => fraction as i64 * 10,
            3 => fraction as i64,
            _ => return None,
        };
        at += 1 + digits;
    }
    if input.get(at..at + 2)? != b",\"" {
        return None;
    }
    at += 2;
    let (value, length) = number_in_quotes(input.get(at..)?)?;
    Some((millis, value, at + length))
}

/// Reads `[1700000015,"`, the beginning of nearly every sample since 2001: whole seconds of ten digits.
#[inline(always)]
fn ten_digits(input: &[u8]) -> Option<i64> {
    let [b'[', a, b, c, d, e, f, g, h, i, j, b',', b'"'] = *input.first_chunk()? else {
        return None;
    };
    let head = decimal::eight_digits([a, b, c, d, e, f, g, h])?;
    let (i, j) = (i.wrapping_sub(b'0'), j.wrapping_sub(b'0'));
    (a != b'0' && i <= 9 && j <= 9).then_some(head as i64 * 100 + i64::from(i) * 10 + i64::from(j))
}

/// Reads a number behind an opening quote, and `"]` behind it; returns the number and the length of both.
#[inline(always)]
fn number_in_quotes(input: &[u8]) -> Option<(f64, usize)> {
    let (value, length) = decimal::short(input, b'"').or_else(|| decimal::fast(input))?;
    (input.get(length..length + 2)? == b"\"]").then_some((value, length + 2))
}

/// Reads a sample however it looks; returns time, value and the place behind it, or `None` if more is needed.
pub(super) fn any(input: &[u8], at: usize) -> Result<Option<(i64, f64, usize)>, Fault> {
    let Some(at) = one(input, at, b'[', "expected a sample")? else {
        return Ok(None);
    };
    let Some((seconds, at)) = number(input, at)? else {
        return Ok(None);
    };
    let Some(at) = one(input, at, b',', "expected a comma")? else {
        return Ok(None);
    };
    let Some((text, behind)) = plain_text(input, at)? else {
        return Ok(None);
    };
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    let Some(value) = value else {
        return fault(at, "expected a number in quotes");
    };
    let Some(behind) = one(input, behind, b']', "expected the end of the sample")? else {
        return Ok(None);
    };
    Ok(Some((
        Timestamp::from_secs_f64(seconds).as_millis(),
        value,
        behind,
    )))
}
