//! What the doctor finds.

use std::fmt;

use serde::Serialize;

/// One of the four problems that the checks are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// Metrics do not arrive, or rules do not see them.
    MetricsMissing,
    /// Queries take long or are refused.
    SlowQueries,
    /// Samples are dropped, will be, or are counted twice.
    DataLost,
    /// Memory is short, or will be.
    MemoryHigh,
}

/// How bad a finding is; the worst one decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Something is wrong, or will be.
    Warning,
    /// Metrics are missing or lost now.
    Critical,
}

/// One finding: what is wrong, the numbers that show it, and how it is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub finding: String,
    /// What was read that shows it.
    pub evidence: Vec<String>,
    /// Commands or configuration that mend it, most likely first.
    pub fix: Vec<String>,
}

impl Finding {
    pub(crate) fn note(finding: impl Into<String>) -> Self {
        Self::new(Severity::Note, finding.into())
    }

    pub(crate) fn warning(finding: impl Into<String>) -> Self {
        Self::new(Severity::Warning, finding.into())
    }

    pub(crate) fn critical(finding: impl Into<String>) -> Self {
        Self::new(Severity::Critical, finding.into())
    }

    pub(crate) fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    pub(crate) fn fix(mut self, line: impl Into<String>) -> Self {
        self.fix.push(line.into());
        self
    }

    fn new(severity: Severity, finding: String) -> Self {
        Self {
            severity,
            finding,
            evidence: Vec::new(),
            fix: Vec::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MetricsMissing => "metrics missing",
            Self::SlowQueries => "slow queries",
            Self::DataLost => "data lost",
            Self::MemoryHigh => "memory high",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}
