//! The assertion on one series.

use std::fmt::{self, Write as _};

use super::{Expose, Sample, Samples, samples::write_series};

/// How many of the nearest series a failure shows.
const SHOWN: usize = 5;

/// Fails if a series is not there with this value: `assert_metric!(test, "orders_total", [("way", "card")], 2)`.
///
/// The series is that with exactly these labels, in any order; without them, that without labels. Buckets (`_bucket` with `le` or
/// `vmrange`), `_sum` and `_count` are series. Whole numbers are compared exactly, others to a relative error of 1e-9. The failure
/// shows the nearest series.
///
/// It takes whatever is [`Expose`](crate::testing::Expose): a `TestMeter`, an `Exporter`, or the text of a scrape.
///
/// ```
/// use vmotel_exporter::assert_metric;
///
/// let text = "jobs_total{queue=\"mail\"} 3\nload 0.5\n";
/// assert_metric!(text, "jobs_total", [("queue", "mail")], 3);
/// assert_metric!(text, "load", 0.5);
/// ```
///
/// ```should_panic
/// let text = "jobs_total{queue=\"mail\"} 3\n";
/// vmotel_exporter::assert_metric!(text, "jobs_total", [("queue", "post")], 3);
/// // there is no series jobs_total{queue="post"}, expected it with 3; the nearest are
/// //   jobs_total{queue="mail"} 3    queue is "mail" and not "post"
/// ```
#[macro_export]
macro_rules! assert_metric {
    ($from:expr, $name:expr, [$(($label:expr, $text:expr)),* $(,)?], $value:expr $(,)?) => {
        if let Err(difference) =
            $crate::testing::check(&$from, $name, &[$(($label, $text)),*], $value.into())
        {
            ::core::panic!("{difference}");
        }
    };
    ($from:expr, $name:expr, $value:expr $(,)?) => {
        $crate::assert_metric!($from, $name, [], $value)
    };
}

/// The value that a series should have.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// A whole number, to be met exactly.
    Whole(i128),
    /// Any number, to be met to a relative error of 1e-9.
    Number(f64),
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl From<$number> for Expected {
            fn from(number: $number) -> Self {
                Self::Whole(number.into())
            }
        }
    )*};
}

whole!(u8, u16, u32, u64, i8, i16, i32, i64);

impl From<usize> for Expected {
    fn from(number: usize) -> Self {
        Self::Whole(number as i128)
    }
}

impl From<f64> for Expected {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl Expected {
    fn is(self, text: &str) -> bool {
        match (self, text.parse::<i128>(), text.parse::<f64>()) {
            (Self::Whole(expected), Ok(found), _) => expected == found,
            // Large ones are written as 1e21.
            (Self::Whole(expected), Err(_), Ok(found)) => expected as f64 == found,
            (Self::Number(expected), _, Ok(found)) => {
                expected == found
                    || (expected.is_nan() && found.is_nan())
                    || (expected - found).abs() <= 1e-9 * expected.abs().max(found.abs())
            }
            (_, _, Err(_)) => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:?}"),
        }
    }
}

/// Looks for a series with a value; what [`assert_metric!`](crate::assert_metric) does.
///
/// # Errors
/// Returns what is there instead.
pub fn check(
    from: &(impl Expose + ?Sized),
    name: &str,
    labels: &[(&str, &str)],
    expected: Expected,
) -> Result<(), String> {
    let samples = Samples::parse(&from.expose());
    let mut series = String::new();
    let _ = write_series(&mut series, name, labels.iter().copied());
    match samples.find(name, labels) {
        Some(sample) if expected.is(&sample.value) => Ok(()),
        Some(sample) => Err(format!("{series} is {}, expected {expected}", sample.value)),
        None if samples.0.is_empty() => Err(format!(
            "there is no series {series}, expected it with {expected}; there is none at all"
        )),
        None => {
            let mut message =
                format!("there is no series {series}, expected it with {expected}; the nearest are");
            for sample in nearest(&samples, name, labels) {
                let _ = write!(message, "\n  {sample}    {}", difference(sample, name, labels));
            }
            Err(message)
        }
    }
}

