//! What can go wrong with a query.

mod sort;

use std::time::Duration;

use http::StatusCode;
pub(crate) use sort::Endpoint;
use thiserror::Error;
use vmotel_http::{Error as HttpError, Verdict};

/// A parameter that was refused before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name} is {value:?}, expected {expected}")]
#[non_exhaustive]
pub struct ParamError {
    /// The parameter.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What is valid.
    pub expected: &'static str,
}

/// Why a request to VictoriaMetrics, vmalert or Prometheus failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is out of its range; nothing was sent.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// The server refused the request: a syntax error, a limit, its own time limit (status 422 or 400, or 503 when data is missing and
    /// partial answers are denied).
    #[error("the server refused the query ({status}): {message}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The server's word for the kind of error: `422` of VictoriaMetrics, `bad_data` of Prometheus; empty if it gives none.
        kind: String,
        /// The server's message.
        message: String,
        /// Whether the server gave up because of time.
        timed_out: bool,
        /// Whether another try makes sense.
        verdict: Verdict,
    },
    /// The server does not know a path that every server of this API has: a cluster was asked like a single node or the other way
    /// round, or a proxy needs a prefix.
    #[error(
        "{url} is not known to the server: {message}; expected a single node for Tenant::SingleNode, and vmselect or vminsert of a \
         cluster for Tenant::Cluster"
    )]
    UnknownPath {
        /// The address.
        url: String,
        /// The server's message.
        message: String,
    },
    /// The server has no such endpoint: it is another product or an older version, or the tenant does not fit it.
    #[error("the server has no endpoint for {endpoint} at {url}: {message}")]
    Unsupported {
        /// What was asked for, as in `export`.
        endpoint: &'static str,
        /// The address.
        url: String,
        /// The server's message.
        message: String,
    },
    /// All query slots of the server are taken (status 429).
    #[error("the server has no free query slot: {message}")]
    Throttled {
        /// How long the server asks to wait; `None` if it does not say.
        after: Option<Duration>,
        /// The server's message.
        message: String,
    },
    /// The credentials are missing or wrong (status 401 or 403).
    #[error("the server refused the credentials ({status}): {message}")]
    Unauthorized {
        /// The status.
        status: StatusCode,
        /// The server's message.
        message: String,
    },
    /// The answer is complete but not what the endpoint promises.
    #[error("the answer of {endpoint} could not be understood: {reason}")]
    Decode {
        /// The endpoint.
        endpoint: &'static str,
        /// What is wrong, with the place in the answer.
        reason: String,
    },
    /// The answer began well and then broke off; what came before is good but not all.
    #[error("the answer of {endpoint} broke off after {series} series and {samples} samples: {cause}")]
    Truncated {
        /// The endpoint.
        endpoint: &'static str,
        /// Series that had begun.
        series: u64,
        /// Samples that were handed out.
        samples: u64,
        /// What broke it off.
        cause: Cut,
    },
    /// The answer lacks the data of a storage that is away, and complete data was asked for.
    #[error("the answer is partial, expected a complete one")]
    Partial,
    /// What an import was given to send could not be read; the whole lines before are stored.
    #[error("the samples to import could not be read, after {bytes} bytes")]
    Input {
        /// The bytes that were sent, before compression.
        bytes: u64,
        /// The cause.
        source: std::io::Error,
    },
    /// A blocking call cannot be waited for; only with the feature `blocking`.
    #[cfg(feature = "blocking")]
    #[error("the blocking client cannot wait: {reason}")]
    Blocking {
        /// Why not.
        reason: &'static str,
    },
    /// Any other failure of the exchange, also any other status.
    #[error(transparent)]
    Http(HttpError),
}

/// What broke an answer off.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Cut {
    /// The connection broke, or the deadline passed.
    #[error("{0}")]
    Transport(#[source] Box<HttpError>),
    /// The answer ended in the middle.
    #[error("it ends too early")]
    End,
    /// The server put an error behind what it had already sent.
    #[error("the server adds: {0}")]
    Server(String),
}

impl Error {
    /// Returns whether the same request is worth another try.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Refused { verdict, .. } => *verdict,
            Self::Throttled { after, .. } => after.map_or(Verdict::Retry, Verdict::Throttle),
            Self::Http(error) => error.verdict(),
            Self::Truncated { cause, .. } => cause.verdict(),
            Self::Partial => Verdict::Retry,
            #[cfg(feature = "blocking")]
            Self::Blocking { .. } => Verdict::Fatal,
            Self::Param(_)
            | Self::UnknownPath { .. }
            | Self::Unsupported { .. }
            | Self::Unauthorized { .. }
            | Self::Input { .. }
            | Self::Decode { .. } => Verdict::Fatal,
        }
    }
}

impl Cut {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Transport(error) => error.verdict(),
            Self::End => Verdict::Retry,
            // A limit of the server: the same query meets it again.
            Self::Server(_) => Verdict::Fatal,
        }
    }
}
