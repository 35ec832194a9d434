//! How a server came to its answer.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// A step of the server's work with the steps within it (`trace=1` of VictoriaMetrics).
///
/// Its `Display` is an indented tree, one step a line.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Trace {
    /// What was done.
    pub message: String,
    /// How long it took, in milliseconds.
    #[serde(rename = "duration_msec")]
    pub millis: f64,
    /// The steps within.
    pub children: Vec<Self>,
}

impl Trace {
    /// Returns how long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(self.millis / 1e3).unwrap_or_default()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        writeln!(
            f,
            "{:>10.3} ms {:indent$}{}",
            self.millis,
            "",
            self.message,
            indent = 2 * depth
        )?;
        self.children
            .iter()
            .try_for_each(|child| child.write(f, depth + 1))
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
