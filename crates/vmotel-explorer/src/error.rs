//! What can go wrong at the start.

use std::io;

/// Why an explorer was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplorerError {
    /// A setting cannot be used.
    #[error("{field} has the value {value:?}, expected {expected}")]
    Config {
        /// The field's name in [`ExplorerConfig`](crate::ExplorerConfig).
        field: &'static str,
        /// The value; that of a secret is not shown.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The thread that samples cannot be started.
    #[error("cannot start the thread of the explorer")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}
