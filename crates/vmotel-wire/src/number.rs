//! Numbers as text.

use vmotel_model::Number;

/// 2^53: up to here every integer is a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends an integer in decimal.
#[inline]
pub(crate) fn push_u64(n: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends an integer in decimal and a line feed.
///
/// The digits are made right-aligned before the line feed and copied as one array of fixed size, which needs no call; the surplus
/// is cut off again.
#[inline]
pub(crate) fn push_u64_line(n: u64, out: &mut Vec<u8>) {
    const LINE: usize = 24;
    let mut buffer = [b'\n'; 2 * LINE];
    let mut at = LINE - 1;
    let mut rest = n;
    while rest >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    let mut line = [0; LINE];
    line.copy_from_slice(&buffer[at..at + LINE]);
    let end = out.len() + LINE - at;
    out.extend_from_slice(&line);
    out.truncate(end);
}

/// The digits of 0 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Appends an integer in decimal.
#[inline]
pub(crate) fn push_i64(n: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends a number as a plain decimal, never with an exponent.
#[inline]
pub(crate) fn push_number(number: Number, out: &mut Vec<u8>) {
    match number {
        Number::U64(n) => push_u64(n, out),
        Number::I64(n) => push_i64(n, out),
        Number::F64(value) => push_f64(value, out),
    }
}

/// Appends the shortest plain decimal that reads back as `value`: Go's `'f', -1`; `+Inf`, `-Inf`, `NaN` for what has none.
///
/// The server reads plain decimals exactly, but is one unit in the last place off for some numbers with an exponent.
pub(crate) fn push_f64(value: f64, out: &mut Vec<u8>) {
    if value.abs() < EXACT && value.trunc().to_bits() == value.to_bits() && value.to_bits() != 1 << 63 {
        push_i64(value as i64, out);
        return;
    }
    let Some(decimal) = Decimal::new(value, out) else {
        return;
    };
    decimal.push_plain(out);
}

/// Appends a bound or quantile in the spelling that OpenMetrics demands: Go's `'g', -1`, with `.0` behind a whole number.
pub(crate) fn push_canonical(value: f64, out: &mut Vec<u8>) {
    let Some(decimal) = Decimal::new(value, out) else {
        return;
    };
    let exponent = decimal.point - 1;
    if (-4..6).contains(&exponent) || decimal.len == 0 {
        decimal.push_plain(out);
        if decimal.len as i32 <= decimal.point || decimal.len == 0 {
            out.extend_from_slice(b".0");
        }
    } else {
        decimal.push_exponent(exponent, out);
    }
}

/// The shortest digits of a finite double: `0.DIGITS * 10^point`, without leading or trailing zeros.
struct Decimal {
    negative: bool,
    digits: [u8; 24],
    len: usize,
    point: i32,
}

impl Decimal {
    /// Takes a double apart; appends its name and returns none if it is not finite.
    fn new(value: f64, out: &mut Vec<u8>) -> Option<Self> {
        if !value.is_finite() {
            out.extend_from_slice(if value.is_nan() {
                b"NaN"
            } else if value > 0.0 {
                b"+Inf"
            } else {
                b"-Inf"
            });
            return None;
        }
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value).as_bytes();
        let mut decimal = Self {
            negative: value.is_sign_negative(),
            digits: [0; 24],
            len: 0,
            point: 0,
        };
        let (mantissa, exponent) = match text.iter().position(|&byte| byte == b'e') {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])),
            None => (text, 0),
        };
        let mut whole = true;
        for &byte in mantissa {
            match byte {
                b'.' => whole = false,
                b'0' if decimal.len == 0 => decimal.point -= i32::from(!whole),
                b'0'..=b'9' => {
                    decimal.digits[decimal.len] = byte;
                    decimal.len += 1;
                    decimal.point += i32::from(whole);
                }
                _ => {}
            }
        }
        while decimal.len > 0 && decimal.digits[decimal.len - 1] == b'0' {
            decimal.len -= 1;
        }
        decimal.point += exponent;
        if decimal.len == 0 {
            decimal.point = 1;
        }
        Some(decimal)
    }

    fn push_plain(&self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        let digits = &self.digits[..self.len];
        match usize::try_from(self.point) {
            Ok(0) | Err(_) => {
                out.extend_from_slice(b"0.");
                out.resize(out.len() + self.point.unsigned_abs() as usize, b'0');
                out.extend_from_slice(digits);
            }
            Ok(point) if point < digits.len() => {
                out.extend_from_slice(&digits[..point]);
                out.push(b'.');
                out.extend_from_slice(&digits[point..]);
            }
            Ok(point) => {
                out.extend_from_slice(digits);
                out.resize(out.len() + point - digits.len(), b'0');
            }
        }
    }

    fn push_exponent(&self, exponent: i32, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        out.push(self.digits[0]);
        if self.len > 1 {
            out.push(b'.');
            out.extend_from_slice(&self.digits[1..self.len]);
        }
        push_go_exponent(exponent, out);
    }
}

