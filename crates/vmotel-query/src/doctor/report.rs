//! The outcome of an examination.

use serde::Serialize;

use super::{Finding, Problem, Severity};

/// What every check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The checks, by problem.
    pub checks: Vec<Checked>,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// The name of the check, as in `target_up`.
    pub check: &'static str,
    /// What it looks at, in a few words.
    pub about: &'static str,
    /// The problem it belongs to.
    pub problem: Problem,
    /// What it came to.
    pub outcome: Outcome,
    /// What it found, the worst first; empty unless the outcome is [`Outcome::Found`].
    pub findings: Vec<Finding>,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing is wrong.
    Ok,
    /// There are findings.
    Found,
    /// What it needs was not there: an address that was not given, or a server that does not tell.
    NotChecked(String),
}

impl Report {
    /// Returns all findings with the names of their checks, the worst first.
    #[must_use]
    pub fn findings(&self) -> Vec<(&'static str, &Finding)> {
        let mut all: Vec<_> = self
            .checks
            .iter()
            .flat_map(|checked| {
                checked
                    .findings
                    .iter()
                    .map(move |finding| (checked.check, finding))
            })
            .collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        all
    }

    /// Returns the severity of the worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings().first().map(|(_, finding)| finding.severity)
    }

    /// Returns how many findings have a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings()
            .iter()
            .filter(|(_, finding)| finding.severity == severity)
            .count()
    }
}
