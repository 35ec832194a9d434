//! The cache family.

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::label;
use crate::{labels, names};

const NAME: LabelDef = label(labels::CACHE, "The cache's name");

/// The cache family.
pub const CACHE: &[MetricDef] = &[
    CACHE_HITS_TOTAL,
    CACHE_MISSES_TOTAL,
    CACHE_EVICTIONS_TOTAL,
    CACHE_OPERATION_DURATION_SECONDS,
    CACHE_ENTRIES,
    CACHE_WEIGHT,
];

/// `cache_hits_total`
pub const CACHE_HITS_TOTAL: MetricDef = MetricDef {
    name: names::CACHE_HITS_TOTAL,
    kind: Kind::Counter,
    unit: "{hits}",
    help: "Cache hits",
    labels: &[NAME],
    buckets: &[],
};

/// `cache_misses_total`
pub const CACHE_MISSES_TOTAL: MetricDef = MetricDef {
    name: names::CACHE_MISSES_TOTAL,
    kind: Kind::Counter,
    unit: "{misses}",
    help: "Cache misses",
    labels: &[NAME],
    buckets: &[],
};

/// `cache_evictions_total`
pub const CACHE_EVICTIONS_TOTAL: MetricDef = MetricDef {
    name: names::CACHE_EVICTIONS_TOTAL,
    kind: Kind::Counter,
    unit: "{evictions}",
    help: "Cache evictions",
    labels: &[NAME],
    buckets: &[],
};

/// `cache_operation_duration_seconds`; from 1 us for a cache in memory to 1 s for a remote one in trouble.
pub const CACHE_OPERATION_DURATION_SECONDS: MetricDef = MetricDef {
    name: names::CACHE_OPERATION_DURATION_SECONDS,
    kind: Kind::Histogram,
    unit: "s",
    help: "Cache operation duration",
    labels: &[
        NAME,
        label(labels::OPERATION, "What was done, such as get or set"),
    ],
    buckets: &[
        0.000_001, 0.000_01, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
        0.5, 1.0,
    ],
};

/// `cache_entries`: exposed for caches that are observed.
pub const CACHE_ENTRIES: MetricDef = MetricDef {
    name: names::CACHE_ENTRIES,
    kind: Kind::Gauge,
    unit: "{entries}",
    help: "Number of entries in the cache",
    labels: &[NAME],
    buckets: &[],
};

/// `cache_weight`: exposed for caches that are observed and weigh their entries.
pub const CACHE_WEIGHT: MetricDef = MetricDef {
    name: names::CACHE_WEIGHT,
    kind: Kind::Gauge,
    unit: "",
    help: "What the entries of the cache weigh, in the unit of its weigher",
    labels: &[NAME],
    buckets: &[],
};
