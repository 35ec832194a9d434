//! Decimal numbers to doubles, correctly rounded.
//!
//! Digits are read eight at a time. Where mantissa and power of ten are both exact doubles, one division is exact too (Clinger); else
//! the product with a 128-bit reciprocal decides (Eisel and Lemire, "Number parsing at a gigabyte per second", 2021). What fits neither
//! is left to the standard library.

/// What can be a double without rounding.
const EXACT_MANTISSA: u64 = 1 << 53;
/// 10^19 is below 2^64.
const MAX_DIGITS: usize = 19;
/// The most decimal places the table reaches.
const MAX_PLACES: usize = 64;

/// Eight digits of zero, and the lowest and the highest bit of each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const LOWEST: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

const INTEGER_POWERS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

/// Reads a number with at most one point and no exponent at the beginning of `bytes`; returns it and its length.
///
/// `None` means that it is another kind of number, or that `bytes` ends within eight bytes: the caller then goes the slow way.
#[inline]
pub(super) fn fast(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = *bytes.first()? == b'-';
    let mut at = usize::from(negative);
    let begin = at;
    let mut digits = Digits::default();
    digits.run(bytes, &mut at)?;
    let whole = at - begin;
    if whole == 0 || (whole > 1 && bytes[begin] == b'0') {
        return None;
    }
    let mut places = 0;
    let mut next = *bytes.get(at)?;
    if next == b'.' {
        at += 1;
        let point = at;
        digits.run(bytes, &mut at)?;
        places = at - point;
        if places == 0 {
            return None;
        }
        next = *bytes.get(at)?;
    }
    if next | 0x20 == b'e' || digits.significant > MAX_DIGITS {
        return None;
    }
    let value = assemble(digits.mantissa, places)?;
    Some((if negative { -value } else { value }, at))
}

/// Reads an unsigned number of at most seven characters that `end` follows: most of those that are no quotients; returns it and its length.
///
/// `None` means that it is another kind of number, or that `bytes` ends within eight bytes.
#[inline(always)]
pub(super) fn short(bytes: &[u8], end: u8) -> Option<(f64, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk()?);
    let length = place(word, end);
    let point = place(word, b'.').min(length);
    // Without the point, the digits behind it move up.
    let behind = u64::MAX.checked_shl(8 * point as u32).unwrap_or(0);
    let has_point = point < length;
    let digits = if has_point {
        word & !behind | word >> 8 & behind
    } else {
        word
    };
    let count = length - usize::from(has_point);
    if length == 8 || point == 0 || (has_point && point + 1 == length) || (point > 1 && bytes[0] == b'0') {
        return None;
    }
    let nibbles = (digits ^ ZEROS) << (64 - 8 * count);
    if others(nibbles) != 0 {
        return None;
    }
    // Seven digits and a power of ten are exact, so that the quotient is rounded once.
    Some((eight(nibbles) as f64 / POWERS[count - point], length))
}

/// Returns where a byte is in a word for the first time, counted from its lowest byte; 8 if it is nowhere.
#[inline(always)]
const fn place(word: u64, byte: u8) -> usize {
    let zero_there = word ^ (LOWEST * byte as u64);
    let found = zero_there.wrapping_sub(LOWEST) & !zero_there & HIGHEST;
    found.trailing_zeros() as usize / 8
}

/// Reads exactly eight digits.
#[inline(always)]
pub(super) fn eight_digits(bytes: [u8; 8]) -> Option<u64> {
    let nibbles = u64::from_le_bytes(bytes) ^ ZEROS;
    (others(nibbles) == 0).then(|| eight(nibbles))
}

/// Reads digits only at the beginning of `bytes`; returns the number, of at most 19 digits, and their count.
#[inline]
pub(super) fn integer(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut at = 0;
    let mut digits = Digits::default();
    digits.run(bytes, &mut at)?;
    (at > 0 && at <= MAX_DIGITS).then_some((digits.mantissa, at))
}

#[derive(Default)]
struct Digits {
    mantissa: u64,
    /// Digits from the first that may not be a zero on; up to seven too many.
    significant: usize,
}

impl Digits {
    /// Takes the digits from `at` on; `None` if fewer than eight bytes are left to look at.
    #[inline(always)]
    fn run(&mut self, bytes: &[u8], at: &mut usize) -> Option<()> {
        loop {
            let word = u64::from_le_bytes(bytes.get(*at..*at + 8)?.try_into().ok()?);
            let nibbles = word ^ ZEROS;
            let other = others(nibbles);
            if self.mantissa == 0 {
                self.significant = 0;
            }
            if other == 0 {
                self.mantissa = self
                    .mantissa
                    .wrapping_mul(100_000_000)
                    .wrapping_add(eight(nibbles));
                self.significant += 8;
                *at += 8;
                if self.significant > MAX_DIGITS + 8 {
                    return None;
                }
                continue;
            }
            let count = (other.trailing_zeros() / 8) as usize;
            if count > 0 {
                let shifted = nibbles << (64 - 8 * count);
                self.mantissa = self
                    .mantissa
                    .wrapping_mul(INTEGER_POWERS[count])
                    .wrapping_add(eight(shifted));
                self.significant += count;
                *at += count;
            }
            return Some(());
        }
    }
}

