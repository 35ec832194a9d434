//! What a server stores, read without any code under test.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// One series of an instant query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The labels, `__name__` included.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
    /// The value as the server wrote it.
    pub text: String,
}

/// One series of `/api/v1/export`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExportedSeries {
    /// The labels, `__name__` included.
    pub labels: BTreeMap<String, String>,
    /// Milliseconds since 1970 and value; `None` stands for a staleness marker.
    pub samples: Vec<(i64, Option<f64>)>,
}

impl Sample {
    /// Returns the value of a label, or the empty string.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Returns a time at which everything written until now is visible to a query.
///
/// The default time of a query is now rounded down to a second, which hides the newest samples; this one is two seconds ahead, and
/// the lookback of five minutes covers the difference.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a real server lives by the real clock")]
pub fn fresh_time() -> SystemTime {
    SystemTime::now() + Duration::from_secs(2)
}

pub(crate) fn samples(answer: &Value) -> Option<Vec<Sample>> {
    let result = answer.get("data")?.get("result")?.as_array()?;
    result
        .iter()
        .map(|series| {
            let text = series.get("value")?.get(1)?.as_str()?.to_owned();
            Some(Sample {
                labels: labels(series)?,
                value: text.parse().ok()?,
                text,
            })
        })
        .collect()
}

pub(crate) fn exported(lines: &str) -> Option<Vec<ExportedSeries>> {
    lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(exported_line)
        .collect()
}

fn exported_line(line: &str) -> Option<ExportedSeries> {
    let series: Value = serde_json::from_str(line).ok()?;
    let times = series.get("timestamps")?.as_array()?;
    let values = series.get("values")?.as_array()?;
    let samples = times
        .iter()
        .zip(values)
        .map(|(time, value)| Some((time.as_i64()?, exported_value(value)?)));
    Some(ExportedSeries {
        labels: labels(&series)?,
        samples: samples.collect::<Option<_>>()?,
    })
}

fn exported_value(value: &Value) -> Option<Option<f64>> {
    match value {
        Value::Null => Some(None),
        Value::Number(number) => Some(number.as_f64()),
        Value::String(text) => text.parse().ok().map(Some),
        _ => None,
    }
}

fn labels(series: &Value) -> Option<BTreeMap<String, String>> {
    let metric = series.get("metric")?.as_object()?;
    metric
        .iter()
        .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}