/// Returns the series that are most alike, best first.
fn nearest<'a>(samples: &'a Samples, name: &str, labels: &[(&str, &str)]) -> Vec<&'a Sample> {
    let distance = |sample: &Sample| {
        let wrong = |(name, value): &&(&str, &str)| sample.label(name) != Some(value);
        let wrong = labels.iter().filter(wrong).count();
        let surplus = sample.labels.len().saturating_sub(labels.len() - wrong);
        (strsim::damerau_levenshtein(name, &sample.name), wrong + surplus)
    };
    let mut all: Vec<&Sample> = samples.0.iter().collect();
    all.sort_by_key(|sample| distance(sample));
    all.truncate(SHOWN);
    all
}

/// Says in what a series differs.
fn difference(sample: &Sample, name: &str, labels: &[(&str, &str)]) -> String {
    let mut differences = Vec::new();
    if sample.name != name {
        differences.push(format!("another name than {name}"));
    }
    for (label, expected) in labels {
        match sample.label(label) {
            Some(value) if value == *expected => {}
            Some(value) => differences.push(format!("{label} is {value:?} and not {expected:?}")),
            None => differences.push(format!("{label} is missing")),
        }
    }
    for (label, _) in &sample.labels {
        if !labels.iter().any(|(known, _)| known == label) {
            differences.push(format!("{label} was not asked for"));
        }
    }
    differences.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# TYPE jobs_total counter
jobs_total{queue=\"mail\",ok=\"true\"} 3
jobs_total{queue=\"post\",ok=\"true\"} 18446744073709551615
jobs_total{queue=\"mail\",ok=\"false\",why=\"full\"} 1
load 0.30000000000000004
empty NaN
big 1e21
";

    #[test]
    fn values_are_compared() {
        let is = |name: &str, expected: Expected| check(TEXT, name, &[], expected);
        assert_eq!(is("load", 0.3.into()), Ok(()));
        assert!(is("load", 0.300_001.into()).is_err());
        assert!(is("load", 0_u8.into()).is_err());
        assert_eq!(is("empty", f64::NAN.into()), Ok(()));
        assert_eq!(is("big", Expected::Whole(1_000_000_000_000_000_000_000)), Ok(()));
        let post = [("ok", "true"), ("queue", "post")];
        assert_eq!(check(TEXT, "jobs_total", &post, u64::MAX.into()), Ok(()));
        assert_eq!(
            check(TEXT, "jobs_total", &post, (u64::MAX - 1).into()),
            Err(format!(
                "jobs_total{{ok=\"true\",queue=\"post\"}} is {}, expected {}",
                u64::MAX,
                u64::MAX - 1
            ))
        );
    }

    #[test]
    fn a_failure_shows_the_nearest_series() {
        let mail = [("queue", "mail"), ("ok", "maybe")];
        assert_eq!(
            check(TEXT, "job_total", &mail, 3.into()).unwrap_err(),
            r#"there is no series job_total{queue="mail",ok="maybe"}, expected it with 3; the nearest are
  jobs_total{ok="true",queue="mail"} 3    another name than job_total, ok is "true" and not "maybe"
  jobs_total{ok="false",queue="mail",why="full"} 1    another name than job_total, ok is "false" and not "maybe", why was not asked for
  jobs_total{ok="true",queue="post"} 18446744073709551615    another name than job_total, queue is "post" and not "mail", ok is "true" and not "maybe"
  load 0.30000000000000004    another name than job_total, queue is missing, ok is missing
  empty NaN    another name than job_total, queue is missing, ok is missing"#
        );
        assert_eq!(
            check("", "job_total", &[], 3.into()).unwrap_err(),
            "there is no series job_total, expected it with 3; there is none at all"
        );
    }
}