/// Sets the highest bit of each byte that is no digit; a carry from it only reaches the bytes behind it.
#[inline(always)]
const fn others(nibbles: u64) -> u64 {
    (nibbles.wrapping_add(0x7676_7676_7676_7676) | nibbles) & HIGHEST
}

/// Puts eight digits together, the first in the lowest byte.
#[inline(always)]
fn eight(nibbles: u64) -> u64 {
    const MASK: u64 = 0x0000_00ff_0000_00ff;
    let pairs = nibbles.wrapping_mul(10).wrapping_add(nibbles >> 8);
    let first = (pairs & MASK).wrapping_mul(0x000f_4240_0000_0064);
    let second = ((pairs >> 16) & MASK).wrapping_mul(0x0000_2710_0000_0001);
    first.wrapping_add(second) >> 32
}

/// Returns `mantissa / 10^places`, rounded to the nearest double.
#[inline]
fn assemble(mantissa: u64, places: usize) -> Option<f64> {
    if mantissa <= EXACT_MANTISSA
        && let Some(power) = POWERS.get(places)
    {
        return Some(mantissa as f64 / power);
    }
    lemire(mantissa, places)
}

/// The algorithm of Eisel and Lemire for non-positive powers of ten and normal doubles; `None` beyond the table.
fn lemire(mantissa: u64, places: usize) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let (high, low) = *RECIPROCALS.get(places)?;
    let zeros = mantissa.leading_zeros();
    let normal = mantissa << zeros;
    let (mut product_low, mut product_high) = multiply(normal, high);
    // Only if the upper product leaves the rounding open does the lower one matter.
    if product_high & 0x1ff == 0x1ff {
        let (_, carry) = multiply(normal, low);
        let (sum, overflow) = product_low.overflowing_add(carry);
        product_low = sum;
        product_high += u64::from(overflow);
    }
    let upper = product_high >> 63;
    let shift = upper + 64 - 52 - 3;
    let mut significand = product_high >> shift;
    // floor(log2(10^-places)) + 63, by a fixed-point logarithm.
    let power = ((-(places as i64) * 217_706) >> 16) + 63;
    let mut exponent = power + upper as i64 - i64::from(zeros) + 1023;
    if exponent <= 0 {
        return None;
    }
    // Exactly between two doubles: to the even one. Only small powers can be exact.
    if product_low <= 1 && places <= 4 && significand & 3 == 1 && significand << shift == product_high {
        significand &= !1;
    }
    significand += significand & 1;
    significand >>= 1;
    if significand >= 2 << 52 {
        significand = 1 << 52;
        exponent += 1;
    }
    let bits = significand & !(1 << 52) | (exponent as u64) << 52;
    Some(f64::from_bits(bits))
}

#[inline]
fn multiply(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    (product as u64, (product >> 64) as u64)
}

/// 5^-n in 128 bits, the highest one set, upper half first: rounded up while 5^n fits into 64 bits, else cut off.
static RECIPROCALS: [(u64, u64); MAX_PLACES + 1] = reciprocals();

const fn reciprocals() -> [(u64, u64); MAX_PLACES + 1] {
    let mut table = [(0, 0); MAX_PLACES + 1];
    // 5^n in 192 bits, the lowest first.
    let mut power = [1_u64, 0, 0];
    let mut n = 0;
    while n <= MAX_PLACES {
        let mut quotient = if n == 0 { 1 << 127 } else { divide(power) };
        if n > 0 && n <= 27 {
            quotient += 1;
        }
        table[n] = ((quotient >> 64) as u64, quotient as u64);
        power = times_five(power);
        n += 1;
    }
    table
}

/// Returns the 128 highest bits of 1 / `divisor`, by long division: the remainder doubles until the quotient is full.
const fn divide(divisor: [u64; 3]) -> u128 {
    let mut quotient = 0_u128;
    let mut remainder = [1_u64, 0, 0];
    while quotient >> 127 == 0 {
        remainder = double(remainder);
        quotient <<= 1;
        if at_least(remainder, divisor) {
            remainder = minus(remainder, divisor);
            quotient |= 1;
        }
    }
    quotient
}

const fn times_five(a: [u64; 3]) -> [u64; 3] {
    let mut out = [0; 3];
    let mut carry = 0_u128;
    let mut i = 0;
    while i < 3 {
        let sum = a[i] as u128 * 5 + carry;
        out[i] = sum as u64;
        carry = sum >> 64;
        i += 1;
    }
    out
}

const fn double(a: [u64; 3]) -> [u64; 3] {
    [a[0] << 1, a[1] << 1 | a[0] >> 63, a[2] << 1 | a[1] >> 63]
}

const fn at_least(a: [u64; 3], b: [u64; 3]) -> bool {
    let mut i = 3;
    while i > 0 {
        i -= 1;
        if a[i] != b[i] {
            return a[i] > b[i];
        }
    }
    true
}

