//! The allocator jemalloc: a convention of this project, as OpenTelemetry has none. Names and meanings are those of jemalloc's own
//! statistics, see `stats.allocated` and the following in `jemalloc(3)`.

use vmotel_model::{Kind, MetricDef};

use crate::names;

/// The allocator jemalloc.
pub const JEMALLOC: &[MetricDef] = &[
    JEMALLOC_ALLOCATED,
    JEMALLOC_ACTIVE,
    JEMALLOC_METADATA,
    JEMALLOC_RESIDENT,
    JEMALLOC_MAPPED,
    JEMALLOC_RETAINED,
];

/// `jemalloc.allocated`
pub const JEMALLOC_ALLOCATED: MetricDef = bytes(
    names::JEMALLOC_ALLOCATED,
    "Bytes that the program has allocated: what only grows is a leak",
);

/// `jemalloc.active`
pub const JEMALLOC_ACTIVE: MetricDef = bytes(
    names::JEMALLOC_ACTIVE,
    "Bytes in pages that hold what is allocated: far more than allocated means that memory is fragmented",
);

/// `jemalloc.metadata`
pub const JEMALLOC_METADATA: MetricDef = bytes(
    names::JEMALLOC_METADATA,
    "Bytes by which the allocator keeps account",
);

/// `jemalloc.resident`
pub const JEMALLOC_RESIDENT: MetricDef = bytes(
    names::JEMALLOC_RESIDENT,
    "Bytes in RAM at most: active pages, account, and pages that are free and not yet given back",
);

/// `jemalloc.mapped`
pub const JEMALLOC_MAPPED: MetricDef = bytes(
    names::JEMALLOC_MAPPED,
    "Bytes of address space in use by the allocator",
);

/// `jemalloc.retained`
pub const JEMALLOC_RETAINED: MetricDef = bytes(
    names::JEMALLOC_RETAINED,
    "Bytes of address space that the allocator keeps for later and that take no RAM",
);

const fn bytes(name: &'static str, help: &'static str) -> MetricDef {
    MetricDef {
        name,
        kind: Kind::UpDownCounter,
        unit: "By",
        help,
        labels: &[],
        buckets: &[],
    }
}
