//! From an answer that is not a success to the error it means.

use http::StatusCode;
use serde::Deserialize;
use vmotel_http::{Error as HttpError, Verdict};

use crate::Error;

/// What was asked for, and whether every server of the API has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) name: &'static str,
    /// A server without it is not of this API at all: the address is wrong.
    pub(crate) common: bool,
}

impl Endpoint {
    pub(crate) const fn common(name: &'static str) -> Self {
        Self { name, common: true }
    }

    pub(crate) const fn special(name: &'static str) -> Self {
        Self { name, common: false }
    }
}

/// The body of an error in the Prometheus form.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    #[serde(default, rename = "errorType")]
    kind: Kind,
}

/// A text, or a number with vmalert.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Kind {
    #[default]
    None,
    Text(String),
    Number(u64),
}

impl Error {
    /// Sorts an answer that is not a success by its content: `Content-Type` does not tell, and some statuses are shared.
    pub(crate) fn sort(endpoint: Endpoint, error: HttpError) -> Self {
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
        let kind = match json.as_ref().map(|json| &json.kind) {
            Some(Kind::Text(text)) => text.clone(),
            Some(Kind::Number(number)) => number.to_string(),
            Some(Kind::None) | None => String::new(),
        };
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Unauthorized { status, message },
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled {
                after: match verdict {
                    Verdict::Throttle(after) => Some(after),
                    _ => None,
                },
                message,
            },
            _ if is_unknown_path(status, &message) => {
                let url = url.clone();
                if endpoint.common {
                    Self::UnknownPath { url, message }
                } else {
                    Self::Unsupported {
                        endpoint: endpoint.name,
                        url,
                        message,
                    }
                }
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Self::refused(status, kind, message, verdict)
            }
            _ if json.is_some() => Self::refused(status, kind, message, verdict),
            _ => Self::Http(error),
        }
    }

    /// Returns the error of an answer that says so with status 200.
    pub(crate) fn said(kind: String, message: String) -> Self {
        Self::refused(StatusCode::OK, kind, message, Verdict::Fatal)
    }

    fn refused(status: StatusCode, kind: String, message: String, verdict: Verdict) -> Self {
        let timed_out = kind == "timeout"
            || ["timeout exceeded", "deadline exceeded", "query timed out"]
                .iter()
                .any(|wording| message.contains(wording));
        Self::Refused {
            status,
            kind,
            message,
            timed_out,
            verdict,
        }
    }
}

/// The wordings of VictoriaMetrics, single node and cluster, for a path they do not have, which come with status 400; Prometheus and vmagent
/// answer 404 in words.
fn is_unknown_path(status: StatusCode, message: &str) -> bool {
    let words = match status {
        StatusCode::BAD_REQUEST => &[
            "unsupported path",
            "unsupported URL format",
            "cannot parse accountID",
            "-vmalert.proxyURL",
        ][..],
        StatusCode::NOT_FOUND => &["404 page not found", "unsupported path"],
        // A front end for files, or one that knows only GET at this path.
        StatusCode::METHOD_NOT_ALLOWED => &[""],
        _ => &[],
    };
    words.iter().any(|wording| message.contains(wording))
}
