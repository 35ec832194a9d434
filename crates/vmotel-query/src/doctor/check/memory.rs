//! Memory, caches, file descriptors.

use super::disk::bytes;
use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Verdict};

/// Of the memory that a process may have, what it holds itself: a warning, a critical finding.
const IN_USE: [f64; 2] = [0.8, 0.9];
/// Of the memory, what caches may have.
const SHARE: f64 = 80.0;
/// Of a cache's room, and of its requests that miss, beyond which it is too small.
const FULL: f64 = 0.95;
const MISSES: f64 = 0.1;
/// Requests below which a share of misses says nothing.
const ENOUGH: f64 = 1_000.0;
/// The caches that cost most when they miss.
const CACHES: [&str; 4] = [
    "storage/tsid",
    "storage/metricName",
    "indexdb/dataBlocks",
    "indexdb/indexBlocks",
];

pub(super) fn in_use(readings: &Readings) -> Verdict {
    let servers = readings.servers();
    if servers.is_empty() {
        return Err("needs --vm, --vmagent or --vmalert".to_owned());
    }
    let mut findings = Vec::new();
    for (server, metrics) in servers {
        let (Some(used), Some(available)) = (
            metrics.sum("process_resident_memory_anon_bytes"),
            metrics
                .sum("vm_available_memory_bytes")
                .filter(|bytes| *bytes > 0.0),
        ) else {
            continue;
        };
        let share = used / available;
        if share > IN_USE[0] {
            let text = format!("{server} holds {:.0} % of the memory it may have", 100.0 * share);
            let finding = if share > IN_USE[1] {
                Finding::critical(text)
            } else {
                Finding::warning(text)
            };
            findings.push(
                finding
                    .evidence(format!("{} of {}", bytes(used), bytes(available)))
                    .fix("lower the number of series (`cardinality`, `churn`) and the weight of queries (-search.maxMemoryPerQuery)")
                    .fix("or give it more memory: what it does not hold itself, the system uses to keep files in memory"),
            );
        }
        let heavy = metrics
            .count("vm_memory_intensive_queries_total")
            .unwrap_or_default();
        if heavy.total > 0.0 {
            findings.push(
                Finding::warning("there were queries that took more memory than is logged for")
                    .evidence(format!(
                        "vm_memory_intensive_queries_total: {}",
                        heavy.words(metrics.between)
                    ))
                    .fix(
                        "the log of VictoriaMetrics has each of them; bound them: -search.maxMemoryPerQuery",
                    ),
            );
        }
    }
    Ok(findings)
}

pub(super) fn share(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let (percent, _) = metrics
        .flag("memory.allowedPercent")
        .ok_or("the server does not tell its flags")?;
    let allowed = metrics.sum("vm_allowed_memory_bytes").unwrap_or(0.0);
    let available = metrics.sum("vm_available_memory_bytes").unwrap_or(0.0);
    let evidence = format!(
        "-memory.allowedPercent is {percent}, -memory.allowedBytes {}: caches may have {} of {}",
        metrics
            .flag("memory.allowedBytes")
            .map_or("0", |(value, _)| value),
        bytes(allowed),
        bytes(available)
    );
    let percent: f64 = percent.parse().unwrap_or(0.0);
    let by_bytes = available > 0.0 && 100.0 * allowed / available > SHARE;
    if percent <= SHARE && !by_bytes {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::warning("caches may take nearly all memory: nothing is left for queries and for files the system keeps in memory")
            .evidence(evidence)
            .fix("set -memory.allowedPercent=60 (the default); more memory helps more than a larger share"),
    ])
}

pub(super) fn caches(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let mut findings = Vec::new();
    for cache in CACHES {
        let of = |name: &str| metrics.value(name, "type", cache).unwrap_or(0.0);
        let (size, max) = (of("vm_cache_size_bytes"), of("vm_cache_size_max_bytes"));
        let (requests, misses) = (of("vm_cache_requests_total"), of("vm_cache_misses_total"));
        if max > 0.0 && size > FULL * max && requests > ENOUGH && misses > MISSES * requests {
            findings.push(
                Finding::warning(format!(
                    "the cache {cache} is full and misses often: it does not hold the working set"
                ))
                .evidence(format!(
                    "{} of {}, {misses} of {requests} requests missed",
                    bytes(size),
                    bytes(max)
                ))
                .fix("give the server more memory, or raise -memory.allowedPercent to at most 80")
                .fix("or lower the number of series alive (`cardinality`, `churn`)"),
            );
        }
    }
    let slow = metrics.count("vm_slow_row_inserts_total").unwrap_or_default();
    let added = metrics
        .count("vm_rows_added_to_storage_total")
        .unwrap_or_default();
    if added.grown > ENOUGH && slow.grown > MISSES * added.grown {
        findings.push(
            Finding::warning("many inserts are slow: their series are not in the cache")
                .evidence(format!(
                    "{} of {} rows in the last {:.1} s",
                    slow.grown,
                    added.grown,
                    metrics.between.as_secs_f64()
                ))
                .fix("series are new all the time (`churn`), or the server needs more memory for its caches")
                .fix("just after a start this is usual: look again in some minutes"),
        );
    }
    Ok(findings)
}

pub(super) fn files(readings: &Readings) -> Verdict {
    let servers = readings.servers();
    if servers.is_empty() {
        return Err("needs --vm, --vmagent or --vmalert".to_owned());
    }
    let mut findings = Vec::new();
    for (server, metrics) in servers {
        let open = metrics.sum("process_open_fds").unwrap_or(0.0);
        let max = metrics.sum("process_max_fds").unwrap_or(0.0);
        if max > 0.0 && open > IN_USE[0] * max {
            findings.push(
                Finding::warning(format!("{server} nearly has as many files open as it may"))
                    .evidence(format!("{open} of {max} file descriptors"))
                    .fix("raise the limit: LimitNOFILE in systemd, ulimits.nofile in compose, ulimit -n"),
            );
        }
    }
    Ok(findings)
}
