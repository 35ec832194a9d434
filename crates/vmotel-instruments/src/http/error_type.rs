//! Values of `error.type`.

use http::StatusCode;
use opentelemetry::StringValue;

/// How a request failed, if not by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorType {
    /// Dropped before its end: the client has gone, or a limit outside of the layer has struck.
    ClientDisconnected,
    Panic,
    ServiceError,
    BodyError,
}

/// The statuses that exist.
const STATUSES: [&str; 12] = [
    "500", "501", "502", "503", "504", "505", "506", "507", "508", "509", "510", "511",
];

impl ErrorType {
    /// Returns the label of a request to a server; it is empty without an error. 4xx are errors of the client, not of the server.
    pub(super) fn label(error: Option<Self>, status: Option<StatusCode>) -> StringValue {
        match status.map(|status| status.as_u16()).filter(|&code| code >= 500) {
            Some(code) => Self::status(code),
            None => StringValue::from(match error {
                Some(Self::ClientDisconnected) => "client_disconnected",
                Some(Self::Panic) => "panic",
                Some(Self::ServiceError) => "service_error",
                Some(Self::BodyError) => "body_error",
                None => "",
            }),
        }
    }

    /// Returns a status as an error.
    fn status(code: u16) -> StringValue {
        match STATUSES.get(usize::from(code - 500)) {
            Some(text) => StringValue::from(*text),
            None => StringValue::from(code.to_string()),
        }
    }
}
