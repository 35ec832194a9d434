//! Why a query cannot be built.

use crate::error::ParseError;

/// Why a query cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A name that no query can hold.
    #[error("invalid {what} {name:?}, expected at least one character and none above U+FFFF")]
    InvalidName {
        /// `metric name` or `label name`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A duration that does not fit.
    #[error("invalid {what} of {seconds} s, expected 1 ms to 290 million years")]
    InvalidDuration {
        /// `window`, `step` or `offset`.
        what: &'static str,
        /// The duration in seconds.
        seconds: f64,
    },
    /// The query would be refused, by a bad regular expression or wrong arguments of a named function.
    #[error("the query {query} would be refused")]
    Refused {
        /// The query as text.
        query: String,
        /// The reason.
        #[source]
        reason: ParseError,
    },
}
