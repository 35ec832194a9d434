//! Durations, in units of time or of the step.

use super::eq_without_span;
use crate::span::Span;

/// A duration such as `5m`, `1h30m`, `-1.5d`, `3i`, or a number of seconds such as `300`.
#[derive(Clone, Debug)]
pub struct Duration {
    text: Box<str>,
    fixed_ms: f64,
    steps: f64,
    template: bool,
    /// Place in the query.
    pub span: Span,
}
eq_without_span!(Duration: text, template);

impl Duration {
    /// Parses a duration, which may be negative and may mix units: `1h-5m`, `2i`, `90`, `1.5`.
    ///
    /// Units: `ms`, `s`, `m`, `h`, `d` (24 h), `w` (7 d), `y` (365 d), `i` (the step of the query).
    ///
    /// ```
    /// use vmotel_metricsql::ast::Duration;
    ///
    /// assert_eq!(Duration::parse("1h-5m").unwrap().millis(1_000), 3_300_000);
    /// assert_eq!(Duration::parse("2i").unwrap().millis(15_000), 30_000);
    /// assert!(Duration::parse("5q").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (fixed_ms, steps) = value(text)?;
        Some(Self {
            text: text.into(),
            fixed_ms,
            steps,
            template: false,
            span: Span::default(),
        })
    }

    /// Returns the shortest whole unit for `millis`, such as `5m` for 300,000.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        const UNITS: [(i64, &str); 6] = [
            (604_800_000, "w"),
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
            (1, "ms"),
        ];
        let (size, unit) = *UNITS
            .iter()
            .find(|(size, _)| millis % size == 0 && millis != 0)
            .unwrap_or(&(1_000, "s"));
        let text = format!("{}{unit}", millis / size).into();
        Self {
            text,
            fixed_ms: millis as f64,
            steps: 0.0,
            template: false,
            span: Span::default(),
        }
    }

    pub(crate) fn template(name: &str) -> Self {
        Self {
            text: name.into(),
            fixed_ms: 0.0,
            steps: 0.0,
            template: true,
            span: Span::default(),
        }
    }

    pub(crate) fn negated(self) -> Self {
        let text = format!("-{}", self.text);
        let (fixed_ms, steps) = value(&text).unwrap_or((-self.fixed_ms, -self.steps));
        Self {
            text: text.into(),
            fixed_ms,
            steps,
            ..self
        }
    }

    /// Returns the text, or the name of the template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the duration is the name of a `WITH` template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.template
    }

    /// Returns the length in milliseconds for a query step of `step_ms`; 0 for a template name.
    #[must_use]
    pub fn millis(&self, step_ms: i64) -> i64 {
        (self.fixed_ms + self.steps * step_ms as f64) as i64
    }

    /// Returns whether the duration is below zero whatever the step.
    pub(crate) fn is_always_negative(&self) -> bool {
        self.fixed_ms <= -1.0 && self.steps <= 0.0 || self.fixed_ms < 1.0 && self.steps < 0.0
    }
}

/// Returns milliseconds and steps.
fn value(text: &str) -> Option<(f64, f64)> {
    let bytes = text.as_bytes();
    if matches!(bytes.last()?, b'0'..=b'9' | b'.') {
        let seconds = crate::number::parse_float(text)?;
        let millis = seconds * 1000.0;
        // The server's conversion of larger numbers wraps round to a negative window.
        return (millis.abs() < 9.2e18).then_some((millis, 0.0));
    }
    let (mut fixed, mut steps, mut at, mut minus) = (0.0, 0.0, 0, false);
    while at < bytes.len() {
        let start = at;
        let end = unit_end(bytes, at, true)?;
        let unit_start =
            if bytes[end - 1].eq_ignore_ascii_case(&b's') && bytes[end - 2].eq_ignore_ascii_case(&b'm') {
                end - 2
            } else {
                end - 1
            };
        let mut number: f64 = text[start..unit_start].parse().ok()?;
        if minus && number > 0.0 {
            number = -number;
        }
        minus |= number < 0.0;
        match bytes[unit_start] {
            b'i' | b'I' => steps += number,
            b's' | b'S' => fixed += number * 1e3,
            b'm' | b'M' if end - unit_start == 2 => fixed += number,
            b'm' => fixed += number * 60e3,
            b'h' | b'H' => fixed += number * 3_600e3,
            b'd' | b'D' => fixed += number * 86_400e3,
            b'w' | b'W' => fixed += number * 7.0 * 86_400e3,
            _ => fixed += number * 365.0 * 86_400e3,
        }
        at = end;
    }
    Some((fixed, steps))
}

/// Returns the end of the number with unit that starts at `at`.
pub(crate) fn unit_end(bytes: &[u8], at: usize, may_be_negative: bool) -> Option<usize> {
    let mut i = at;
    if may_be_negative && bytes.get(i) == Some(&b'-') {
        i += 1;
    }
    while bytes.get(i).is_some_and(u8::is_ascii_digit) {
        i += 1;
    }
    if i == at {
        return None;
    }
    if bytes.get(i) == Some(&b'.') {
        i += 1;
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
    }
    match bytes.get(i)? {
        b'm' | b'M' => match bytes.get(i + 1) {
            Some(b's' | b'S') => Some(i + 2),
            Some(b'i' | b'I' | b'b' | b'B') => None,
            _ if bytes[i] == b'm' => Some(i + 1),
            _ => None,
        },
        b's' | b'S' | b'h' | b'H' | b'd' | b'D' | b'w' | b'W' | b'y' | b'Y' | b'i' | b'I' => Some(i + 1),
        _ => None,
    }
}
