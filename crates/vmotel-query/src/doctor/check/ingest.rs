//! What the server did not store of what it got.

use crate::doctor::Finding;
use crate::doctor::metrics::{Count, Metrics};
use crate::doctor::reading::{Readings, Verdict};

/// Of a limit on series; above, the next release of the app may reach it.
const NEAR_LIMIT: f64 = 0.8;

/// Reasons for rows to be ignored, and what helps.
const IGNORED: &[(&str, &str, &str)] = &[
    (
        "too_many_labels",
        "series have too many labels",
        "raise -maxLabelsPerTimeseries (40 by default, with the name), or take labels away; OTLP resource attributes all become labels",
    ),
    (
        "too_long_label_name",
        "names of labels are too long",
        "shorten them, or raise -maxLabelNameLen (256 bytes)",
    ),
    (
        "too_long_label_value",
        "values of labels are too long",
        "shorten them: texts belong into logs; or raise -maxLabelValueLen (4096 bytes)",
    ),
    (
        "big_timestamp",
        "samples are more than 2 days in the future",
        "correct the clock of the sender, and its unit: remote write and JSON take milliseconds, OTLP nanoseconds",
    ),
    (
        "small_timestamp",
        "samples are older than the retention",
        "raise -retentionPeriod before back-filling, or correct the clock of the sender and its unit (milliseconds, not seconds)",
    ),
    (
        "nan_value",
        "samples are not a number",
        "send nothing instead of NaN",
    ),
];

pub(super) fn ignored(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let mut findings = Vec::new();
    for (reason, count) in metrics.count_by("vm_rows_ignored_total", &["reason"]) {
        // `series_limits` tells of those.
        if reason.ends_with("_limit_exceeded") {
            continue;
        }
        let known = IGNORED.iter().find(|(name, _, _)| *name == reason);
        let (what, fix) = known.map_or(
            (
                "rows are ignored",
                "look at the log of VictoriaMetrics for this reason",
            ),
            |k| (k.1, k.2),
        );
        findings.push(
            lost(
                count,
                format!("{what}: they are dropped, although the sender gets a success (reason {reason})"),
            )
            .evidence(format!("vm_rows_ignored_total: {}", count.words(metrics.between)))
            .fix(fix),
        );
    }
    Ok(findings)
}

pub(super) fn invalid(readings: &Readings) -> Verdict {
    readings.storage()?;
    let mut findings = Vec::new();
    for (server, metrics) in readings.servers() {
        let rows = metrics.count_by("vm_rows_invalid_total", &["type"]);
        let bodies = metrics.count_by("vm_protoparser_unmarshal_errors_total", &["type"]);
        for (kind, count) in rows.into_iter().chain(bodies) {
            let fix = match kind.as_str() {
                "prometheus" => {
                    "check the text: promtool check metrics < file; names and label values need their escapes, each line one number"
                }
                "vmimport" => {
                    "one JSON object a line, with metric, values and timestamps (milliseconds) of equal length; on 1.112, only gzip as Content-Encoding"
                }
                "csvimport" => "the `format` must fit the columns",
                "promremotewrite" => {
                    "send remote write 1.0, snappy block format; 2.0 is taken with success and lost"
                }
                _ => "check what the sender writes, and its Content-Encoding: on 1.112 only gzip",
            };
            findings.push(
                lost(count, format!("{server} cannot parse rows of {kind}: they are dropped, although the sender gets a success"))
                    .evidence(format!("unparsable: {}", count.words(metrics.between)))
                    .fix(fix),
            );
        }
    }
    Ok(findings)
}

pub(super) fn dropped(readings: &Readings) -> Verdict {
    readings.storage()?;
    let mut findings = Vec::new();
    for (server, metrics) in readings.servers() {
        for (reason, count) in metrics.count_by("vm_protoparser_rows_dropped_total", &["reason"]) {
            findings.push(
                lost(count, format!("{server} drops OTLP points, although the sender gets a success (reason {reason})"))
                    .evidence(format!("vm_protoparser_rows_dropped_total: {}", count.words(metrics.between)))
                    .fix("set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative: delta points are dropped before 1.132, and stored \
                          unmarked from then on"),
            );
        }
    }
    Ok(findings)
}

