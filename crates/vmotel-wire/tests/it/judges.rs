//! What others must say of a body.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

use vmotel_model::{Kind, Number};
use vmotel_testkit::{
    Version,
    tools::{Finder, Tool},
};

use crate::{
    cases::{Case, Value},
    python::Read,
};

/// Lets `promtool check metrics` read a body; what it says of style does not count.
pub(crate) fn promtool(body: &[u8]) {
    for version in Version::BOTH {
        let tool = Finder::from_env()
            .find(Tool::Promtool, version)
            .expect("promtool can be had");
        let mut child = Command::new(&tool.path)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("promtool starts");
        child
            .stdin
            .take()
            .expect("stdin is piped")
            .write_all(body)
            .expect("promtool reads");
        let output = child.wait_with_output().expect("promtool ends");
        let said = String::from_utf8_lossy(&output.stderr);
        // 3 is its status for style alone.
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 3)) && !said.contains("error while linting"),
            "promtool of {version:?} ends with {code:?}: {said}"
        );
    }
}

/// Checks that each number of the cases was read with its labels and value, none doubled, and nothing else of that name.
pub(crate) fn same_numbers(cases: &[Case], read: &[Read]) {
    let mut by_zz: BTreeMap<(&str, &str), Vec<&Read>> = BTreeMap::new();
    for series in read {
        let zz = series.labels.get("zz").map_or("", String::as_str);
        by_zz.entry((&series.name, zz)).or_default().push(series);
    }
    let mut checked = 0;
    for case in cases {
        // An independent spelling of the escaping `underscores`: the number of the case keeps names apart.
        let name: String = case
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' || c == ':' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        for (labels, value) in &case.series {
            let zz = labels
                .iter()
                .find(|(name, _)| name == "zz")
                .map_or("", |(_, value)| value);
            let found = |suffix: &str| {
                by_zz
                    .get(&(format!("{name}{suffix}").as_str(), zz))
                    .cloned()
                    .unwrap_or_default()
            };
            let (suffix, expected) = match value {
                Value::Number(Number::U64(n)) => ("", *n as f64),
                Value::Number(Number::I64(n)) => ("", *n as f64),
                Value::Number(Number::F64(value)) => ("", *value),
                Value::Histogram(_, counts, _) => ("_bucket", counts.iter().sum::<u64>() as f64),
                Value::Exponential(_, _, positive, negative, zero) => (
                    "_bucket",
                    (zero + positive.iter().chain(negative).sum::<u64>()) as f64,
                ),
                Value::Summary(_, _, count) => ("_count", *count as f64),
            };
            let mut series = found(suffix);
            if series.is_empty() && case.kind == Kind::Counter {
                // Python's parser of text 0.0.4 gives every counter this ending.
                series = found("_total");
            }
            if suffix == "_bucket" {
                // The last cumulative bucket is the whole; of vmrange buckets, the sum.
                let (le, vmrange): (Vec<_>, Vec<_>) = series
                    .into_iter()
                    .partition(|series| series.labels.contains_key("le"));
                if vmrange.is_empty() && !le.is_empty() {
                    series = le
                        .into_iter()
                        .filter(|series| series.labels["le"] == "+Inf")
                        .collect();
                } else {
                    let sum: f64 = vmrange.iter().map(|series| series.value).sum();
                    assert_eq!(sum, expected, "the buckets of {name} {labels:?}");
                    continue;
                }
            }
            let forbidden =
                expected.is_nan() || (case.kind == Kind::Counter && expected < 0.0 && series.is_empty());
            if forbidden {
                assert!(
                    series.is_empty(),
                    "{name} {labels:?} has no value that could be told"
                );
                continue;
            }
            assert_eq!(series.len(), 1, "{name}{suffix} {labels:?} is there once");
            assert!(
                near(series[0].value, expected),
                "{name} {labels:?}: {} is not {expected}",
                series[0].value
            );
            let mut read = series[0].labels.clone();
            read.remove("le");
            assert_eq!(read, exposed(labels), "the labels of {name}");
            checked += 1;
        }
    }
    assert!(checked > cases.len(), "only {checked} values could be compared");
}

/// The server keeps some 15 digits, and neither denormal numbers nor the sign of zero.
fn near(read: f64, expected: f64) -> bool {
    read == expected || (read - expected).abs() <= expected.abs() * 1e-12 || expected.abs() < 1e-300
}

/// What becomes of labels by the specification: empty ones are none, those that fall together are joined in the order of the
/// original names.
pub(crate) fn exposed(labels: &[(String, String)]) -> BTreeMap<String, String> {
    let sorted: BTreeMap<_, _> = labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .cloned()
        .collect();
    let mut exposed: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sorted {
        let mut key: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) {
            key.insert(0, '_');
        }
        if key.starts_with("__") {
            key = format!("key_{}", key.trim_start_matches('_'));
        }
        exposed
            .entry(key)
            .and_modify(|known| {
                known.push(';');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    exposed
}
