//! Pieces of JSON (RFC 8259), read from the front of what there is so far.
//!
//! `None` means that more is needed, everywhere.

use memchr::memchr;

use super::carry::Fault;
use crate::labels::LabelsBuilder;

type Read<T> = Result<Option<T>, Fault>;

pub(super) fn fault<T>(at: usize, what: &'static str) -> Result<T, Fault> {
    Err(Fault { at, what })
}

/// Returns the place of the next byte that is no white space.
#[inline]
pub(super) fn skip(input: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = input.get(at) {
        at += 1;
    }
    at
}

/// Passes over white space and one of two bytes; returns the place behind it and whether it was the first one.
#[inline]
pub(super) fn either(input: &[u8], at: usize, bytes: [u8; 2], what: &'static str) -> Read<(usize, bool)> {
    let at = skip(input, at);
    match input.get(at) {
        None => Ok(None),
        Some(byte) if *byte == bytes[0] => Ok(Some((at + 1, true))),
        Some(byte) if *byte == bytes[1] => Ok(Some((at + 1, false))),
        Some(_) => fault(at, what),
    }
}

/// Passes over white space and one certain byte; returns the place behind it.
#[inline]
pub(super) fn one(input: &[u8], at: usize, byte: u8, what: &'static str) -> Read<usize> {
    Ok(either(input, at, [byte, byte], what)?.map(|(at, _)| at))
}

/// Reads `"name":` with white space around; returns the name, which must not hold an escape, and the place behind the colon.
pub(super) fn key(input: &[u8], at: usize) -> Read<(&[u8], usize)> {
    let Some(begin) = one(input, at, b'"', "expected a key")? else {
        return Ok(None);
    };
    let Some(length) = memchr(b'"', &input[begin..]) else {
        return Ok(None);
    };
    let name = &input[begin..begin + length];
    if name.contains(&b'\\') {
        return fault(begin, "expected a key without an escape");
    }
    let Some(at) = one(input, begin + length + 1, b':', "expected a colon")? else {
        return Ok(None);
    };
    Ok(Some((name, at)))
}

/// Reads a text without escapes in quotes; returns it and the place behind it.
pub(super) fn plain_text(input: &[u8], at: usize) -> Read<(&[u8], usize)> {
    let Some(begin) = one(input, at, b'"', "expected a text in quotes")? else {
        return Ok(None);
    };
    let Some(length) = memchr(b'"', &input[begin..]) else {
        return Ok(None);
    };
    let text = &input[begin..begin + length];
    if text.contains(&b'\\') {
        return fault(begin, "expected a text without an escape");
    }
    Ok(Some((text, begin + length + 1)))
}

/// Reads what a number may be made of; returns it and the place behind it, which is there.
pub(super) fn number(input: &[u8], at: usize) -> Read<(f64, usize)> {
    let begin = skip(input, at);
    let length = input[begin.min(input.len())..]
        .iter()
        .position(|byte| !byte.is_ascii_digit() && !b"+-.eE".contains(byte));
    let Some(length) = length else {
        return Ok(None);
    };
    let text = &input[begin..begin + length];
    match as_number(text) {
        Some(value) => Ok(Some((value, begin + length))),
        None => fault(begin, "expected a number"),
    }
}

/// Reads a number as JSON has it: no leading plus or zero, digits on both sides of a point.
fn as_number(text: &[u8]) -> Option<f64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let valid = match digits {
        [b'0', rest @ ..] => !rest.first().is_some_and(u8::is_ascii_digit),
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let after_point = point.is_none_or(|at| digits.get(at + 1).is_some_and(u8::is_ascii_digit));
    if !(valid && after_point) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads an object of texts as labels; returns the place behind it.
pub(super) fn labels(input: &[u8], at: usize, labels: &mut LabelsBuilder) -> Read<usize> {
    labels.clear();
    let Some(at) = one(input, at, b'{', "expected an object of labels")? else {
        return Ok(None);
    };
    let begin = at;
    let mut at = skip(input, at);
    if input.get(at) == Some(&b'}') {
        return Ok(Some(at + 1));
    }
    loop {
        let Some(behind) = text(input, at, labels.bytes())? else {
            return Ok(None);
        };
        labels.end_of_text();
        let Some(behind) = one(input, behind, b':', "expected a colon")? else {
            return Ok(None);
        };
        let Some(behind) = text(input, behind, labels.bytes())? else {
            return Ok(None);
        };
        labels.end_of_text();
        match either(input, behind, *b",}", "expected a comma or the end of the labels")? {
            None => return Ok(None),
            Some((next, true)) => at = next,
            Some((next, false)) => {
                return if labels.finish() {
                    Ok(Some(next))
                } else {
                    fault(begin, "expected labels in UTF-8, below 4 GiB")
                };
            }
        }
    }
}

/// Reads a text in quotes and appends what it means; returns the place behind it.
#[inline]
pub(super) fn text(input: &[u8], at: usize, out: &mut Vec<u8>) -> Read<usize> {
    let Some(mut begin) = one(input, at, b'"', "expected a text in quotes")? else {
        return Ok(None);
    };
    loop {
        let Some(length) = plain_length(&input[begin..]) else {
            return Ok(None);
        };
        let end = begin + length;
        out.extend_from_slice(&input[begin..end]);
        match input[end] {
            b'"' => return Ok(Some(end + 1)),
            b'\\' => match escape(input, end, out)? {
                Some(next) => begin = next,
                None => return Ok(None),
            },
            _ => return fault(end, "expected a control character to be escaped"),
        }
    }
}

/// Counts the bytes before the first quote, backslash or control character.
#[inline]
fn plain_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        // Zero where a byte is what we look for; the lowest mark is right, a borrow only reaches those above it.
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let found = (quote.wrapping_sub(ONES) & !quote
            | backslash.wrapping_sub(ONES) & !backslash
            | word.wrapping_sub(ONES * 0x20) & !word)
            & HIGH;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = bytes[at..]
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(at + rest)
}

