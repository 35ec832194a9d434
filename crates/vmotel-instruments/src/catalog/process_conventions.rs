//! The process by the semantic conventions of OpenTelemetry (version 1.44): all release candidates that Linux can tell of a process. It
//! counts no bytes of the network by process, and there are no Windows handles.

use vmotel_model::{Kind, LabelDef, MetricDef};

use crate::{labels, names};

const MODE: &[LabelDef] = &[LabelDef {
    name: labels::CPU_MODE,
    help: "For whom the CPU worked",
    values: &["user", "system"],
}];
const DIRECTION: &[LabelDef] = &[LabelDef {
    name: labels::DISK_IO_DIRECTION,
    help: "Where the bytes went",
    values: &["read", "write"],
}];
const SWITCH: &[LabelDef] = &[LabelDef {
    name: labels::PROCESS_CONTEXT_SWITCH_TYPE,
    help: "voluntary: it waited; involuntary: others were to run",
    values: &["voluntary", "involuntary"],
}];
const FAULT: &[LabelDef] = &[LabelDef {
    name: labels::SYSTEM_PAGING_FAULT_TYPE,
    help: "major: read from storage",
    values: &["minor", "major"],
}];

/// The process by the semantic conventions.
pub const PROCESS_CONVENTIONS: &[MetricDef] = &[
    PROCESS_CPU_TIME,
    PROCESS_CPU_UTILIZATION,
    PROCESS_MEMORY_USAGE,
    PROCESS_MEMORY_VIRTUAL,
    PROCESS_DISK_IO,
    PROCESS_THREAD_COUNT,
    PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
    PROCESS_CONTEXT_SWITCHES,
    PROCESS_PAGING_FAULTS,
    PROCESS_UPTIME,
];

/// `process.cpu.time`
pub const PROCESS_CPU_TIME: MetricDef = MetricDef {
    name: names::PROCESS_CPU_TIME,
    kind: Kind::Counter,
    unit: "s",
    help: "CPU time of the process by mode",
    labels: MODE,
    buckets: &[],
};

/// `process.cpu.utilization`: over the time since the last collection, at least half a second
pub const PROCESS_CPU_UTILIZATION: MetricDef = MetricDef {
    name: names::PROCESS_CPU_UTILIZATION,
    kind: Kind::Gauge,
    unit: "1",
    help: "Share of the CPUs available to the process that it used since the last collection (0-1)",
    labels: MODE,
    buckets: &[],
};

/// `process.memory.usage`
pub const PROCESS_MEMORY_USAGE: MetricDef = MetricDef {
    name: names::PROCESS_MEMORY_USAGE,
    kind: Kind::UpDownCounter,
    unit: "By",
    help: "Memory of the process in RAM",
    labels: &[],
    buckets: &[],
};

/// `process.memory.virtual`
pub const PROCESS_MEMORY_VIRTUAL: MetricDef = MetricDef {
    name: names::PROCESS_MEMORY_VIRTUAL,
    kind: Kind::UpDownCounter,
    unit: "By",
    help: "Address space of the process",
    labels: &[],
    buckets: &[],
};

/// `process.disk.io`: absent where the system forbids to ask.
pub const PROCESS_DISK_IO: MetricDef = MetricDef {
    name: names::PROCESS_DISK_IO,
    kind: Kind::Counter,
    unit: "By",
    help: "Bytes read from and written to storage",
    labels: DIRECTION,
    buckets: &[],
};

/// `process.thread.count`
pub const PROCESS_THREAD_COUNT: MetricDef = MetricDef {
    name: names::PROCESS_THREAD_COUNT,
    kind: Kind::UpDownCounter,
    unit: "{thread}",
    help: "Number of threads of the process",
    labels: &[],
    buckets: &[],
};

/// `process.unix.file_descriptor.count`
pub const PROCESS_UNIX_FILE_DESCRIPTOR_COUNT: MetricDef = MetricDef {
    name: names::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
    kind: Kind::UpDownCounter,
    unit: "{file_descriptor}",
    help: "Number of open file descriptors",
    labels: &[],
    buckets: &[],
};

/// `process.context_switches`
pub const PROCESS_CONTEXT_SWITCHES: MetricDef = MetricDef {
    name: names::PROCESS_CONTEXT_SWITCHES,
    kind: Kind::Counter,
    unit: "{context_switch}",
    help: "How often the process was taken off a CPU",
    labels: SWITCH,
    buckets: &[],
};

/// `process.paging.faults`
pub const PROCESS_PAGING_FAULTS: MetricDef = MetricDef {
    name: names::PROCESS_PAGING_FAULTS,
    kind: Kind::Counter,
    unit: "{fault}",
    help: "Page faults of the process",
    labels: FAULT,
    buckets: &[],
};

/// `process.uptime`: exposed under the name that it has in the process family, too.
pub const PROCESS_UPTIME: MetricDef = MetricDef {
    name: names::PROCESS_UPTIME,
    kind: Kind::Gauge,
    unit: "s",
    help: "Time since the start of the process",
    labels: &[],
    buckets: &[],
};
