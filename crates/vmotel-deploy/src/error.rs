//! What can go wrong between values and files.

use std::fmt;

use crate::Finding;

/// A deployment could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// A value is not allowed.
    #[error("{key} is {value}, expected {expected}")]
    Value {
        /// The key in the values, such as `storage.retention`.
        key: String,
        /// What it holds.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// The text of the values cannot be read: its syntax, an unknown key, a wrong type.
    #[error("the values cannot be read: {0}")]
    Syntax(String),
    /// The catalog that a service printed cannot be read.
    #[error("the catalog cannot be read: {0}")]
    Catalog(String),
    /// A signal names a metric that the catalog does not have.
    #[error("{signal} is {metric}, which is not in the catalog; it has {known}")]
    UnknownMetric {
        /// The key of the signal, such as `signals.requests`.
        signal: String,
        /// The name that was looked for.
        metric: String,
        /// The names the catalog has.
        known: String,
    },
    /// The rendered parts do not fit together.
    #[error("{} of the rendered parts do not fit together: {}", .0.len(), join(.0))]
    Inconsistent(Vec<Finding>),
    /// A text cannot be written as YAML.
    #[error("{path} cannot be written as YAML: {reason}")]
    Yaml {
        /// The file.
        path: String,
        /// What the encoder said.
        reason: String,
    },
}

impl DeployError {
    pub(crate) fn value(key: &str, value: &dyn fmt::Display, expected: &dyn fmt::Display) -> Self {
        Self::Value {
            key: key.to_owned(),
            value: value.to_string(),
            expected: expected.to_string(),
        }
    }
}

fn join(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("; ")
}
