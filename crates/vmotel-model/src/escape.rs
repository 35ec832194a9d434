//! Escaping for the text formats.

/// Appends a label value, escaped for text 0.0.4 and OpenMetrics: backslash, double quote and line feed.
///
/// ```
/// let mut out = Vec::new();
/// vmotel_model::escape_label_value("C:\\ \"x\"\n", &mut out);
/// assert_eq!(out, br#"C:\\ \"x\"\n"#);
/// ```
pub fn escape_label_value(value: &str, out: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
    } else {
        escape(bytes, true, out);
    }
}

/// Appends the text of HELP, escaped for text 0.0.4: backslash and line feed.
pub fn escape_help(help: &str, out: &mut Vec<u8>) {
    escape(help.as_bytes(), false, out);
}

/// Appends the text of HELP, escaped for OpenMetrics: backslash, double quote and line feed.
pub fn escape_help_openmetrics(help: &str, out: &mut Vec<u8>) {
    escape_label_value(help, out);
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Returns true if no byte needs a backslash, eight bytes at a time.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut found = 0;
    for word in words {
        found |= marks(u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        found |= marks(u64::from_le_bytes(last));
    }
    found == 0
}

/// Returns a non-zero word if one of the eight bytes is a backslash, a double quote or a line feed.
#[inline]
const fn marks(word: u64) -> u64 {
    zeros(word ^ (ONES * b'\\' as u64))
        | zeros(word ^ (ONES * b'"' as u64))
        | zeros(word ^ (ONES * b'\n' as u64))
}

/// Returns a non-zero word if a byte is zero.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

fn escape(bytes: &[u8], quotes: bool, out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escaped = match byte {
            b'\\' => br"\\",
            b'\n' => br"\n",
            b'"' if quotes => br#"\""#,
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escaped);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}
