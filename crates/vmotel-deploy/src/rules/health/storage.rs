//! The alerts about the storage: whether it takes, keeps and answers what it is given.

use super::{Growth, alert, one, tells, with_job};
use crate::rules::{Alert, Context, Group, Input, Severity};

/// The jobs that take, keep and answer: one on a single node, three in a cluster.
struct Jobs {
    take: &'static str,
    keep: &'static str,
    answer: &'static str,
}

impl Jobs {
    fn of(context: Context<'_>) -> Self {
        let [take, answer] = crate::topology::endpoints(context.values).services;
        let keep = if context.values.is_cluster() {
            "vmstorage"
        } else {
            take
        };
        Self { take, keep, answer }
    }
}

/// The share of the disk that is free. Servers that do not tell the size of the disk, as 1.112, tell the size of their data.
fn free_disk(job: &str) -> String {
    let free = format!("vm_free_disk_space_bytes{{job=\"{job}\"}}");
    let total = format!("vm_total_disk_space_bytes{{job=\"{job}\"}}");
    let data = format!("sum(vm_data_size_bytes{{job=\"{job}\", type!~\"indexdb.*\"}}) by (job, instance)");
    let on = "on (job, instance)";
    format!("({free} / {total} or {on} {free} / {on} group_left () ({free} + {on} {data}))")
}

/// Whether the storage takes and answers what it is given.
pub(in crate::rules) fn group(context: Context<'_>) -> Group {
    let limits = &context.values.thresholds;
    let Jobs { take, keep, answer } = Jobs::of(context);
    let window = context.minutes(5);
    let path = "path=\"/storage\"";
    let gauges = |a: (&str, f64), b: (&str, f64), label: &str| {
        let comma = if label.is_empty() { "" } else { ", " };
        [a, b]
            .map(|(name, value)| Input(format!("{name}{{job=\"{keep}\"{comma}{label}}}"), value, 0.0))
            .to_vec()
    };
    let disk = |free| {
        gauges(
            ("vm_free_disk_space_bytes", free),
            ("vm_total_disk_space_bytes", 1e12),
            path,
        )
    };
    let ram = |used| {
        gauges(
            ("process_resident_memory_anon_bytes", used),
            ("vm_available_memory_bytes", 1e9),
            "",
        )
    };
    let rows = |name: &str, step| {
        vec![
            Input(
                format!("{name}{{job=\"{take}\", type=\"promremotewrite\"}}"),
                0.0,
                step,
            ),
            // A protocol that nobody uses is no reason.
            Input(format!("{name}{{job=\"{take}\", type=\"graphite\"}}"), 0.0, 0.0),
        ]
    };
    let query = format!(
        "vm_request_duration_seconds{{job=\"{answer}\", quantile=\"0.99\", path=\"/api/v1/query_range\"}}"
    );
    let mut alerts = vec![
        Alert {
            summary: "{{ $value | humanizePercentage }} of the disk at {{ $labels.path }} is free".to_owned(),
            description: "When the disk is full, the storage becomes read-only and nothing is stored."
                .to_owned(),
            runbook: "Add disk, or shorten storage.retention and restart; look for series that nobody needs.",
            fires: disk(9e10),
            fired_labels: with_job(keep, &[("path", "/storage")]),
            silent: disk(2e11),
            ..alert(
                "VMDiskSpaceLow",
                free_disk(keep) + " < 0.1",
                5,
                Severity::Critical,
            )
        },
        Alert {
            summary: "the storage uses {{ $value | humanizePercentage }} of its memory".to_owned(),
            description: "Measured without the page cache, against the limit of the container.".to_owned(),
            runbook: "Look for heavy queries and for growth of active series; raise storage.memory.",
            fires: ram(9e8),
            fired_labels: with_job(keep, &[]),
            silent: ram(7e8),
            ..alert(
                "VMHighMemoryUsage",
                format!(
                    "process_resident_memory_anon_bytes{{job=\"{keep}\"}} / vm_available_memory_bytes{{job=\"{keep}\"}} > 0.8"
                ),
                10,
                Severity::Warning,
            )
        },
        Alert {
            summary: "the storage takes only {{ $value | humanize }} rows per second".to_owned(),
            description: format!(
                "All protocols together bring less than {} rows per second.",
                limits.min_rows_per_second
            ),
            runbook: "Look at vmagent's queue and errors, then at who else writes.",
            fires: rows("vm_rows_inserted_total", 0.0),
            fired_labels: with_job(take, &[]),
            silent: rows("vm_rows_inserted_total", 1e6),
            ..alert(
                "VMInsertRateDrop",
                format!(
                    "sum(rate(vm_rows_inserted_total{{job=\"{take}\"}}[{window}])) by (job) < {}",
                    limits.min_rows_per_second
                ),
                10,
                Severity::Warning,
            )
        },
        Alert {
            summary:
                "1 in 100 requests to {{ $labels.path }} takes longer than {{ $value | humanizeDuration }}"
                    .to_owned(),
            description: format!("The 99th percentile is above {} s.", limits.query_seconds),
            runbook: "The page /vmui of the storage lists the top queries; shorten their range or record them by a rule.",
            fires: one(&query, limits.query_seconds * 2.0, 0.0),
            fired_labels: with_job(answer, &[("quantile", "0.99"), ("path", "/api/v1/query_range")]),
            silent: one(&query, limits.query_seconds / 2.0, 0.0),
            ..alert(
                "VMSlowQueries",
                format!(
                    "vm_request_duration_seconds{{job=\"{answer}\", quantile=\"0.99\", path=~\".*query.*\"}} > {}",
                    limits.query_seconds
                ),
                5,
                Severity::Warning,
            )
        },
    ];
    alerts.extend(refusals(context));
    alerts.push(churn(context, keep));
    alerts.push(slow_inserts(context, keep));
    alerts.push(full_soon(context, keep));
    alerts.push(tells(
        "StorageReadOnly",
        keep,
        "vm_storage_is_read_only",
        1,
        [
            "the storage {{ $labels.instance }} is read-only",
            "Its free disk is below storage.min_free_disk; it answers, and takes nothing.",
            "Add disk, or shorten storage.retention and restart; in a cluster the other nodes take its share meanwhile.",
        ],
    ));
    if context.values.is_cluster() {
        alerts.push(reachable());
    }
    Group {
        name: "storage",
        records: Vec::new(),
        alerts,
    }
}

