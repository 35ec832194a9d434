//! What can go wrong in an exchange.

use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use thiserror::Error;

use crate::Verdict;

/// The cause below an [`Error`], of a type that is not part of the contract.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why an exchange with a server failed.
///
/// Addresses in it have no query (it may hold keys) and no credentials.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The future is not driven by a tokio runtime.
    #[error("no tokio runtime drives this request, expected one with io and time enabled")]
    NoRuntime,
    /// The request cannot be put together.
    #[error("the request to {url} is invalid: {reason}")]
    Request {
        /// Where it was meant to go.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file with the bearer token could not be used.
    #[error("the bearer token file {} could not be read", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// No connection could be made: name, address, port or TLS.
    #[error("could not connect to {url}")]
    Connect {
        /// The address.
        url: String,
        /// The cause.
        source: Source,
    },
    /// The deadline of the whole exchange passed.
    #[error("no complete answer from {url} within {timeout:?} (stopped while {phase})")]
    Timeout {
        /// The address.
        url: String,
        /// The limit that was set.
        timeout: Duration,
        /// What the exchange was waiting for.
        phase: Phase,
    },
    /// The connection broke, or what came over it is not HTTP.
    #[error("the exchange with {url} broke off while {phase}")]
    Transport {
        /// The address.
        url: String,
        /// What the exchange was waiting for.
        phase: Phase,
        /// The cause.
        source: Source,
    },
    /// The body of the answer is not valid gzip, or ends too early.
    #[error("the answer of {url} is not valid gzip: {reason}")]
    Gzip {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer came in an encoding that was not asked for.
    #[error("the answer of {url} has the content encoding {encoding:?}, expected gzip or none")]
    Encoding {
        /// The address.
        url: String,
        /// The header's value.
        encoding: String,
    },
    /// The body of the answer, decoded, is larger than allowed.
    #[error("the answer of {url} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit that was set, in bytes.
        limit: u64,
    },
    /// The server answered with a status outside 200 to 299.
    #[error("{url} answered {status}: {body}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: StatusCode,
        /// What [`classify`](crate::classify) says about status and headers.
        verdict: Verdict,
        /// The value of `Content-Type`, empty if absent.
        content_type: String,
        /// The text of the answer, cut after 64 KiB.
        body: String,
    },
}

/// What an exchange is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// A connection, the request to be sent, or the head of the answer.
    Answer,
    /// The body of the answer.
    Body,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Answer => "waiting for the answer",
            Self::Body => "reading the body",
        })
    }
}

impl Error {
    /// Returns whether the same request is worth another try.
    ///
    /// A status is judged by [`classify`](crate::classify). Failures of connection and time are worth one, with the reminder that
    /// the server may have acted on a request whose answer got lost. The rest is fatal.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Status { verdict, .. } => *verdict,
            Self::Connect { .. } | Self::Timeout { .. } | Self::Transport { .. } | Self::TokenFile { .. } => {
                Verdict::Retry
            }
            Self::NoRuntime
            | Self::Request { .. }
            | Self::Gzip { .. }
            | Self::Encoding { .. }
            | Self::TooLarge { .. } => Verdict::Fatal,
        }
    }
}
