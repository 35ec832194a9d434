//! HTTP clients, by the semantic conventions of OpenTelemetry (version 1.44, stable but for the marked ones).

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::{
    http_server::{BYTES, METHOD, SCHEME, SECONDS, VERSION},
    label,
};
use crate::{labels, names};

pub(super) const ADDRESS: LabelDef = label(labels::SERVER_ADDRESS, "The host that is asked");
pub(super) const PORT: LabelDef = label(labels::SERVER_PORT, "The port that is asked");

/// In the order of their keys. Whatever has no value is no label.
const REQUEST: &[LabelDef] = &[
    label(
        labels::ERROR_TYPE,
        "The status from 400 on; else cancelled, panic, body_error, or what the client tells",
    ),
    METHOD,
    label(
        labels::HTTP_RESPONSE_STATUS_CODE,
        "The response's status; none if no response came",
    ),
    VERSION,
    ADDRESS,
    PORT,
    SCHEME,
    label(
        labels::URL_TEMPLATE,
        "The template of the URL, where the caller tells it",
    ),
];

/// HTTP clients by the semantic conventions.
pub const HTTP_CLIENT: &[MetricDef] = &[
    HTTP_CLIENT_REQUEST_DURATION,
    HTTP_CLIENT_ACTIVE_REQUESTS,
    HTTP_CLIENT_REQUEST_BODY_SIZE,
    HTTP_CLIENT_RESPONSE_BODY_SIZE,
];

/// `http.client.request.duration`
pub const HTTP_CLIENT_REQUEST_DURATION: MetricDef = MetricDef {
    name: names::HTTP_CLIENT_REQUEST_DURATION,
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of HTTP client requests",
    labels: REQUEST,
    buckets: SECONDS,
};

/// `http.client.active_requests`; in development.
pub const HTTP_CLIENT_ACTIVE_REQUESTS: MetricDef = MetricDef {
    name: names::HTTP_CLIENT_ACTIVE_REQUESTS,
    kind: Kind::UpDownCounter,
    unit: "{request}",
    help: "Number of active HTTP client requests",
    labels: &[METHOD, ADDRESS, PORT, SCHEME],
    buckets: &[],
};

/// `http.client.request.body.size`; in development, exposed where the family is told to record it.
pub const HTTP_CLIENT_REQUEST_BODY_SIZE: MetricDef = MetricDef {
    name: names::HTTP_CLIENT_REQUEST_BODY_SIZE,
    kind: Kind::Histogram,
    unit: "By",
    help: "Size of HTTP client request bodies",
    labels: REQUEST,
    buckets: BYTES,
};

/// `http.client.response.body.size`; in development, exposed where the family is told to record it.
pub const HTTP_CLIENT_RESPONSE_BODY_SIZE: MetricDef = MetricDef {
    name: names::HTTP_CLIENT_RESPONSE_BODY_SIZE,
    kind: Kind::Histogram,
    unit: "By",
    help: "Size of HTTP client response bodies",
    labels: REQUEST,
    buckets: BYTES,
};
