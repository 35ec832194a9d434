//! The guide's ten queries and four aggregations in their right forms, each checked against the generated values.

mod expected;

use std::collections::BTreeMap;

use serde::Serialize;
use vmotel_query::VectorSeries;

use super::{
    backfill::History,
    compare::{labels, near},
    stack::Storage,
};

/// How far a result may be from ours: sums of many floats differ by their order.
const RELATIVE: f64 = 1e-9;

/// One query, checked.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) query: String,
    /// How many series the result has, and how many were worked out.
    pub(super) series: usize,
    pub(super) expected_series: usize,
    /// One of the results, to look at.
    pub(super) example: String,
    /// The first difference.
    pub(super) difference: Option<String>,
    pub(super) equal: bool,
}

/// A result: values by labels.
type Values = BTreeMap<BTreeMap<String, String>, f64>;

/// A query with what it must give.
#[derive(Debug)]
struct Case {
    name: &'static str,
    query: String,
    values: Values,
}

/// Runs every query at the end of the history.
pub(super) async fn check(history: &History, storage: &Storage) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for case in expected::cases(history) {
        let result = storage.query_at(&case.query, history.end).await?;
        rows.push(row(case, &result));
    }
    Ok(rows)
}

fn row(case: Case, result: &[VectorSeries]) -> Row {
    let stored: Values = result
        .iter()
        .map(|series| (labels(series), series.sample.value))
        .collect();
    let difference = difference(&case.values, &stored);
    let example = stored.iter().next().map_or_else(String::new, |(labels, value)| {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{} -> {value:.4}", labels.join(" "))
    });
    Row {
        name: case.name,
        query: case.query,
        series: stored.len(),
        expected_series: case.values.len(),
        example,
        // Nothing beside nothing would prove nothing.
        equal: difference.is_none() && !case.values.is_empty() && stored.values().any(|value| *value != 0.0),
        difference,
    }
}

fn difference(expected: &Values, stored: &Values) -> Option<String> {
    for (labels, value) in expected {
        match stored.get(labels) {
            None => return Some(format!("{labels:?} is missing, expected {value}")),
            Some(found) if !near(*value, *found, RELATIVE) => {
                return Some(format!("{labels:?} is {found}, expected {value}"));
            }
            Some(_) => {}
        }
    }
    let extra = stored.keys().find(|labels| !expected.contains_key(*labels));
    extra.map(|labels| format!("{labels:?} is not expected"))
}
