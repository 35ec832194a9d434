//! Byte classes: one table look-up a byte tells which rules can apply to a segment.

/// The union of the classes of the bytes of a text.
pub(crate) type Mask = u16;

pub(crate) const LOWER: Mask = 1;
pub(crate) const UPPER: Mask = 1 << 1;
pub(crate) const DIGIT: Mask = 1 << 2;
pub(crate) const DASH: Mask = 1 << 3;
pub(crate) const UNDER: Mask = 1 << 4;
pub(crate) const DOT: Mask = 1 << 5;
pub(crate) const COLON: Mask = 1 << 6;
pub(crate) const AT: Mask = 1 << 7;
pub(crate) const EQUALS: Mask = 1 << 8;
/// A parenthesis, a brace, a bracket, a dollar sign, a plus sign or an asterisk.
pub(crate) const MARK: Mask = 1 << 9;
/// Any other printable ASCII character.
pub(crate) const OTHER: Mask = 1 << 10;
/// A control character or a byte outside ASCII.
pub(crate) const BAD: Mask = 1 << 11;
pub(crate) const PERCENT: Mask = 1 << 12;
/// A letter that is not a hexadecimal digit.
pub(crate) const NON_HEX: Mask = 1 << 13;
/// A byte that ends a segment: `/`, `;`, `?`, `#`.
pub(crate) const STOP: Mask = 1 << 14;

pub(crate) const LETTER: Mask = LOWER | UPPER;
pub(crate) const SEPARATOR: Mask = DASH | UNDER | DOT;
/// What makes a segment more than letters, digits and separators.
pub(crate) const SPECIAL: Mask = COLON | AT | EQUALS | MARK | OTHER | BAD | PERCENT | STOP;

static CLASS: [Mask; 256] = table();

const fn table() -> [Mask; 256] {
    let mut table = [BAD; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
}

const fn class(byte: u8) -> Mask {
    match byte {
        b'a'..=b'f' => LOWER,
        b'g'..=b'z' => LOWER | NON_HEX,
        b'A'..=b'F' => UPPER,
        b'G'..=b'Z' => UPPER | NON_HEX,
        b'0'..=b'9' => DIGIT,
        b'-' => DASH,
        b'_' => UNDER,
        b'.' => DOT,
        b':' => COLON,
        b'@' => AT,
        b'=' => EQUALS,
        b'(' | b')' | b'{' | b'}' | b'[' | b']' | b'$' | b'+' | b'*' => MARK,
        b'%' => PERCENT,
        b'/' | b';' | b'?' | b'#' => STOP | OTHER,
        0..=31 | 127.. => BAD,
        _ => OTHER,
    }
}

#[inline]
pub(crate) fn of(byte: u8) -> Mask {
    CLASS[usize::from(byte)]
}

/// Returns the union of the classes of `text`.
pub(crate) fn mask(text: &[u8]) -> Mask {
    text.iter().fold(0, |mask, &byte| mask | of(byte))
}

#[inline]
pub(crate) fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

pub(crate) fn is_hex(mask: Mask) -> bool {
    mask & !(LETTER | DIGIT) == 0
}

pub(crate) fn all_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

pub(crate) fn count_digits(text: &[u8]) -> usize {
    text.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// Splits at the separators `-`, `_` and `.`; parts may be empty.
pub(crate) fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| is_separator(byte))
}
