//! gRPC servers and clients, by the semantic conventions of OpenTelemetry (version 1.44, release candidate; the calls in flight are ours).

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::{
    http_client::{ADDRESS, PORT},
    http_server::SECONDS,
    label,
};
use crate::{labels, names};

/// By number, as gRPC's statuscodes.md names them.
pub(crate) const STATUSES: &[&str] = &[
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

const METHOD: LabelDef = label(
    labels::RPC_METHOD,
    "The service and method; _OTHER if it is not a known one",
);
const STATUS: LabelDef = LabelDef {
    name: labels::RPC_STATUS_CODE,
    help: "The status of the call; none if none was given",
    values: STATUSES,
};
const SYSTEM: LabelDef = LabelDef {
    name: labels::RPC_SYSTEM_NAME,
    help: "The system of remote calls",
    values: &["grpc"],
};

/// gRPC servers by the semantic conventions.
pub const RPC_SERVER: &[MetricDef] = &[RPC_SERVER_CALL_DURATION, RPC_SERVER_ACTIVE_CALLS];

/// gRPC clients by the semantic conventions.
pub const RPC_CLIENT: &[MetricDef] = &[RPC_CLIENT_CALL_DURATION, RPC_CLIENT_ACTIVE_CALLS];

/// `rpc.server.call.duration`
pub const RPC_SERVER_CALL_DURATION: MetricDef = MetricDef {
    name: names::RPC_SERVER_CALL_DURATION,
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of incoming remote calls",
    // In the order of their keys. Whatever has no value is no label.
    labels: &[
        label(
            labels::ERROR_TYPE,
            "The status if it is an error of the server; else panic, service_error or body_error",
        ),
        METHOD,
        STATUS,
        SYSTEM,
    ],
    buckets: SECONDS,
};

/// `rpc.server.active_calls`; ours.
pub const RPC_SERVER_ACTIVE_CALLS: MetricDef = MetricDef {
    name: names::RPC_SERVER_ACTIVE_CALLS,
    kind: Kind::UpDownCounter,
    unit: "{call}",
    help: "Number of active incoming remote calls",
    labels: &[SYSTEM],
    buckets: &[],
};

/// `rpc.client.call.duration`
pub const RPC_CLIENT_CALL_DURATION: MetricDef = MetricDef {
    name: names::RPC_CLIENT_CALL_DURATION,
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of outgoing remote calls",
    // As those of servers, and then whom the client asks.
    labels: &[
        label(labels::ERROR_TYPE, "The status if it is not OK; else panic"),
        METHOD,
        STATUS,
        SYSTEM,
        ADDRESS,
        PORT,
    ],
    buckets: SECONDS,
};

/// `rpc.client.active_calls`; ours.
pub const RPC_CLIENT_ACTIVE_CALLS: MetricDef = MetricDef {
    name: names::RPC_CLIENT_ACTIVE_CALLS,
    kind: Kind::UpDownCounter,
    unit: "{call}",
    help: "Number of active outgoing remote calls",
    labels: &[SYSTEM, ADDRESS, PORT],
    buckets: &[],
};
