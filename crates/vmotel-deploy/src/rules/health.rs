//! The alerts about VictoriaMetrics and what stands around it.

use super::{Alert, Context, Group, Input, Severity};

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

fn alert(name: &'static str, expr: String, hold_minutes: u64, severity: Severity) -> Alert {
    Alert {
        name,
        expr,
        hold: hold_minutes * 60,
        severity,
        summary: String::new(),
        description: String::new(),
        runbook: "",
        fires: Vec::new(),
        fired_labels: Vec::new(),
        silent: Vec::new(),
    }
}

fn one(series: &str, value: f64, step: f64) -> Vec<Input> {
    vec![Input(series.to_owned(), value, step)]
}

fn with_job(job: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    std::iter::once(("job", job.to_owned())).chain(more).collect()
}

/// Whether all targets are there.
pub(super) fn targets(context: Context<'_>) -> Group {
    let job = context.job();
    let up = |value| one(&format!("up{{job=\"{job}\", instance=\"a\"}}"), value, 0.0);
    let start = "process_start_time_seconds{job=\"vmagent\", instance=\"a\"}";
    let down = Alert {
        summary: "{{ $labels.job }} at {{ $labels.instance }} cannot be scraped".to_owned(),
        description: "The scrapes of this target fail.".to_owned(),
        runbook: "Is the process running, is its port reachable from vmagent? vmagent's page /targets shows the error.",
        fires: up(0.0),
        fired_labels: with_job(job, &[("instance", "a")]),
        silent: up(1.0),
        ..alert("TargetDown", "up == 0".to_owned(), 2, Severity::Critical)
    };
    let absent = Alert {
        summary: "{{ $labels.job }} is scraped no more".to_owned(),
        description: "No target of this job is known: it is gone, or vmagent finds or sends nothing."
            .to_owned(),
        runbook: "Look at vmagent first: is it running, does its page /targets list the job, does its queue grow?",
        fires: one("up{job=\"another\"}", 1.0, 0.0),
        fired_labels: with_job(job, &[]),
        silent: up(1.0),
        ..alert(
            "JobAbsent",
            format!("absent(up{{job=\"{job}\"}})"),
            5,
            Severity::Critical,
        )
    };
    let restarts = Alert {
        summary: "{{ $labels.job }} at {{ $labels.instance }} keeps restarting".to_owned(),
        description: "It has started more than twice within a quarter of an hour.".to_owned(),
        runbook: "Its log tells why it ended; an exit code of 137 means that it was killed for its memory.",
        fires: one(start, 1.0, 1.0),
        fired_labels: with_job("vmagent", &[("instance", "a")]),
        silent: one(start, 1.0, 0.0),
        ..alert(
            "TooManyRestarts",
            format!("changes(process_start_time_seconds[{}]) > 2", context.minutes(15)),
            1,
            Severity::Warning,
        )
    };
    Group {
        name: "targets",
        records: Vec::new(),
        alerts: vec![down, absent, restarts],
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
pub(super) fn storage(context: Context<'_>) -> Group {
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
    let ignored = format!("vm_rows_ignored_total{{job=\"{take}\", reason=\"too_many_labels\"}}");
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
    alerts.push(Alert {
        summary: "the storage drops rows: {{ $labels.reason }}".to_owned(),
        description: "The rows were answered with success and are not stored.".to_owned(),
        runbook: "The log names the series: too many labels, a value that is too long, or a time outside of the retention.",
        fires: one(&ignored, 0.0, 1.0),
        fired_labels: with_job(take, &[("reason", "too_many_labels")]),
        silent: one(&ignored, 5.0, 0.0),
        ..alert(
            "VMRowsIgnored",
            format!("sum(increase(vm_rows_ignored_total{{job=\"{take}\"}}[{window}])) by (job, reason) > 0"),
            5,
            Severity::Warning,
        )
    });
    if context.values.is_cluster() {
        alerts.extend(nodes());
    }
    Group {
        name: "storage",
        records: Vec::new(),
        alerts,
    }
}

/// Whether the storage nodes of a cluster can be written to.
fn nodes() -> [Alert; 2] {
    let reachable = "vm_rpc_vmstorage_is_reachable{job=\"vminsert\", addr=\"vmstorage-1:8400\"}";
    let read_only = "vm_storage_is_read_only{job=\"vmstorage\", instance=\"a\"}";
    [
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
        },
        Alert {
            summary: "the storage node {{ $labels.instance }} is read-only".to_owned(),
            description: "Its free disk is below storage.min_free_disk; it answers, and takes nothing."
                .to_owned(),
            runbook: "Add disk, or shorten storage.retention and restart; the other nodes take its share meanwhile.",
            fires: one(read_only, 1.0, 0.0),
            fired_labels: with_job("vmstorage", &[("instance", "a")]),
            silent: one(read_only, 0.0, 0.0),
            ..alert(
                "StorageNodeReadOnly",
                "vm_storage_is_read_only{job=\"vmstorage\"} == 1".to_owned(),
                1,
                Severity::Critical,
            )
        },
    ]
}

/// Whether vmagent delivers what it scrapes.
#[expect(clippy::cast_precision_loss, reason = "sizes of disks are far below 2^53")]
pub(super) fn agent(context: Context<'_>) -> Group {
    let window = context.minutes(5);
    let bytes = context.values.agent.queue.0 as f64;
    let dropped = "vm_persistentqueue_bytes_dropped_total{job=\"vmagent\", path=\"/queue\"}";
    let refused = "vmagent_remotewrite_packets_dropped_total{job=\"vmagent\", url=\"1\"}";
    let pending = "vm_persistentqueue_bytes_pending{job=\"vmagent\", path=\"/queue\"}";
    let alerts = vec![
        Alert {
            summary: "vmagent's queue holds {{ $value | humanize1024 }}B".to_owned(),
            description: format!(
                "Half of its {} is used; beyond it the oldest data is dropped.",
                context.values.agent.queue
            ),
            runbook: "Is the storage up and fast enough? vmagent's log shows its answers.",
            fires: one(pending, bytes * 0.6, 0.0),
            fired_labels: with_job("vmagent", &[("path", "/queue")]),
            silent: one(pending, bytes * 0.4, 0.0),
            ..alert(
                "QueueFilling",
                format!(
                    "vm_persistentqueue_bytes_pending{{job=\"vmagent\"}} > {}",
                    context.values.agent.queue.0 / 2
                ),
                10,
                Severity::Warning,
            )
        },
        Alert {
            summary: "vmagent drops data that it could not deliver".to_owned(),
            description: "Its queue on disk is full.".to_owned(),
            runbook: "Bring the storage back; a larger agent.queue bridges longer outages.",
            fires: one(dropped, 0.0, 1.0),
            fired_labels: with_job("vmagent", &[]),
            silent: one(dropped, 5.0, 0.0),
            ..alert(
                "QueueDropsData",
                format!(
                    "sum(increase(vm_persistentqueue_bytes_dropped_total{{job=\"vmagent\"}}[{window}])) by (job) > 0"
                ),
                1,
                Severity::Critical,
            )
        },
        Alert {
            summary: "the storage refuses what vmagent sends".to_owned(),
            description: "Blocks were answered with 400 or 409 and are lost.".to_owned(),
            runbook: "vmagent's log has the answer of the storage.",
            fires: one(refused, 0.0, 1.0),
            fired_labels: with_job("vmagent", &[]),
            silent: one(refused, 5.0, 0.0),
            ..alert(
                "RemoteWriteRefused",
                format!(
                    "sum(increase(vmagent_remotewrite_packets_dropped_total{{job=\"vmagent\"}}[{window}])) by (job) > 0"
                ),
                1,
                Severity::Critical,
            )
        },
    ];
    Group {
        name: "agent",
        records: Vec::new(),
        alerts,
    }
}

/// Whether vmalert can evaluate and tell.
pub(super) fn alerting(context: Context<'_>) -> Group {
    let window = context.minutes(5);
    let grows = |name, counter: &str, summary: &str, description: &str, runbook| {
        let series = format!("{counter}{{job=\"vmalert\"}}");
        Alert {
            summary: summary.to_owned(),
            description: description.to_owned(),
            runbook,
            fires: one(&series, 0.0, 1.0),
            fired_labels: with_job("vmalert", &[]),
            silent: one(&series, 5.0, 0.0),
            ..alert(
                name,
                format!("sum(increase({counter}{{job=\"vmalert\"}}[{window}])) by (job) > 0"),
                5,
                Severity::Critical,
            )
        }
    };
    Group {
        name: "alerting",
        records: Vec::new(),
        alerts: vec![
            grows(
                "RulesFail",
                "vmalert_execution_errors_total",
                "vmalert cannot evaluate rules",
                "Alerts that cannot be evaluated cannot fire.",
                "vmalert's page /vmalert/groups shows the errors; the storage may be down or too slow.",
            ),
            grows(
                "NotificationsFail",
                "vmalert_alerts_send_errors_total",
                "vmalert cannot reach the Alertmanager",
                "Alerts fire and nobody is told.",
                "Is the Alertmanager up? vmalert's log has the error.",
            ),
            grows(
                "AlertStateLost",
                "vmalert_remotewrite_dropped_rows_total",
                "vmalert cannot store the state of alerts",
                "After a restart, alerts begin anew; recorded series have holes.",
                "Is the storage up? vmalert's log has the error.",
            ),
        ],
    }
}
