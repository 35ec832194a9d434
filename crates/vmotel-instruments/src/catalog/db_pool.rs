//! Pools of database connections by the semantic conventions of OpenTelemetry (version 1.44; in development).

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::label;
use crate::{labels, names};

const POOL: LabelDef = label(labels::DB_CLIENT_CONNECTION_POOL_NAME, "The name of the pool");
const STATE: LabelDef = LabelDef {
    name: labels::DB_CLIENT_CONNECTION_STATE,
    help: "Whether the connection is in use",
    values: &["idle", "used"],
};
/// The conventions advise none; these are those of `db.client.operation.duration`, and shorter ones.
const SECONDS: &[f64] = &[
    0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0,
];

/// Pools of database connections by the semantic conventions.
pub const DB_POOL: &[MetricDef] = &[
    DB_CLIENT_CONNECTION_COUNT,
    DB_CLIENT_CONNECTION_IDLE_MAX,
    DB_CLIENT_CONNECTION_IDLE_MIN,
    DB_CLIENT_CONNECTION_MAX,
    DB_CLIENT_CONNECTION_PENDING_REQUESTS,
    DB_CLIENT_CONNECTION_TIMEOUTS,
    DB_CLIENT_CONNECTION_WAIT_TIME,
    DB_CLIENT_CONNECTION_USE_TIME,
    DB_CLIENT_CONNECTION_CREATE_TIME,
];

/// `db.client.connection.count`
pub const DB_CLIENT_CONNECTION_COUNT: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_COUNT,
    kind: Kind::UpDownCounter,
    unit: "{connection}",
    help: "Connections of the pool by state",
    labels: &[POOL, STATE],
    buckets: &[],
};

/// `db.client.connection.idle.max`: absent where the pool has no such limit.
pub const DB_CLIENT_CONNECTION_IDLE_MAX: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_IDLE_MAX,
    kind: Kind::UpDownCounter,
    unit: "{connection}",
    help: "The most idle connections of the pool",
    labels: &[POOL],
    buckets: &[],
};

/// `db.client.connection.idle.min`: absent where the pool has no such limit.
pub const DB_CLIENT_CONNECTION_IDLE_MIN: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_IDLE_MIN,
    kind: Kind::UpDownCounter,
    unit: "{connection}",
    help: "The least idle connections that the pool keeps",
    labels: &[POOL],
    buckets: &[],
};

/// `db.client.connection.max`: absent where the pool has no such limit.
pub const DB_CLIENT_CONNECTION_MAX: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_MAX,
    kind: Kind::UpDownCounter,
    unit: "{connection}",
    help: "The most connections of the pool",
    labels: &[POOL],
    buckets: &[],
};

/// `db.client.connection.pending_requests`: absent where the pool does not tell.
pub const DB_CLIENT_CONNECTION_PENDING_REQUESTS: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_PENDING_REQUESTS,
    kind: Kind::UpDownCounter,
    unit: "{request}",
    help: "Requests that wait for a connection",
    labels: &[POOL],
    buckets: &[],
};

/// `db.client.connection.timeouts`
pub const DB_CLIENT_CONNECTION_TIMEOUTS: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_TIMEOUTS,
    kind: Kind::Counter,
    unit: "{timeout}",
    help: "Requests that waited too long for a connection",
    labels: &[POOL],
    buckets: &[],
};

/// `db.client.connection.wait_time`
pub const DB_CLIENT_CONNECTION_WAIT_TIME: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_WAIT_TIME,
    kind: Kind::Histogram,
    unit: "s",
    help: "Time until a connection was had from the pool",
    labels: &[POOL],
    buckets: SECONDS,
};

/// `db.client.connection.use_time`
pub const DB_CLIENT_CONNECTION_USE_TIME: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_USE_TIME,
    kind: Kind::Histogram,
    unit: "s",
    help: "Time from having a connection to giving it back",
    labels: &[POOL],
    buckets: SECONDS,
};

/// `db.client.connection.create_time`
pub const DB_CLIENT_CONNECTION_CREATE_TIME: MetricDef = MetricDef {
    name: names::DB_CLIENT_CONNECTION_CREATE_TIME,
    kind: Kind::Histogram,
    unit: "s",
    help: "Time to open a connection",
    labels: &[POOL],
    buckets: SECONDS,
};
