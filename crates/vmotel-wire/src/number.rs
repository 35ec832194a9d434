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
/// The digits are made in registers: bytes that are written one by one and read back as a whole would wait for each other.
#[inline(always)]
pub(crate) fn push_u64_line(n: u64, out: &mut Vec<u8>) {
    let lines = n / EIGHT;
    if lines == 0 {
        push_few(n as u32, Some(b'\n'), out);
    } else if let Ok(high) = u32::try_from(lines)
        && u64::from(high) < EIGHT
    {
        push_few(high, None, out);
        let mut line = [b'\n'; 9];
        line[..8].copy_from_slice(&(digits((n % EIGHT) as u32) | ZEROS).to_le_bytes());
        out.extend_from_slice(&line);
    } else {
        push_u64(n, out);
        out.push(b'\n');
    }
}

/// 10^8: below it, a number has at most eight digits.
const EIGHT: u64 = 100_000_000;

/// Eight times the digit zero.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Appends a number below 10^8, and what ends the line.
#[inline(always)]
fn push_few(n: u32, end: Option<u8>, out: &mut Vec<u8>) {
    let digits = digits(n);
    // The first digit lies lowest. Zero has one digit, too.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    let len = 8 - zeros as usize;
    let text = u128::from((digits | ZEROS) >> (8 * zeros));
    let text = text | u128::from(end.unwrap_or_default()) << (8 * len);
    let end = out.len() + len + usize::from(end.is_some());
    // An array of fixed size needs no call; the surplus is cut off again.
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

/// Returns the eight digits of a number below 10^8, the first one in the lowest byte: all of one kind at once, halves first, then
/// hundreds, then tens, each division by a multiplication that is exact in its range.
#[inline(always)]
const fn digits(n: u32) -> u64 {
    let halves = (n / 10_000) as u64 | ((n % 10_000) as u64) << 32;
    let hundreds = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - 10 * tens) << 8)
}

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
    fn lines_of_integers_are_what_the_standard_library_prints() {
        let check = |n: u64| {
            let mut out = b"x ".to_vec();
            push_u64_line(n, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x {n}\n"));
        };
        (0..=100_000).for_each(check);
        // Every power of ten and its neighbours, and every pair of digits in every place.
        for power in (0..20).map(|n| 10_u64.pow(n)) {
            (power - 1..=power + 1).for_each(check);
            (0..100)
                .filter_map(|pair| power.checked_mul(pair))
                .for_each(check);
        }
        check(u64::MAX);
        let mut n = 1_u64;
        for step in 0..200_000_u64 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            check(n >> (step % 64));
        }
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
