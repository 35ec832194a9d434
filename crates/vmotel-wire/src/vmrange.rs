//! The label `vmrange`: `lower...upper` with four significant digits.

use std::io::Write;

use crate::number::{parse_exponent, push_go_exponent};

/// Appends `lower...upper` as Go's `%.3e` spells both.
pub(crate) fn push_range(lower: f64, upper: f64, out: &mut Vec<u8>) {
    push_bound(lower, out);
    out.extend_from_slice(b"...");
    push_bound(upper, out);
}

/// Appends one bound: Rust rounds as Go does, and differs in the exponent's form only.
fn push_bound(bound: f64, out: &mut Vec<u8>) {
    if bound.is_infinite() {
        out.extend_from_slice(if bound > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    let start = out.len();
    // Writing into a Vec does not fail.
    let _ = write!(out, "{bound:.3e}");
    if let Some(at) = out[start..].iter().position(|&byte| byte == b'e') {
        let exponent = parse_exponent(&out[start + at + 1..]);
        out.truncate(start + at);
        push_go_exponent(exponent, out);
    }
}

/// Reads `lower...upper`.
pub(crate) fn parse_range(range: &str) -> Option<(f64, f64)> {
    let (lower, upper) = range.split_once("...")?;
    Some((lower.parse().ok()?, upper.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spellings are those of Go's `fmt.Sprintf("%.3e...%.3e", lower, upper)`.
    #[test]
    fn spelled_as_in_go() {
        let check = |lower, upper, expected: &str| {
            let mut out = Vec::new();
            push_range(lower, upper, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check(1.0, 1.136, "1.000e+00...1.136e+00");
        check(0.0, 1e-9, "0.000e+00...1.000e-09");
        check(-1e-3, 1e-3, "-1.000e-03...1.000e-03");
        check(-2.0, -1.0, "-2.000e+00...-1.000e+00");
        check(8.98846567431158e307, f64::INFINITY, "8.988e+307...+Inf");
        check(0.0078125, 0.015625, "7.812e-03...1.562e-02");
        assert_eq!(parse_range("-1.000e-03...1.000e-03"), Some((-0.001, 0.001)));
        assert_eq!(parse_range("1"), None);
    }
}