/// Reads an escape at `at` and appends what it means; returns the place behind it.
fn escape(input: &[u8], at: usize, out: &mut Vec<u8>) -> Read<usize> {
    const BAD: &str = "expected an escape of JSON";
    let Some(kind) = input.get(at + 1) else {
        return Ok(None);
    };
    let byte = match kind {
        b'"' | b'\\' | b'/' => *kind,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(input, at, out),
        _ => return fault(at, BAD),
    };
    out.push(byte);
    Ok(Some(at + 2))
}

/// Reads `\u00e9`, or two of them that make a character beyond the first plane.
fn unicode(input: &[u8], at: usize, out: &mut Vec<u8>) -> Read<usize> {
    const BAD: &str = "expected a character in hexadecimal digits";
    let Some(first) = hexadecimal(input, at + 2)? else {
        return Ok(None);
    };
    let (code, behind) = if (0xd800..0xdc00).contains(&first) {
        match (input.get(at + 6), input.get(at + 7)) {
            (Some(b'\\'), Some(b'u')) => {}
            (Some(b'\\'), None) | (None, _) => return Ok(None),
            _ => return fault(at, BAD),
        }
        let Some(second) = hexadecimal(input, at + 8)? else {
            return Ok(None);
        };
        if !(0xdc00..0xe000).contains(&second) {
            return fault(at, BAD);
        }
        (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), at + 12)
    } else {
        (first, at + 6)
    };
    match char::from_u32(code) {
        Some(character) => {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(Some(behind))
        }
        None => fault(at, BAD),
    }
}

fn hexadecimal(input: &[u8], at: usize) -> Read<u32> {
    let mut code = 0;
    for place in 0..4 {
        let Some(byte) = input.get(at + place) else {
            return Ok(None);
        };
        match char::from(*byte).to_digit(16) {
            Some(digit) => code = code << 4 | digit,
            None => return fault(at, "expected a hexadecimal digit"),
        }
    }
    Ok(Some(code))
}

/// Passes over a whole value piece by piece, whatever it is, and keeps its text.
#[derive(Debug, Default)]
pub(super) struct Capture {
    text: Vec<u8>,
    depth: u32,
    in_text: bool,
    escaped: bool,
    begun: bool,
}

/// A captured value is not longer than this; a trace of a query may be long.
const MAX_CAPTURE: usize = 64 * 1024 * 1024;

impl Capture {
    /// Takes what belongs to the value; returns the place behind it, or `None` if it took all and more is needed.
    pub(super) fn take(&mut self, input: &[u8], at: usize) -> Read<usize> {
        let mut end = at;
        while let Some(&byte) = input.get(end) {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                end += 1;
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => self.depth -= 1,
                b',' | b'}' | b']' if self.depth == 0 => {
                    self.text.extend_from_slice(&input[at..end]);
                    return if self.begun {
                        Ok(Some(end))
                    } else {
                        fault(end, "expected a value")
                    };
                }
                _ => {}
            }
            self.begun |= !byte.is_ascii_whitespace();
            end += 1;
        }
        self.text.extend_from_slice(&input[at..end]);
        if self.text.len() > MAX_CAPTURE {
            return fault(at, "expected no value longer than 64 MiB beside the result");
        }
        Ok(None)
    }

    /// Returns the text of the value and begins anew.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(self).text
    }
}