/// What is not taken or not answered.
fn refusals(context: Context<'_>) -> [Alert; 4] {
    let Jobs { take, answer, .. } = Jobs::of(context);
    [
        Growth {
            name: "VMRowsIgnored",
            job: take,
            counter: "vm_rows_ignored_total",
            by: &[("reason", "too_many_labels")],
            hold_minutes: 5,
            severity: Severity::Warning,
            texts: [
                "the storage drops rows: {{ $labels.reason }}",
                "The rows were answered with success and are not stored.",
                "The log names the series: too many labels, a value that is too long, or a time outside of the retention.",
            ],
        },
        Growth {
            name: "VMRowsInvalid",
            job: take,
            counter: "vm_rows_invalid_total",
            by: &[("type", "prometheus")],
            hold_minutes: 5,
            severity: Severity::Warning,
            texts: [
                "the storage cannot read rows of {{ $labels.type }}",
                "The rows are not stored; whoever sends them may have been told of a success.",
                "The log shows the rows and why they cannot be read; find their sender.",
            ],
        },
        Growth {
            name: "VMInsertsRefused",
            job: take,
            counter: "vm_concurrent_insert_limit_timeout_total",
            by: &[],
            hold_minutes: 5,
            severity: Severity::Critical,
            texts: [
                "the storage refuses writes: too many at once",
                "Writes waited for their turn in vain and were answered with 503; senders that do not repeat them lose data.",
                "Look at its CPU and disk; add resources before raising any limit.",
            ],
        },
        Growth {
            name: "VMQueriesRefused",
            job: answer,
            counter: "vm_concurrent_select_limit_timeout_total",
            by: &[],
            hold_minutes: 5,
            severity: Severity::Warning,
            texts: [
                "the storage refuses queries: too many at once",
                "Queries waited for their turn in vain; rules may be among them.",
                "The page /vmui of the storage lists the top queries; shorten or record them, or add CPUs.",
            ],
        },
    ]
    .map(|growth| growth.alert(context))
}

