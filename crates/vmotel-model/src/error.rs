//! What is wrong with a name.

use crate::{Kind, limits};

/// A name that cannot be exposed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name is the empty string.
    #[error("a {what} name is empty, expected {}", expected(*.what))]
    Empty {
        /// What was to be named.
        what: NameOf,
    },
    /// No character of the name is left after translation.
    #[error(
        "nothing is left of the metric name {name:?} after translation, expected at least one letter or digit of ASCII"
    )]
    NothingLeft {
        /// The name as given.
        name: String,
    },
    /// The name belongs to the server, which writes a series of this name itself for every scrape.
    #[error(
        "the metric name {name:?} becomes {exposed:?}, which the scraping server writes itself; choose another name"
    )]
    ReservedMetric {
        /// The name as given.
        name: String,
        /// The exposed name.
        exposed: String,
    },
    /// The label belongs to the format or to the type of the metric.
    #[error("the label name {name:?} is reserved on a {kind:?}, choose another name")]
    ReservedLabel {
        /// The name as given.
        name: String,
        /// The type of the metric.
        kind: Kind,
    },
    /// A character is not allowed.
    #[error("the {what} name {name:?} has {character:?} at byte {at}, expected {}", expected(*.what))]
    Character {
        /// What was to be named.
        what: NameOf,
        /// The name as given.
        name: String,
        /// The first character that is not allowed.
        character: char,
        /// Where it stands, in bytes.
        at: usize,
    },
    /// The name is longer than the server takes.
    #[error("the {what} name {}... has {len} bytes, expected at most {max}", start(.name))]
    TooLong {
        /// What was to be named.
        what: NameOf,
        /// The name as given.
        name: String,
        /// Its length in bytes.
        len: usize,
        /// The longest name in bytes.
        max: usize,
    },
}

/// Tells what a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOf {
    /// A metric.
    Metric,
    /// A label.
    Label,
}

impl std::fmt::Display for NameOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Metric => "metric",
            Self::Label => "label",
        })
    }
}

impl NameOf {
    /// Returns the longest name in bytes that VictoriaMetrics stores.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Metric => limits::MAX_LABEL_VALUE_BYTES,
            Self::Label => limits::MAX_LABEL_NAME_BYTES,
        }
    }
}

const fn expected(what: NameOf) -> &'static str {
    match what {
        NameOf::Metric => "[a-zA-Z_:][a-zA-Z0-9_:]*",
        NameOf::Label => "[a-zA-Z_][a-zA-Z0-9_]*",
    }
}

fn start(name: &str) -> String {
    name.chars()
        .take(40)
        .collect::<String>()
        .escape_debug()
        .to_string()
}