/// Appends `e`, the sign and at least two digits, as Go does.
pub(crate) fn push_go_exponent(exponent: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let magnitude = exponent.unsigned_abs();
    if magnitude < 10 {
        out.push(b'0');
    }
    push_u64(magnitude.into(), out);
}

/// Reads digits with an optional sign; what comes here is well-formed.
pub(crate) fn parse_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = digits.iter().fold(0, |sum: i32, digit| {
        sum.saturating_mul(10)
            .saturating_add(i32::from(digit.wrapping_sub(b'0')))
    });
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(value: f64) -> String {
        let mut out = Vec::new();
        push_f64(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn canonical(value: f64) -> String {
        let mut out = Vec::new();
        push_canonical(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// What `strconv.FormatFloat(x, 'f', -1, 64)` and, of OpenMetrics in `expfmt`, `'g', -1` give in Go.
    #[test]
    fn spelled_as_in_go() {
        let check = |value: f64, f: &str, g: &str| {
            assert_eq!(plain(value), f);
            assert_eq!(canonical(value), g);
        };
        check(0.0, "0", "0.0");
        check(-0.0, "-0", "-0.0");
        check(1.0, "1", "1.0");
        check(-1.5, "-1.5", "-1.5");
        check(0.005, "0.005", "0.005");
        check(0.0001, "0.0001", "0.0001");
        check(0.00001, "0.00001", "1e-05");
        check(100_000.0, "100000", "100000.0");
        check(1e6, "1000000", "1e+06");
        check(1_234_567.0, "1234567", "1.234567e+06");
        check(1e21, "1000000000000000000000", "1e+21");
        check(
            9_007_199_254_740_993.0,
            "9007199254740992",
            "9.007199254740992e+15",
        );
        check(0.1 + 0.2, "0.30000000000000004", "0.30000000000000004");
        check(f64::INFINITY, "+Inf", "+Inf");
        check(f64::NEG_INFINITY, "-Inf", "-Inf");
        check(f64::NAN, "NaN", "NaN");
        assert_eq!(canonical(5e-324), "5e-324");
        assert_eq!(plain(5e-324).len(), "0.".len() + 324);
        assert_eq!(plain(1e300).len(), 301);
    }

    #[test]
    fn integers_stay_exact() {
        let check = |number, expected: &str| {
            let mut out = Vec::new();
            push_number(number, &mut out);
            assert_eq!(out, expected.as_bytes());
        };
        check(Number::U64(u64::MAX), "18446744073709551615");
        check(Number::I64(i64::MIN), "-9223372036854775808");
        check(Number::I64(9_007_199_254_740_993), "9007199254740993");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        // The standard library's Display is another implementation of the same: shortest digits, no exponent. Where two are
        // as short and as near, it rounds up and we round to even, as Go does.
        #[test]
        fn as_the_standard_library(bits: u64) {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                prop_assert_eq!(plain(value).len(), format!("{value}").len());
                prop_assert_eq!(plain(value).parse::<f64>().unwrap().to_bits(), bits);
                prop_assert_eq!(canonical(value).parse::<f64>().unwrap().to_bits(), bits);
            }
        }

        #[test]
        fn everyday_numbers(mantissa in -1_000_000_000i64..1_000_000_000, digits in 0i32..12) {
            let value = mantissa as f64 / 10f64.powi(digits);
            prop_assert_eq!(plain(value), format!("{value}"));
            prop_assert_eq!(canonical(value).parse::<f64>().unwrap(), value);
        }
    }
}