/// Series that come and go cost the storage more than those that stay.
fn churn(context: Context<'_>, keep: &str) -> Alert {
    let day = context.minutes(24 * 60);
    let created = format!("vm_new_timeseries_created_total{{job=\"{keep}\"}}");
    let active = format!("vm_cache_entries{{job=\"{keep}\", type=\"storage/hour_metric_ids\"}}");
    let inputs = |step| {
        vec![
            Input(created.clone(), 0.0, step),
            Input(active.clone(), 1000.0, 0.0),
        ]
    };
    Alert {
        summary: "series come and go: {{ $value | humanize }} times the active ones were new within a day"
            .to_owned(),
        description:
            "New series cost index, memory and disk; a label whose values change is the usual cause."
                .to_owned(),
        runbook: "The cardinality explorer of /vmui shows the metric and the label; bound it where it is recorded.",
        fires: inputs(100.0),
        fired_labels: with_job(keep, &[]),
        silent: inputs(1.0),
        ..alert(
            "VMSeriesChurn",
            format!("sum(increase({created}[{day}])) by (job) / sum({active}) by (job) > 3"),
            15,
            Severity::Warning,
        )
    }
}

/// A slow insert looks its series up in the index, as the cache of active series is too small.
fn slow_inserts(context: Context<'_>, keep: &str) -> Alert {
    let window = context.minutes(5);
    let slow = format!("vm_slow_row_inserts_total{{job=\"{keep}\"}}");
    let all = format!("vm_rows_added_to_storage_total{{job=\"{keep}\"}}");
    let inputs = |step| vec![Input(slow.clone(), 0.0, step), Input(all.clone(), 0.0, 1000.0)];
    Alert {
        summary: "{{ $value | humanizePercentage }} of the rows are inserted slowly".to_owned(),
        description: "More series are active than fit into the caches.".to_owned(),
        runbook: "Look for new series first; then raise storage.memory.",
        fires: inputs(100.0),
        fired_labels: with_job(keep, &[]),
        silent: inputs(10.0),
        ..alert(
            "VMSlowInserts",
            format!("sum(rate({slow}[{window}])) by (job) / sum(rate({all}[{window}])) by (job) > 0.05"),
            15,
            Severity::Warning,
        )
    }
}

fn full_soon(context: Context<'_>, keep: &str) -> Alert {
    let window = context.minutes(6 * 60);
    let ahead = crate::rules::scaled(context.values, 3 * 86_400).0;
    let free = format!("vm_free_disk_space_bytes{{job=\"{keep}\"}}");
    let series = format!("vm_free_disk_space_bytes{{job=\"{keep}\", path=\"/storage\"}}");
    Alert {
        summary: "the disk at {{ $labels.path }} is full within three days".to_owned(),
        description: format!("Its free space shrinks as over the last {window}."),
        runbook: "Add disk, or shorten storage.retention, before the storage becomes read-only.",
        fires: one(&series, 1e12, -1e9),
        fired_labels: with_job(keep, &[("path", "/storage")]),
        silent: one(&series, 1e12, 0.0),
        ..alert(
            "VMDiskFullSoon",
            format!("predict_linear({free}[{window}], {ahead}) < 0"),
            30,
            Severity::Warning,
        )
    }
}

/// Whether vminsert reaches the storage nodes of a cluster.
fn reachable() -> Alert {
    let reachable = "vm_rpc_vmstorage_is_reachable{job=\"vminsert\", addr=\"vmstorage-1:8400\"}";
    Alert {
        summary: "vminsert cannot reach the storage node {{ $labels.addr }}".to_owned(),
        description: "What belongs there goes to the other nodes, which costs them memory and disk."
            .to_owned(),
        runbook: "Is the node running? After an unclean stop it opens its data first; its log shows the progress.",
        fires: one(reachable, 0.0, 0.0),
        fired_labels: with_job("vminsert", &[("addr", "vmstorage-1:8400")]),
        silent: one(reachable, 1.0, 0.0),
        ..alert(
            "StorageNodeUnreachable",
            "min(vm_rpc_vmstorage_is_reachable{job=\"vminsert\"}) by (job, addr) == 0".to_owned(),
            2,
            Severity::Critical,
        )
    }
}
