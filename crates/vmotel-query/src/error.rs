//! What can go wrong with a query.

use http::StatusCode;
use serde::Deserialize;
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

/// Why a request to VictoriaMetrics failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is out of its range; nothing was sent.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// The server refused the query: a syntax error, a limit, its own time limit (status 422, or 503 when data is missing and partial
    /// answers are denied).
    #[error("the server refused the query ({status}): {message}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The server's message.
        message: String,
        /// Whether the server gave up because of time.
        timed_out: bool,
        /// Whether another try makes sense.
        verdict: Verdict,
    },
    /// The server does not know the path: a cluster was asked like a single node or the other way round, or a proxy needs a prefix.
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
    /// All query slots of the server are taken (status 429).
    #[error("the server has no free query slot: {message}")]
    Busy {
        /// The server's message.
        message: String,
        /// When to try again.
        verdict: Verdict,
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
    /// The answer lacks the data of a storage that is away, and complete data was asked for.
    #[error("the answer is partial, expected a complete one")]
    Partial,
    /// Any other failure of the exchange, also any other status.
    #[error(transparent)]
    Http(HttpError),
}

impl Error {
    /// Returns whether the same request is worth another try.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Refused { verdict, .. } | Self::Busy { verdict, .. } => *verdict,
            Self::Http(error) => error.verdict(),
            Self::Partial => Verdict::Retry,
            Self::Param(_) | Self::UnknownPath { .. } | Self::Unauthorized { .. } | Self::Decode { .. } => {
                Verdict::Fatal
            }
        }
    }
}

/// The body of an error in the Prometheus form.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

impl From<HttpError> for Error {
    /// Sorts an answer that is not a success by its content: `Content-Type` does not tell, and some statuses are shared.
    fn from(error: HttpError) -> Self {
        let HttpError::Status {
            url,
            status,
            verdict,
            body,
            ..
        } = &error
        else {
            return Self::Http(error);
        };
        let (status, verdict) = (*status, *verdict);
        let json = serde_json::from_str::<ErrorBody>(body).ok();
        let message = json.as_ref().map_or(body, |json| &json.error).clone();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Unauthorized { status, message },
            StatusCode::TOO_MANY_REQUESTS => Self::Busy { message, verdict },
            _ if is_unknown_path(&message) => Self::UnknownPath {
                url: url.clone(),
                message,
            },
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Self::refused(status, message, verdict)
            }
            _ if json.is_some() => Self::refused(status, message, verdict),
            _ => Self::Http(error),
        }
    }
}

impl Error {
    fn refused(status: StatusCode, message: String, verdict: Verdict) -> Self {
        let timed_out = message.contains("timeout exceeded") || message.contains("deadline exceeded");
        Self::Refused {
            status,
            message,
            timed_out,
            verdict,
        }
    }
}

/// The wordings of single node and cluster for a path they do not have; both come with status 400.
fn is_unknown_path(message: &str) -> bool {
    [
        "unsupported path",
        "unsupported URL format",
        "cannot parse accountID",
    ]
    .iter()
    .any(|wording| message.contains(wording))
}
