//! Sizes, durations and retentions with their units.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A size in bytes, written as in `512MiB` or `10GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub u64);

const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

impl Bytes {
    /// Returns this many mebibytes.
    #[must_use]
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// Returns this many gibibytes.
    #[must_use]
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is no size; write a whole number with KiB, MiB, GiB or TiB");
        let (unit, factor) = UNITS
            .iter()
            .find(|(unit, _)| text.ends_with(unit))
            .ok_or_else(expected)?;
        let number = text.trim_end_matches(unit);
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(expected());
        }
        let number: u64 = number.parse().map_err(|_| expected())?;
        number.checked_mul(*factor).map(Self).ok_or_else(expected)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS
            .iter()
            .find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor))
        {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// A duration of whole seconds, written as in `30s`, `5m` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub u64);

const STEPS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// Returns this many seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Self(count)
    }

    /// Returns this many minutes.
    #[must_use]
    pub const fn minutes(count: u64) -> Self {
        Self(count * 60)
    }

    /// Returns this many hours.
    #[must_use]
    pub const fn hours(count: u64) -> Self {
        Self(count * 3_600)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || format!("`{text}` is no duration; write whole numbers with d, h, m or s, as in 1h30m");
        let (mut total, mut number) = (0_u64, None);
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                let before: u64 = number.unwrap_or(0);
                let next = before.checked_mul(10).and_then(|n| n.checked_add(digit.into()));
                number = Some(next.ok_or_else(expected)?);
                continue;
            }
            let (_, factor) = STEPS.iter().find(|(unit, _)| *unit == c).ok_or_else(expected)?;
            let part = number.take().and_then(|n| n.checked_mul(*factor));
            total = part.and_then(|p| p.checked_add(total)).ok_or_else(expected)?;
        }
        match number {
            None if !text.is_empty() => Ok(Self(total)),
            _ => Err(expected()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, factor) in STEPS {
            if rest >= factor {
                write!(f, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

/// How long data is kept: a whole number with `d`, `w`, `M` (months) or `y`. A number alone is refused, as servers read it as months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Retention(String);

impl Retention {
    /// Returns it in days, a month as 31 and a year as 365.
    #[must_use]
    pub fn days(&self) -> u64 {
        let (number, unit) = self.0.split_at(self.0.len() - 1);
        let factor = match unit {
            "w" => 7,
            "M" => 31,
            "y" => 365,
            _ => 1,
        };
        number.parse::<u64>().unwrap_or(0) * factor
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix(['d', 'w', 'M', 'y']).unwrap_or_default();
        match number.parse::<u32>() {
            Ok(1..=99_999) if number.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no retention; write a whole number with d, w, M (months) or y, as in 1y"
            )),
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text {
    ($($type:ty),*) => {$(
        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}

text!(Bytes, Span, Retention);

/// A text of a pattern.
#[cfg(feature = "schema")]
macro_rules! pattern {
    ($($type:ident: $pattern:literal, $example:literal;)*) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] })
            }
        }
    )*};
}

#[cfg(feature = "schema")]
pattern! {
    Bytes: "^[0-9]+(KiB|MiB|GiB|TiB)$", "4GiB";
    Span: "^([0-9]+[dhms])+$", "1h30m";
    Retention: "^[1-9][0-9]*[dwMy]$", "1y";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<T: FromStr<Err = String> + fmt::Display>(rows: &[(&str, Option<&str>)]) {
        for (text, expected) in rows {
            let got = text.parse::<T>().map(|value| value.to_string());
            assert_eq!(got.as_deref().ok(), *expected, "{text}: {got:?}");
            if expected.is_none() {
                assert!(
                    got.unwrap_err().starts_with(&format!("`{text}` is no ")),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn texts() {
        check::<Bytes>(&[
            ("512MiB", Some("512MiB")),
            ("1024MiB", Some("1GiB")),
            ("-1GiB", None),
            ("+1GiB", None),
            ("2GB", None),
            ("2", None),
            ("GiB", None),
            ("99999999999TiB", None),
        ]);
        check::<Span>(&[
            ("90s", Some("1m30s")),
            ("1h30m", Some("1h30m")),
            ("0s", Some("0s")),
            ("5", None),
            ("", None),
            ("5x", None),
            ("m", None),
        ]);
        check::<Retention>(&[
            ("12M", Some("12M")),
            ("30d", Some("30d")),
            ("12", None),
            ("0d", None),
            ("-1d", None),
        ]);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,12}") {
            let _ = (text.parse::<Bytes>(), text.parse::<Span>(), text.parse::<Retention>());
        }

        #[test]
        fn spans_round_trip(seconds in 0_u64..10_000_000) {
            prop_assert_eq!(Span(seconds).to_string().parse::<Span>(), Ok(Span(seconds)));
        }
    }
}
