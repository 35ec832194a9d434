//! The definitions of the exporter's own metrics.

use vmotel_model::{Kind, LabelDef, MetricDef};

use crate::encode::Report;

/// Upper bounds of the duration of a collection, in seconds.
pub(super) const DURATION_BUCKETS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The exporter's own metrics, sorted by exposed name. A scrape shows what was counted up to the one before it.
///
/// ```
/// use vmotel_exporter::SELF_METRICS;
///
/// assert!(SELF_METRICS.iter().all(|metric| metric.name.starts_with("vmotel_exporter_")));
/// ```
pub const SELF_METRICS: &[MetricDef] = &[
    MetricDef {
        name: "vmotel_exporter_callback_panics_total",
        kind: Kind::Counter,
        unit: "{calls}",
        help: "Calls of callbacks that panicked; other instruments are collected all the same (engine native)",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_collection_duration_seconds",
        kind: Kind::Histogram,
        unit: "s",
        help: "Time to collect, encode and compress; scrapes that wait at the same time share a collection",
        labels: &[],
        buckets: DURATION_BUCKETS,
    },
    MetricDef {
        name: "vmotel_exporter_cut_measurements_total",
        kind: Kind::Counter,
        unit: "{measurements}",
        help: "Measurements of which the value of a label was cut, as it had more than 4096 bytes (engine native)",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_dropped_series_total",
        kind: Kind::Counter,
        unit: "{series}",
        help: "Series left out of collections",
        labels: &[LabelDef {
            name: "reason",
            help: "Why they were left out",
            values: &Report::REASONS,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_label_sets",
        kind: Kind::Gauge,
        unit: "{sets}",
        help: "Label sets that the limits have admitted: of the ready-made instruments, or of all where so configured",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_label_sets_folded_total",
        kind: Kind::Counter,
        unit: "{sets}",
        help: "Measurements whose label set was folded whole",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_label_values",
        kind: Kind::Gauge,
        unit: "{values}",
        help: "Distinct values of a label that came in, estimated once some were folded: the guilty label leads",
        labels: &[METRIC, LABEL],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_label_values_folded_total",
        kind: Kind::Counter,
        unit: "{values}",
        help: "Measurements in which the value of a label was folded",
        labels: &[METRIC, LABEL],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_merged_series_total",
        kind: Kind::Counter,
        unit: "{series}",
        help: "Series of several scopes or sources with equal names and labels that became one",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_overflowed_measurements_total",
        kind: Kind::Counter,
        unit: "{measurements}",
        help: "Measurements added up without their labels, as a limit on series was reached (engine native)",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_bytes_total",
        kind: Kind::Counter,
        unit: "By",
        help: "Bytes of request bodies that the server acknowledged, as sent",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_collections_total",
        kind: Kind::Counter,
        unit: "{collections}",
        help: "Collections for pushes",
        labels: &[LabelDef {
            name: "outcome",
            help: "Whether they gave anything to push",
            values: COLLECTIONS,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_discarded_samples_total",
        kind: Kind::Counter,
        unit: "{samples}",
        help: "Samples collected when nobody waited for them any more; cumulative values are in the next push",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_duration_seconds",
        kind: Kind::Histogram,
        unit: "s",
        help: "Time from a request of a push to its answer or failure",
        labels: &[],
        buckets: REQUEST_BUCKETS,
    },
    MetricDef {
        name: "vmotel_exporter_push_failures_total",
        kind: Kind::Counter,
        unit: "{requests}",
        help: "Requests that failed; those that were not refused are tried again",
        labels: &[LabelDef {
            name: "reason",
            help: "No connection, no answer in time, a broken connection, a status that promises better, or a refusal for good",
            values: FAILURES,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_last_success_timestamp_seconds",
        kind: Kind::Gauge,
        unit: "s",
        help: "When the server acknowledged a request last, in seconds since 1970",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_lost_samples_total",
        kind: Kind::Counter,
        unit: "{samples}",
        help: "Samples that no server will get: dropped as the queue was full, or refused by the server",
        labels: &[LabelDef {
            name: "reason",
            help: "What became of them",
            values: LOSSES,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_queue_bytes",
        kind: Kind::Gauge,
        unit: "By",
        help: "Bytes of requests that wait to be sent, or are kept as the server may lose them",
        labels: &[LabelDef {
            name: "place",
            help: "Waiting in memory, waiting on disk, or acknowledged a moment ago",
            values: PLACES,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_queue_limit_bytes",
        kind: Kind::Gauge,
        unit: "By",
        help: "Bytes of requests that may wait before the oldest is dropped",
        labels: &[LabelDef {
            name: "place",
            help: "Where they wait then: in memory, or on disk if there is a directory",
            values: &["memory", "disk"],
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_queue_samples",
        kind: Kind::Gauge,
        unit: "{samples}",
        help: "Samples that wait to be sent",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_rejected_series_total",
        kind: Kind::Counter,
        unit: "{series}",
        help: "Series not pushed, as the server would answer with a success and drop them, or as they have no value",
        labels: &[LabelDef {
            name: "reason",
            help: "Which limit they exceed",
            values: REJECTIONS,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_resent_requests_total",
        kind: Kind::Counter,
        unit: "{requests}",
        help: "Acknowledged requests that were sent again, as the server may have lost them",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_push_samples_total",
        kind: Kind::Counter,
        unit: "{samples}",
        help: "Samples that the server acknowledged, each once",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_refused_measurements_total",
        kind: Kind::Counter,
        unit: "{measurements}",
        help: "Measurements refused: not finite, or negative where a value only grows (engine native)",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_response_bytes_total",
        kind: Kind::Counter,
        unit: "By",
        help: "Bytes of response bodies, as sent",
        labels: &[LabelDef {
            name: "coding",
            help: "The content coding",
            values: &["identity", "gzip", "zstd"],
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_scrape_errors_total",
        kind: Kind::Counter,
        unit: "{errors}",
        help: "Scrapes that failed, were refused or miss a source",
        labels: &[LabelDef {
            name: "reason",
            help: "What went wrong",
            values: ERRORS,
        }],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_scrapes_total",
        kind: Kind::Counter,
        unit: "{scrapes}",
        help: "Scrapes answered",
        labels: &[
            LabelDef {
                name: "outcome",
                help: "Whether all sources are in the answer",
                values: OUTCOMES,
            },
            LabelDef {
                name: "format",
                help: "The format of the answer",
                values: FORMATS,
            },
        ],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_series",
        kind: Kind::Gauge,
        unit: "{series}",
        help: "Series in the last collection",
        labels: &[],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_source_faults_total",
        kind: Kind::Counter,
        unit: "{faults}",
        help: "Collections in which a source failed",
        labels: &[SOURCE],
        buckets: &[],
    },
    MetricDef {
        name: "vmotel_exporter_source_up",
        kind: Kind::Gauge,
        unit: "",
        help: "Whether the last collection of a source succeeded (1) or not (0)",
        labels: &[SOURCE],
        buckets: &[],
    },
];

const METRIC: LabelDef = LabelDef {
    name: "metric",
    help: "The first of the instruments that are recorded together, or the instrument and its scope",
    values: &[],
};

const LABEL: LabelDef = LabelDef {
    name: "label",
    help: "The label's name",
    values: &[],
};

const SOURCE: LabelDef = LabelDef {
    name: "source",
    help: "The source's name; vmotel_registry or opentelemetry_sdk is the engine",
    values: &[],
};

/// Upper bounds of the duration of a push's request, in seconds.
pub(crate) const REQUEST_BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Why requests of pushes fail.
pub(crate) const FAILURES: &[&str] = &["connect", "timeout", "broken", "status", "refused"];

/// Why series are not pushed.
pub(crate) const REJECTIONS: &[&str] = &[
    "too_many_labels",
    "long_label_name",
    "long_label_value",
    "long_metric_name",
    "empty_metric_name",
    "time",
    "too_large",
    "nan",
    "mismatched",
    "invalid",
];

pub(super) const COLLECTIONS: &[&str] = &["complete", "failed"];
pub(super) const LOSSES: &[&str] = &["dropped", "refused"];
pub(super) const PLACES: &[&str] = &["memory", "disk", "acknowledged"];
pub(super) const OUTCOMES: &[&str] = &["complete", "partial", "failed"];
pub(super) const FORMATS: &[&str] = &["text", "openmetrics"];
pub(super) const ERRORS: &[&str] = &["busy", "internal", "shut_down", "source", "stuck"];
