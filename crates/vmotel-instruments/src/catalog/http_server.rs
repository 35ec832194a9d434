//! HTTP servers, by the semantic conventions of OpenTelemetry (version 1.44, stable but for the marked ones).

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::label;
use crate::{labels, names};

pub(super) const METHOD: LabelDef = label(
    labels::HTTP_REQUEST_METHOD,
    "The request's method; _OTHER if it is not a known one",
);
pub(super) const SCHEME: LabelDef = LabelDef {
    name: labels::URL_SCHEME,
    help: "The scheme of the request's URL",
    values: &["http", "https"],
};

pub(super) const VERSION: LabelDef = LabelDef {
    name: labels::NETWORK_PROTOCOL_VERSION,
    help: "The version of HTTP",
    values: &["0.9", "1.0", "1.1", "2", "3"],
};

/// In the order of their keys. Whatever has no value is no label.
const REQUEST: &[LabelDef] = &[
    label(
        labels::ERROR_TYPE,
        "The status from 500 on; else client_disconnected, panic, service_error or body_error",
    ),
    METHOD,
    label(
        labels::HTTP_RESPONSE_STATUS_CODE,
        "The response's status; none if no response was begun",
    ),
    label(
        labels::HTTP_ROUTE,
        "The template of the route; none if there is none",
    ),
    VERSION,
    SCHEME,
];

/// The boundaries that the conventions advise for durations of HTTP.
pub(super) const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// The conventions advise none.
pub(super) const BYTES: &[f64] = &[0.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

/// HTTP servers by the semantic conventions.
pub const HTTP_SERVER: &[MetricDef] = &[
    HTTP_SERVER_REQUEST_DURATION,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_REQUEST_BODY_SIZE,
    HTTP_SERVER_RESPONSE_BODY_SIZE,
];

/// `http.server.request.duration`
pub const HTTP_SERVER_REQUEST_DURATION: MetricDef = MetricDef {
    name: names::HTTP_SERVER_REQUEST_DURATION,
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of HTTP server requests",
    labels: REQUEST,
    buckets: SECONDS,
};

/// `http.server.active_requests`; in development.
pub const HTTP_SERVER_ACTIVE_REQUESTS: MetricDef = MetricDef {
    name: names::HTTP_SERVER_ACTIVE_REQUESTS,
    kind: Kind::UpDownCounter,
    unit: "{request}",
    help: "Number of active HTTP server requests",
    labels: &[METHOD, SCHEME],
    buckets: &[],
};

/// `http.server.request.body.size`; in development, exposed where the family is told to record it.
pub const HTTP_SERVER_REQUEST_BODY_SIZE: MetricDef = MetricDef {
    name: names::HTTP_SERVER_REQUEST_BODY_SIZE,
    kind: Kind::Histogram,
    unit: "By",
    help: "Size of HTTP server request bodies",
    labels: REQUEST,
    buckets: BYTES,
};

/// `http.server.response.body.size`; in development, exposed where the family is told to record it.
pub const HTTP_SERVER_RESPONSE_BODY_SIZE: MetricDef = MetricDef {
    name: names::HTTP_SERVER_RESPONSE_BODY_SIZE,
    kind: Kind::Histogram,
    unit: "By",
    help: "Size of HTTP server response bodies",
    labels: REQUEST,
    buckets: BYTES,
};
