//! Why a configuration is refused.

/// Why a [`UrlConfig`](crate::UrlConfig) is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlConfigError {
    /// The name all placeholders are collapsed to has the wrong form.
    #[error(
        "collapse is {value:?}, expected \"*\", \":name\" or \"{{name}}\" with letters, digits and underscores"
    )]
    Collapse {
        /// The refused name.
        value: String,
    },
    /// An allowed segment is empty, too long, or has a character that no output has.
    #[error("allowed segment is {value:?}, expected 1 to 64 visible ASCII characters without / ? # ; and %")]
    Allow {
        /// The refused segment.
        value: String,
    },
    /// An own route has the wrong form.
    #[error(
        "route is {value:?}, expected a path of at most 10 segments: text, \":name\", \"{{name}}\", \"*\", and \"**\" at the end"
    )]
    Route {
        /// The refused route.
        value: String,
    },
    /// An own segment rule has the wrong form.
    #[error(
        "segment rule {pattern:?} -> {name:?}, expected a pattern and a name of letters, digits and underscores"
    )]
    SegmentRule {
        /// The refused pattern.
        pattern: String,
        /// The refused name.
        name: String,
    },
    /// A limit of the second level is out of range.
    #[error("{name} is {value}, expected {expected}")]
    Limit {
        /// The field.
        name: &'static str,
        /// Its value.
        value: usize,
        /// The range.
        expected: &'static str,
    },
}

/// Why a [`ControllerConfig`](crate::ControllerConfig) or a metric is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControllerError {
    /// A limit is out of range.
    #[error("{name} is {value}, expected {expected}")]
    Limit {
        /// The field.
        name: &'static str,
        /// Its value.
        value: String,
        /// The range.
        expected: &'static str,
    },
    /// A name that stands for folded values is not usable.
    #[error("fold name is {value:?}, expected 1 to 64 characters")]
    FoldName {
        /// The refused name.
        value: String,
    },
    /// There are as many metrics as the controller may know.
    #[error("metric {name:?} is beyond the limit of {limit} metrics")]
    TooManyMetrics {
        /// The refused metric.
        name: String,
        /// The limit in force.
        limit: usize,
    },
    /// A metric exists with other labels.
    #[error("metric {name:?} has the labels {known:?}, expected the same, got {given:?}")]
    OtherLabels {
        /// The metric.
        name: String,
        /// Its labels.
        known: Vec<String>,
        /// The labels asked for.
        given: Vec<String>,
    },
}

/// Why [`LimitsConfig`](crate::LimitsConfig) or the environment is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// An environment variable holds a value that cannot be used.
    #[error("{variable} has the value {value:?}, expected {expected}")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// Its value, cut at 200 characters.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// An environment variable looks like one of this crate and is none.
    #[error("{name} is not known, expected a variable of the table in the crate documentation")]
    Unknown {
        /// The variable.
        name: String,
    },
    /// A limit on label sets is refused.
    #[error(transparent)]
    Labels(#[from] ControllerError),
    /// An option for request paths is refused.
    #[error(transparent)]
    Paths(#[from] UrlConfigError),
}
