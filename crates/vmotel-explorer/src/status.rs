//! What the page tells of whoever exports the metrics.

use serde::Serialize;

/// How something does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Health {
    /// As it should.
    #[default]
    Good,
    /// Something was lost or refused, or is being tried again.
    Warning,
    /// It does not work now.
    Bad,
    /// It is switched off.
    Off,
}

/// One part, such as the pulls, the pushes or a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// How it does.
    pub health: Health,
    /// Names and values, in the order in which they are shown.
    pub facts: Vec<(String, String)>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// The state of whoever exports the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The parts, in the order in which they are shown.
    pub parts: Vec<Part>,
    /// What was warned of, the oldest first.
    pub warnings: Vec<String>,
}