const fn minus(a: [u64; 3], b: [u64; 3]) -> [u64; 3] {
    let mut out = [0; 3];
    let mut borrow = false;
    let mut i = 0;
    while i < 3 {
        let (first, one) = a[i].overflowing_sub(b[i]);
        let (second, two) = first.overflowing_sub(borrow as u64);
        out[i] = second;
        borrow = one || two;
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str) {
        let expected: f64 = text.parse().unwrap();
        let padded = format!("{text}\"]],[1234");
        let (value, length) = fast(padded.as_bytes()).unwrap_or_else(|| panic!("{text} goes the slow way"));
        assert_eq!(
            (value.to_bits(), length),
            (expected.to_bits(), text.len()),
            "{text}: {value} {expected}"
        );
    }

    #[test]
    fn corners() {
        for text in [
            "0",
            "-0",
            "1",
            "-1",
            "0.1",
            "12345678",
            "123456789",
            "0.30000000000000004",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740991",
            "1.7976931348623157",
            "0.000000000000000000001",
            "0.00000000000000000000000000000000000000000000000123",
            "8.5",
            "1234567890123456789",
            "9223372036854775807",
            "9999999999999999999",
            "0.06666666666666667",
            "3.141592653589793",
            "4503599627370496.5",
            "4503599627370497.5",
            "9007199254740993.0",
            "5708990770823839524",
        ] {
            check(text);
        }
        for text in [
            "",
            "-",
            "x",
            ".5",
            "5.",
            "01",
            "1e5",
            "1E5",
            "+1",
            "12345678901234567890123",
            "NaN",
        ] {
            assert_eq!(fast(format!("{text}\"]],[1234").as_bytes()), None, "{text}");
        }
        // Too near to the end to look at eight bytes.
        assert_eq!(fast(b"1\"]"), None);
    }

    #[test]
    fn short_forms() {
        for text in [
            "0", "7", "1234567", "0.5", "12.345", "1.23456", "10", "0.00001", "100.001",
        ] {
            let padded = format!("{text}\"],[123456");
            assert_eq!(
                short(padded.as_bytes(), b'"'),
                Some((text.parse().unwrap(), text.len())),
                "{text}"
            );
        }
        for text in [
            "", "12345678", "1.234567", ".5", "5.", "05", "00", "1.2.3", "-1", "1e5", "NaN", "+Inf", "1 ",
            ".", "1a",
        ] {
            assert_eq!(
                short(format!("{text}\"],[123456").as_bytes(), b'"'),
                None,
                "{text}"
            );
        }
        assert_eq!(short(b"1\"],[1", b'"'), None, "too near to the end");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Bytes that are nearly numbers: what is read is what the standard library reads, and only of the JSON form.
        #[test]
        fn short_or_not(text in r#"[0-9.\-e"]{0,9}"#) {
            let padded = format!("{text}\",[12345678");
            let whole = text.split('"').next().unwrap();
            let parts: Vec<&str> = whole.split('.').collect();
            let plain = parts.len() <= 2
                && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
                && (parts[0].len() == 1 || !parts[0].starts_with('0'));
            let expected = (plain && whole.len() < 8).then(|| (whole.parse::<f64>().unwrap().to_bits(), whole.len()));
            let found = short(padded.as_bytes(), b'"').map(|(value, length)| (value.to_bits(), length));
            prop_assert_eq!(found, expected, "{}", text);
        }

        #[test]
        fn any_digits(mantissa in any::<u64>(), shift in 0_u32..64, places in 0_usize..30, negative: bool) {
            let mut text = (mantissa >> shift).to_string();
            if places > 0 {
                while text.len() <= places {
                    text.insert(0, '0');
                }
                text.insert(text.len() - places, '.');
            }
            if negative {
                text.insert(0, '-');
            }
            let expected: f64 = text.parse().unwrap();
            let padded = format!("{text},12345678");
            if let Some((value, length)) = fast(padded.as_bytes()) {
                prop_assert_eq!((value.to_bits(), length), (expected.to_bits(), text.len()), "{}", text);
            }
        }

        #[test]
        fn shortest_forms(bits: u64) {
            let value = f64::from_bits(bits);
            let text = format!("{value}");
            let padded = format!("{text},12345678");
            if value.is_finite() && let Some((read, length)) = fast(padded.as_bytes()) {
                prop_assert_eq!((read.to_bits(), length), (value.to_bits(), text.len()), "{}", text);
            }
        }

        /// Where the decision between two doubles is the closest: half-way points and their neighbours.
        #[test]
        fn half_way(significand in (1_u64 << 53)..(1 << 54), power in 0_i32..11, off in -1_i64..2) {
            // An odd 54-bit integer over 2^power is exactly between two doubles.
            let scaled = u128::from(significand | 1) * 5_u128.pow(power as u32);
            let digits = (scaled as i128 + i128::from(off)) as u128;
            let mut text = digits.to_string();
            if power > 0 {
                text.insert(text.len() - power as usize, '.');
            }
            let expected: f64 = text.parse().unwrap();
            let padded = format!("{text},12345678");
            if let Some((value, _)) = fast(padded.as_bytes()) {
                prop_assert_eq!(value.to_bits(), expected.to_bits(), "{}", text);
            }
        }
    }
}
