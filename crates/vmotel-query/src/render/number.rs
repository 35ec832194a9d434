//! Values as text.

/// Writes a value as VictoriaMetrics' text format does: in full decimal, the shortest text that reads back as the same value.
///
/// # Examples
/// ```
/// use vmotel_query::render::full;
///
/// assert_eq!(full(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(full(f64::NEG_INFINITY), "-Inf");
/// ```
#[must_use]
pub fn full(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

/// Writes a value for people: integers below 10^15 in full, of others six digits that count. At most 16 characters.
///
/// # Examples
/// ```
/// use vmotel_query::render::brief;
///
/// assert_eq!(brief(0.1 + 0.2), "0.3");
/// assert_eq!(brief(1e-7), "1.00000e-7");
/// ```
#[must_use]
pub fn brief(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || value == value.trunc() && size < 1e15 {
        return full(value);
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{value:.5e}");
    }
    let digits = (5 - size.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_values_for_people() {
        for (value, text) in [
            (0.1 + 0.2, "0.3"),
            (1234.5678, "1234.57"),
            (123_456_789.5, "123456790"),
            (0.000_123_456_78, "0.000123457"),
            (1e-7, "1.00000e-7"),
            (9_007_199_254_740_991.0, "9.00720e15"),
            (-999_999_999_999_999.0, "-999999999999999"),
            (42.0, "42"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
            (-2.50, "-2.5"),
            (f64::from_bits(1), "4.94066e-324"),
        ] {
            assert_eq!(brief(value), text, "{value:e}");
        }
    }

    proptest! {
        #[test]
        fn is_short_and_near(bits: u64) {
            let value = f64::from_bits(bits);
            let text = brief(value);
            prop_assert!(text.len() <= 16, "{text}");
            let back: f64 = text.parse().unwrap();
            let near = back == value || (back - value).abs() <= value.abs() * 1e-5;
            prop_assert!(value.is_nan() && back.is_nan() || near, "{text} for {value:e}");
        }
    }
}