pub(super) fn unknown_paths(readings: &Readings) -> Verdict {
    readings.storage()?;
    let mut findings = Vec::new();
    for (server, metrics) in readings.servers() {
        let unsupported =
            |by: Vec<(String, Count)>| by.into_iter().find(|(reason, _)| reason == "unsupported");
        let Some((_, count)) = unsupported(metrics.count_by("vm_http_request_errors_total", &["reason"]))
        else {
            continue;
        };
        let text = format!("requests to {server} use a path that it does not have");
        let finding = if count.grown > 0.0 {
            Finding::warning(text)
        } else {
            Finding::note(text)
        };
        findings.push(
            finding
                .evidence(format!("such requests: {}", count.words(metrics.between)))
                .fix("OTLP goes to /opentelemetry/v1/metrics (protobuf), remote write to /api/v1/write; a single node has neither /insert nor /select")
                .fix(format!("the log of {server} names the path and the sender")),
        );
    }
    Ok(findings)
}

pub(super) fn slots(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let reached = metrics
        .count("vm_concurrent_insert_limit_reached_total")
        .unwrap_or_default();
    let refused = metrics
        .count("vm_concurrent_insert_limit_timeout_total")
        .unwrap_or_default();
    let read_only = metrics.sum("vm_storage_is_read_only").unwrap_or(0.0);
    let mut findings = Vec::new();
    if refused.total > 0.0 {
        findings.push(
            lost(
                refused,
                "writes were refused (503): no slot was free for a minute".to_owned(),
            )
            .evidence(format!("refused: {}", refused.words(metrics.between)))
            .evidence(format!(
                "capacity: {}",
                metrics.sum("vm_concurrent_insert_capacity").unwrap_or(0.0)
            ))
            .fix("give the server more CPU; slow senders hold slots: let vmagent write in their place"),
        );
    } else if reached.grown > 0.0 && read_only == 0.0 {
        findings.push(
            Finding::note("writes wait for a free slot")
                .evidence(format!("waited: {}", reached.words(metrics.between)))
                .fix("if it goes on, give the server more CPU, or send larger batches from fewer senders"),
        );
    }
    Ok(findings)
}

pub(super) fn series_limits(readings: &Readings) -> Verdict {
    readings.storage()?;
    let mut findings = Vec::new();
    for (server, metrics) in readings.servers() {
        findings.extend(limits_of(server, metrics));
    }
    Ok(findings)
}

fn limits_of(server: &str, metrics: &Metrics) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prefix = if server == "vmagent" { "vmagent" } else { "vm" };
    for period in ["hourly", "daily"] {
        let name = |end: &str| format!("{prefix}_{period}_series_limit_{end}");
        let dropped = metrics.count(&name("rows_dropped_total")).unwrap_or_default();
        let current = metrics.sum(&name("current_series")).unwrap_or(0.0);
        let max = metrics.sum(&name("max_series")).unwrap_or(0.0);
        let flag = match (server, period) {
            ("vmagent", "hourly") => "-remoteWrite.maxHourlySeries",
            ("vmagent", _) => "-remoteWrite.maxDailySeries",
            (_, "hourly") => "-storage.maxHourlySeries",
            _ => "-storage.maxDailySeries",
        };
        let evidence = format!("{current} of {max} series ({flag})");
        if dropped.total > 0.0 {
            findings.push(
                lost(dropped, format!("the {period} limit on series of {server} is reached: new series are dropped"))
                    .evidence(evidence)
                    .evidence(format!("dropped rows: {}", dropped.words(metrics.between)))
                    .fix("find the label with endless values (`cardinality` above and below), and bound it in the app")
                    .fix(format!("or raise {flag}")),
            );
        } else if max > 0.0 && current > NEAR_LIMIT * max {
            findings.push(
                Finding::warning(format!("the {period} limit on series of {server} is near"))
                    .evidence(evidence)
                    .fix(format!(
                        "raise {flag}, or bound the labels of the app: beyond it, new series are dropped"
                    )),
            );
        }
    }
    findings
}

/// What is being lost now is critical; what was lost since the start is a warning.
pub(super) fn lost(count: Count, text: String) -> Finding {
    if count.grown > 0.0 {
        Finding::critical(text)
    } else {
        Finding::warning(text)
    }
}
