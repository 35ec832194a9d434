//! Values of `error.type`.

use opentelemetry::StringValue;

/// How a request failed, if not by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorType {
    /// Dropped before its end: the client has gone, or a limit outside of the layer has struck.
    ClientDisconnected,
    Panic,
    ServiceError,
    BodyError,
}

/// The statuses that services give, so that they need not be written each time.
const STATUSES: [(u16, &str); 16] = [
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (501, "501"),
    (502, "502"),
    (503, "503"),
    (504, "504"),
    (507, "507"),
    (508, "508"),
];

/// Returns a status as an error.
pub(super) fn of_status(code: u16) -> StringValue {
    match STATUSES.iter().find(|(known, _)| *known == code) {
        Some((_, text)) => StringValue::from(*text),
        None => StringValue::from(code.to_string()),
    }
}

impl ErrorType {
    /// Returns the label of a request to a server; it is empty without an error. 4xx are errors of the client, not of the server.
    pub(crate) fn label(error: Option<Self>, status_code: Option<u16>) -> StringValue {
        match status_code.filter(|&code| code >= 500) {
            Some(code) => of_status(code),
            None => StringValue::from(match error {
                Some(Self::ClientDisconnected) => "client_disconnected",
                Some(Self::Panic) => "panic",
                Some(Self::ServiceError) => "service_error",
                Some(Self::BodyError) => "body_error",
                None => "",
            }),
        }
    }
}
