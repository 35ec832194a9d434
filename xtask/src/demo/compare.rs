//! What was recorded beside what is stored.

use std::collections::BTreeMap;

use serde::Serialize;
use vmotel_query::VectorSeries;

use super::expected::{Expected, Value};

/// How far a stored float may be from the recorded one, relative to it: what the storage's decimals leave.
const RELATIVE: f64 = 1e-12;

/// One series, compared.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) metric: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) recorded: String,
    pub(super) stored: String,
    pub(super) equal: bool,
}

/// Compares every expected and every stored series; one that has no counterpart differs.
pub(super) fn rows(expected: &[Expected], stored: &[VectorSeries]) -> Vec<Row> {
    let mut stored: BTreeMap<BTreeMap<String, String>, f64> = stored
        .iter()
        .map(|series| (labels(series), series.sample.value))
        .collect();
    let mut rows: Vec<Row> = expected
        .iter()
        .map(|series| {
            let value = stored.remove(&series.labels);
            row(
                series.labels.clone(),
                recorded(series.value),
                value.map_or_else(|| "-".to_owned(), |value| value.to_string()),
                value.is_some_and(|value| equal(series.value, value)),
            )
        })
        .collect();
    // What nobody recorded.
    rows.extend(
        stored
            .into_iter()
            .map(|(labels, value)| row(labels, "-".to_owned(), value.to_string(), false)),
    );
    rows.sort_by(|a, b| (&a.metric, &a.labels).cmp(&(&b.metric, &b.labels)));
    rows
}

pub(super) fn labels(series: &VectorSeries) -> BTreeMap<String, String> {
    let pairs = series.labels.iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn row(mut labels: BTreeMap<String, String>, recorded: String, stored: String, equal: bool) -> Row {
    Row {
        metric: labels.remove("__name__").unwrap_or_default(),
        labels,
        recorded,
        stored,
        equal,
    }
}

fn recorded(value: Value) -> String {
    match value {
        Value::Whole(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Between(low, high) => format!("{low} to {high}"),
    }
}

fn equal(recorded: Value, stored: f64) -> bool {
    match recorded {
        #[expect(clippy::float_cmp, reason = "whole numbers are compared exactly")]
        Value::Whole(value) => value as f64 == stored,
        Value::Float(value) => near(value, stored, RELATIVE),
        Value::Between(low, high) => low <= stored && stored <= high,
    }
}

/// Tells whether two numbers differ by no more than a part of the larger one.
pub(super) fn near(a: f64, b: f64, relative: f64) -> bool {
    a == b || (a - b).abs() <= relative * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_seen() {
        let cases = [
            (Value::Whole(3), 3.0, true),
            (Value::Whole(3), 4.0, false),
            (Value::Whole(1_000_000), 1_000_000.000_000_1, false),
            (Value::Float(1.0), 1.0 + 1e-13, true),
            (Value::Float(1.0), 1.0 + 1e-11, false),
            (Value::Float(0.0), 0.0, true),
            (Value::Between(1.0, 2.0), 2.0, true),
            (Value::Between(1.0, 2.0), 2.1, false),
            (Value::Float(1.0), f64::NAN, false),
        ];
        for (recorded, stored, wanted) in cases {
            assert_eq!(equal(recorded, stored), wanted, "{recorded:?} {stored}");
        }
    }

    #[test]
    fn a_series_without_counterpart_differs() {
        let name = |name: &str| BTreeMap::from([("__name__".to_owned(), name.to_owned())]);
        let expected = [Expected {
            labels: name("recorded"),
            value: Value::Whole(1),
        }];
        let stored = [VectorSeries {
            labels: vmotel_query::Labels::new([("__name__", "stored")]),
            ..VectorSeries::default()
        }];
        let rows = rows(&expected, &stored);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| !row.equal));
    }
}
