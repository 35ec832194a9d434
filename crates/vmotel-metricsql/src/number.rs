//! Numbers: decimals with `_`, exponents and size suffixes, and integers in base 2, 8 and 16.

/// Returns the length of the number at the start of `bytes`, or `None` where an exponent has no digits.
pub(crate) fn scan(bytes: &[u8]) -> Option<usize> {
    let (mut i, hex) = base_prefix(bytes);
    if hex {
        while bytes.get(i).is_some_and(u8::is_ascii_hexdigit) {
            i += 1;
        }
        return Some(i);
    }
    i = digits(bytes, i);
    let suffix = suffix_len(&bytes[i..]);
    if suffix > 0 {
        return Some(i + suffix);
    }
    if bytes.get(i) == Some(&b'.') {
        i = digits(bytes, i + 1);
        let suffix = suffix_len(&bytes[i..]);
        if suffix > 0 {
            return Some(i + suffix);
        }
    }
    if !matches!(bytes.get(i), Some(b'e' | b'E')) {
        return Some(i);
    }
    i += 1;
    if matches!(bytes.get(i), Some(b'+' | b'-')) {
        i += 1;
    }
    let exponent = i;
    while bytes.get(i).is_some_and(u8::is_ascii_digit) {
        i += 1;
    }
    (i > exponent).then_some(i)
}

fn digits(bytes: &[u8], mut i: usize) -> usize {
    while bytes.get(i).is_some_and(|b| b.is_ascii_digit() || *b == b'_') {
        i += 1;
    }
    i
}

/// Returns the length of the prefix of an integer with a base, and whether it is hexadecimal.
fn base_prefix(bytes: &[u8]) -> (usize, bool) {
    match bytes {
        [b'0', b'0'..=b'9', ..] => (1, false),
        [b'0', b'x' | b'X', ..] => (2, true),
        [b'0', b'o' | b'O' | b'b' | b'B', ..] => (2, false),
        _ => (0, false),
    }
}

fn suffix_len(bytes: &[u8]) -> usize {
    if !matches!(
        bytes.first(),
        Some(b'k' | b'K' | b'm' | b'M' | b'g' | b'G' | b't' | b'T')
    ) {
        return 0;
    }
    match (bytes.get(1), bytes.get(2)) {
        (Some(b'i' | b'I'), Some(b'b' | b'B')) => 3,
        (Some(b'i' | b'I' | b'b' | b'B'), _) => 2,
        _ => 1,
    }
}

/// Returns the value of a scanned number, `None` where it is malformed or out of range.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let (prefix, _) = base_prefix(bytes);
    if prefix > 0 {
        return parse_integer(bytes);
    }
    let number_len = bytes.iter().rposition(|b| b.is_ascii_digit() || *b == b'.')? + 1;
    let scale = match bytes.get(number_len).map(u8::to_ascii_lowercase) {
        None => 1.0,
        Some(letter) => {
            let base = if bytes.len() > number_len + 1 && bytes[number_len + 1].eq_ignore_ascii_case(&b'i') {
                1024.0_f64
            } else {
                1000.0
            };
            match letter {
                b'k' => base,
                b'm' => base * base,
                b'g' => base * base * base,
                b't' => base * base * base * base,
                _ => return None,
            }
        }
    };
    Some(parse_float(&text[..number_len])? * scale)
}

/// Parses an integer such as `0x1F`, `0b11`, `0o17`, `017`; the server holds them in 63 bits.
fn parse_integer(bytes: &[u8]) -> Option<f64> {
    let (radix, digits) = match bytes.get(1)?.to_ascii_lowercase() {
        b'x' => (16, &bytes[2..]),
        b'o' => (8, &bytes[2..]),
        b'b' => (2, &bytes[2..]),
        _ => (8, &bytes[1..]),
    };
    let (mut value, mut last_is_digit) = (0_i64, true);
    for &b in digits {
        if b == b'_' {
            if !last_is_digit {
                return None;
            }
            last_is_digit = false;
            continue;
        }
        let digit = (b as char).to_digit(radix)?;
        value = value
            .checked_mul(i64::from(radix))?
            .checked_add(i64::from(digit))?;
        last_is_digit = true;
    }
    (last_is_digit && !digits.is_empty()).then_some(value as f64)
}

/// Parses a decimal in which single `_` may separate digits; `None` where it is out of range.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let value: f64 = if text.contains('_') {
        let bytes = text.as_bytes();
        let between_digits = |i: usize| {
            i > 0 && bytes[i - 1].is_ascii_digit() && bytes.get(i + 1).is_some_and(u8::is_ascii_digit)
        };
        if !(0..bytes.len()).all(|i| bytes[i] != b'_' || between_digits(i)) {
            return None;
        }
        text.replace('_', "").parse().ok()?
    } else {
        text.parse().ok()?
    };
    value.is_finite().then_some(value)
}

/// Returns whether the value prints as a number that reads the same, so that its text need not be kept.
pub(crate) fn is_plain(text: &str) -> bool {
    text.len() <= 15
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && (text.len() == 1 || !text.starts_with('0') || text.starts_with("0."))
        && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_values_of_the_documentation() {
        // https://docs.victoriametrics.com/victoriametrics/metricsql/: "numeric values may have Ki, Mi, ... suffixes".
        for (text, expected) in [
            ("8K", Some(8e3)),
            ("1.2Mi", Some(1.2 * 1024.0 * 1024.0)),
            ("1MB", Some(1e6)),
            ("1TiB", Some(1_099_511_627_776.0)),
            ("1_000", Some(1e3)),
            ("1__0", None),
            ("1_", None),
            ("0x1F", Some(31.0)),
            ("0b101", Some(5.0)),
            ("0o17", Some(15.0)),
            ("010", Some(8.0)),
            ("08", None),
            ("0x", None),
            ("1e400", None),
            ("0xffffffffffffffff", None),
            ("1e3", Some(1e3)),
            (".5", Some(0.5)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
