//! What can go wrong with a server under test.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error as ThisError;

use crate::tools::ToolError;

/// Why a server could not be started or asked.
///
/// `Debug` reads like `Display` with all causes, since that is what a failing test prints.
#[derive(ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The program is missing or cannot be used.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file of the server could not be written or read.
    #[error("{} could not be used: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The program could not be started.
    #[error("{program} could not be started: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The server ended or was not ready in time.
    #[error("{program} {what}; its log:\n{log}")]
    NotReady {
        /// The program.
        program: String,
        /// What happened instead.
        what: String,
        /// The end of the server's log.
        log: String,
    },
    /// The connection to the server failed.
    #[error("{url} could not be asked: {source}")]
    Http {
        /// The address.
        url: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The server answered something else than a success.
    #[error("{url} answered {status}: {body}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// The text of the answer.
        body: String,
    },
    /// The answer has an unexpected shape.
    #[error("the answer of {url} could not be understood: {reason}: {body}")]
    Answer {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
        /// The text of the answer.
        body: String,
    },
    /// Something did not come true in time.
    #[error("after {seconds} s {what}")]
    Waited {
        /// How long was waited.
        seconds: f64,
        /// What there was at the end.
        what: String,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
