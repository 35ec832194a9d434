//! The forms in which samples are written to files.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A form of exported samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A JSON object a line; exact.
    #[default]
    Jsonl,
    /// CSV: the labels of --labels, value, milliseconds since 1970.
    Csv,
    /// The Prometheus text format.
    Text,
    /// VictoriaMetrics' own blocks: the smallest and quickest; undocumented, and only for servers that know them.
    Native,
}

impl Format {
    /// Returns the ending of files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Text => "prom",
            Self::Native => "native",
        }
    }

    /// Returns the form that a file's ending tells.
    pub(crate) fn of_file(path: &std::path::Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        [Self::Jsonl, Self::Csv, Self::Text, Self::Native]
            .into_iter()
            .find(|format| format.ending() == ending)
    }
}
