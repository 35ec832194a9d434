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
    let (value, length) = decimal::fast(input.get(at..)?)?;
    at += length;
    (input.get(at..at + 2)? == b"\"]").then_some((millis, value, at + 2))
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
