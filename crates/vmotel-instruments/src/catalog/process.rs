//! The process family, under the names that client libraries of Prometheus and VictoriaMetrics share.

use vmotel_model::{Kind, MetricDef};

use crate::names;

/// The process family.
pub const PROCESS: &[MetricDef] = &[
    PROCESS_CPU_SECONDS_TOTAL,
    PROCESS_CPU_SECONDS_USER_TOTAL,
    PROCESS_CPU_SECONDS_SYSTEM_TOTAL,
    PROCESS_RESIDENT_MEMORY_BYTES,
    PROCESS_VIRTUAL_MEMORY_BYTES,
    PROCESS_OPEN_FDS,
    PROCESS_MAX_FDS,
    PROCESS_NUM_THREADS,
    PROCESS_START_TIME_SECONDS,
    PROCESS_UPTIME_SECONDS,
];

/// `process_cpu_seconds_total`
pub const PROCESS_CPU_SECONDS_TOTAL: MetricDef = MetricDef {
    name: names::PROCESS_CPU_SECONDS_TOTAL,
    kind: Kind::Counter,
    unit: "s",
    help: "CPU time of the process in seconds",
    labels: &[],
    buckets: &[],
};

/// `process_cpu_seconds_user_total`; no unit, as a word after it would change the name
pub const PROCESS_CPU_SECONDS_USER_TOTAL: MetricDef = MetricDef {
    name: names::PROCESS_CPU_SECONDS_USER_TOTAL,
    kind: Kind::Counter,
    unit: "",
    help: "CPU time of the process in user mode in seconds",
    labels: &[],
    buckets: &[],
};

/// `process_cpu_seconds_system_total`; no unit, as a word after it would change the name
pub const PROCESS_CPU_SECONDS_SYSTEM_TOTAL: MetricDef = MetricDef {
    name: names::PROCESS_CPU_SECONDS_SYSTEM_TOTAL,
    kind: Kind::Counter,
    unit: "",
    help: "CPU time of the process in the kernel in seconds",
    labels: &[],
    buckets: &[],
};

/// `process_resident_memory_bytes`
pub const PROCESS_RESIDENT_MEMORY_BYTES: MetricDef = MetricDef {
    name: names::PROCESS_RESIDENT_MEMORY_BYTES,
    kind: Kind::Gauge,
    unit: "By",
    help: "Memory of the process in RAM in bytes",
    labels: &[],
    buckets: &[],
};

/// `process_virtual_memory_bytes`
pub const PROCESS_VIRTUAL_MEMORY_BYTES: MetricDef = MetricDef {
    name: names::PROCESS_VIRTUAL_MEMORY_BYTES,
    kind: Kind::Gauge,
    unit: "By",
    help: "Address space of the process in bytes",
    labels: &[],
    buckets: &[],
};

/// `process_open_fds`
pub const PROCESS_OPEN_FDS: MetricDef = MetricDef {
    name: names::PROCESS_OPEN_FDS,
    kind: Kind::Gauge,
    unit: "{fds}",
    help: "Number of open file descriptors",
    labels: &[],
    buckets: &[],
};

/// `process_max_fds`: the soft limit; absent if there is none
pub const PROCESS_MAX_FDS: MetricDef = MetricDef {
    name: names::PROCESS_MAX_FDS,
    kind: Kind::Gauge,
    unit: "{fds}",
    help: "Largest number of open file descriptors",
    labels: &[],
    buckets: &[],
};

/// `process_num_threads`
pub const PROCESS_NUM_THREADS: MetricDef = MetricDef {
    name: names::PROCESS_NUM_THREADS,
    kind: Kind::Gauge,
    unit: "{threads}",
    help: "Number of threads of the process",
    labels: &[],
    buckets: &[],
};

/// `process_start_time_seconds`
pub const PROCESS_START_TIME_SECONDS: MetricDef = MetricDef {
    name: names::PROCESS_START_TIME_SECONDS,
    kind: Kind::Gauge,
    unit: "s",
    help: "Start time of the process in seconds since the Unix epoch",
    labels: &[],
    buckets: &[],
};

/// `process_uptime_seconds`
pub const PROCESS_UPTIME_SECONDS: MetricDef = MetricDef {
    name: names::PROCESS_UPTIME_SECONDS,
    kind: Kind::Gauge,
    unit: "s",
    help: "Time since the start of the process in seconds",
    labels: &[],
    buckets: &[],
};
