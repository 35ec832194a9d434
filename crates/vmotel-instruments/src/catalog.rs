//! The definition of every metric in this crate: the instruments are made from these entries and from nothing else.
//!
//! ```
//! use vmotel_instruments::catalog;
//!
//! let with_unit = catalog::all().filter(|def| def.unit == "s").count();
//! assert!(with_unit > 0);
//! assert_eq!(catalog::find("active_users"), Some(&catalog::ACTIVE_USERS));
//! ```

mod app;
mod business;
mod cache;
mod db_pool;
mod grpc;
mod http_client;
mod http_server;
mod jemalloc;
mod process;
mod process_conventions;
mod tokio;

use vmotel_model::{LabelDef, MetricDef};

#[cfg(feature = "grpc")]
pub(crate) use self::grpc::STATUSES;
pub use self::{
    app::{
        ACTIVE_USERS, APP, HTTP_ACTIVE_CONNECTIONS, HTTP_ERRORS_TOTAL, HTTP_REQUEST_DURATION_SECONDS,
        HTTP_REQUEST_SIZE_BYTES, HTTP_REQUESTS_TOTAL, HTTP_RESPONSE_TIME_SECONDS, PROCESS_CPU_USAGE,
        PROCESS_MEMORY_BYTES,
    },
    business::{
        BUSINESS, BUSINESS_CART_SIZE, BUSINESS_INVENTORY_LEVEL, BUSINESS_ORDER_AMOUNT_TOTAL,
        BUSINESS_ORDER_DURATION_SECONDS, BUSINESS_ORDERS_TOTAL, BUSINESS_REJECTED_TOTAL,
    },
    cache::{
        CACHE, CACHE_ENTRIES, CACHE_EVICTIONS_TOTAL, CACHE_HITS_TOTAL, CACHE_MISSES_TOTAL,
        CACHE_OPERATION_DURATION_SECONDS, CACHE_WEIGHT,
    },
    db_pool::{
        DB_CLIENT_CONNECTION_COUNT, DB_CLIENT_CONNECTION_CREATE_TIME, DB_CLIENT_CONNECTION_IDLE_MAX,
        DB_CLIENT_CONNECTION_IDLE_MIN, DB_CLIENT_CONNECTION_MAX, DB_CLIENT_CONNECTION_PENDING_REQUESTS,
        DB_CLIENT_CONNECTION_TIMEOUTS, DB_CLIENT_CONNECTION_USE_TIME, DB_CLIENT_CONNECTION_WAIT_TIME,
        DB_POOL,
    },
    grpc::{
        RPC_CLIENT, RPC_CLIENT_ACTIVE_CALLS, RPC_CLIENT_CALL_DURATION, RPC_SERVER, RPC_SERVER_ACTIVE_CALLS,
        RPC_SERVER_CALL_DURATION,
    },
    http_client::{
        HTTP_CLIENT, HTTP_CLIENT_ACTIVE_REQUESTS, HTTP_CLIENT_REQUEST_BODY_SIZE,
        HTTP_CLIENT_REQUEST_DURATION, HTTP_CLIENT_RESPONSE_BODY_SIZE,
    },
    http_server::{
        HTTP_SERVER, HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_BODY_SIZE,
        HTTP_SERVER_REQUEST_DURATION, HTTP_SERVER_RESPONSE_BODY_SIZE,
    },
    jemalloc::{
        JEMALLOC, JEMALLOC_ACTIVE, JEMALLOC_ALLOCATED, JEMALLOC_MAPPED, JEMALLOC_METADATA, JEMALLOC_RESIDENT,
        JEMALLOC_RETAINED,
    },
    process::{
        PROCESS, PROCESS_CPU_SECONDS_SYSTEM_TOTAL, PROCESS_CPU_SECONDS_TOTAL, PROCESS_CPU_SECONDS_USER_TOTAL,
        PROCESS_MAX_FDS, PROCESS_NUM_THREADS, PROCESS_OPEN_FDS, PROCESS_RESIDENT_MEMORY_BYTES,
        PROCESS_START_TIME_SECONDS, PROCESS_UPTIME_SECONDS, PROCESS_VIRTUAL_MEMORY_BYTES,
    },
    process_conventions::{
        PROCESS_CONTEXT_SWITCHES, PROCESS_CONVENTIONS, PROCESS_CPU_TIME, PROCESS_CPU_UTILIZATION,
        PROCESS_DISK_IO, PROCESS_MEMORY_USAGE, PROCESS_MEMORY_VIRTUAL, PROCESS_PAGING_FAULTS,
        PROCESS_THREAD_COUNT, PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, PROCESS_UPTIME,
    },
    tokio::{
        TOKIO, TOKIO_RUNTIME_ALIVE_TASKS, TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH, TOKIO_RUNTIME_BLOCKING_THREADS,
        TOKIO_RUNTIME_BUDGET_FORCED_YIELDS, TOKIO_RUNTIME_BUSY_TIME, TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH,
        TOKIO_RUNTIME_PARKS, TOKIO_RUNTIME_SPAWNED_TASKS, TOKIO_RUNTIME_WORKERS,
    },
};

/// All families by name, from which the reference and the budget come.
pub const FAMILIES: &[(&str, &[MetricDef])] = &[
    ("application", APP),
    ("HTTP server", HTTP_SERVER),
    ("HTTP client", HTTP_CLIENT),
    ("gRPC server", RPC_SERVER),
    ("gRPC client", RPC_CLIENT),
    ("business", BUSINESS),
    ("cache", CACHE),
    ("database pool", DB_POOL),
    ("process", PROCESS),
    ("process by the conventions", PROCESS_CONVENTIONS),
    ("tokio", TOKIO),
    ("jemalloc", JEMALLOC),
];

/// Returns the definitions of all families.
pub fn all() -> impl Iterator<Item = &'static MetricDef> {
    FAMILIES.iter().flat_map(|(_, definitions)| *definitions)
}

/// Returns the definition of the metric with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static MetricDef> {
    all().find(|def| def.name == name)
}

/// Defines a label whose values are free.
const fn label(name: &'static str, help: &'static str) -> LabelDef {
    LabelDef {
        name,
        help,
        values: &[],
    }
}
