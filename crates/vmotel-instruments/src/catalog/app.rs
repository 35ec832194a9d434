//! The application family.

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::label;
use crate::{labels, names};

const HTTP_LABELS: &[LabelDef] = &[
    label(
        labels::METHOD,
        "The request's method; _OTHER if it is not a known one",
    ),
    label(
        labels::PATH,
        "The template of the route; _unmatched if there is none",
    ),
    label(
        labels::STATUS_CODE,
        "The response's status; 499 if the request was cancelled before its response",
    ),
];

const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BYTES: &[f64] = &[100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

/// The application family.
pub const APP: &[MetricDef] = &[
    HTTP_REQUESTS_TOTAL,
    HTTP_ERRORS_TOTAL,
    HTTP_REQUEST_DURATION_SECONDS,
    HTTP_REQUEST_SIZE_BYTES,
    HTTP_ACTIVE_CONNECTIONS,
    HTTP_RESPONSE_TIME_SECONDS,
    ACTIVE_USERS,
    PROCESS_MEMORY_BYTES,
    PROCESS_CPU_USAGE,
];

/// `http_requests_total`
pub const HTTP_REQUESTS_TOTAL: MetricDef = MetricDef {
    name: names::HTTP_REQUESTS_TOTAL,
    kind: Kind::Counter,
    unit: "{requests}",
    help: "Total number of HTTP requests",
    labels: HTTP_LABELS,
    buckets: &[],
};

/// `http_errors_total`: statuses of 400 and more.
pub const HTTP_ERRORS_TOTAL: MetricDef = MetricDef {
    name: names::HTTP_ERRORS_TOTAL,
    kind: Kind::Counter,
    unit: "{errors}",
    help: "Total number of HTTP errors",
    labels: HTTP_LABELS,
    buckets: &[],
};

/// `http_request_duration_seconds`
pub const HTTP_REQUEST_DURATION_SECONDS: MetricDef = MetricDef {
    name: names::HTTP_REQUEST_DURATION_SECONDS,
    kind: Kind::Histogram,
    unit: "s",
    help: "HTTP request duration in seconds",
    labels: HTTP_LABELS,
    buckets: SECONDS,
};

/// `http_request_size_bytes`
pub const HTTP_REQUEST_SIZE_BYTES: MetricDef = MetricDef {
    name: names::HTTP_REQUEST_SIZE_BYTES,
    kind: Kind::Histogram,
    unit: "By",
    help: "HTTP request size in bytes",
    labels: HTTP_LABELS,
    buckets: BYTES,
};

/// `http_active_connections`: exposed once the HTTP layer, or an `ActiveConnection`, is in use.
pub const HTTP_ACTIVE_CONNECTIONS: MetricDef = MetricDef {
    name: names::HTTP_ACTIVE_CONNECTIONS,
    kind: Kind::UpDownCounter,
    unit: "{requests}",
    help: "Number of HTTP requests being served",
    labels: &[],
    buckets: &[],
};

/// `http_response_time_seconds`: exposed where the HTTP layer is told to record it.
pub const HTTP_RESPONSE_TIME_SECONDS: MetricDef = MetricDef {
    name: names::HTTP_RESPONSE_TIME_SECONDS,
    kind: Kind::Histogram,
    unit: "s",
    help: "Time to the head of the HTTP response in seconds",
    labels: HTTP_LABELS,
    buckets: SECONDS,
};

/// `active_users`
pub const ACTIVE_USERS: MetricDef = MetricDef {
    name: names::ACTIVE_USERS,
    kind: Kind::UpDownCounter,
    unit: "{users}",
    help: "Number of active users",
    labels: &[],
    buckets: &[],
};

/// `process_memory_bytes`: the same reading as `process_resident_memory_bytes`.
pub const PROCESS_MEMORY_BYTES: MetricDef = MetricDef {
    name: names::PROCESS_MEMORY_BYTES,
    kind: Kind::Gauge,
    unit: "By",
    help: "Process memory usage in bytes",
    labels: &[],
    buckets: &[],
};

/// `process_cpu_usage`: 100 when all CPUs available to the process are busy with it.
pub const PROCESS_CPU_USAGE: MetricDef = MetricDef {
    name: names::PROCESS_CPU_USAGE,
    kind: Kind::Gauge,
    unit: "1",
    help: "Process CPU usage percentage (0-100)",
    labels: &[],
    buckets: &[],
};
