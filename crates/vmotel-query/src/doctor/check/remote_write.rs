//! vmagent's way to the server.

use super::ingest::lost;
use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Verdict};

/// Pending bytes beyond a moment's worth.
const MUCH: f64 = 1024.0 * 1024.0;

pub(super) fn delivery(readings: &Readings) -> Verdict {
    let metrics = &readings.agent()?.metrics;
    let mut findings = Vec::new();
    let retries = metrics
        .count("vmagent_remotewrite_retries_count_total")
        .unwrap_or_default();
    let errors = metrics
        .count("vmagent_remotewrite_errors_total")
        .unwrap_or_default();
    let dials = metrics
        .count("vmagent_remotewrite_dial_errors_total")
        .unwrap_or_default();
    let sent = metrics
        .count("vmagent_remotewrite_blocks_sent_total")
        .unwrap_or_default();
    let answers = metrics.count_by("vmagent_remotewrite_requests_total", &["status_code"]);
    let refused: Vec<_> = answers
        .iter()
        .filter(|(code, _)| !code.starts_with('2'))
        .collect();
    if dials.total > 0.0 && sent.total == 0.0 {
        findings.push(
            Finding::critical("vmagent cannot reach the server it writes to")
                .evidence(format!("failed connections: {}", dials.words(metrics.between)))
                .evidence("no block was sent since the start")
                .fix("correct -remoteWrite.url, as in http://victoriametrics:8428/api/v1/write, or start the server")
                .fix("scraped samples wait in -remoteWrite.tmpDataPath until then"),
        );
    }
    for (code, count) in &refused {
        let fix = match code.as_str() {
            "400" | "404" | "4XX" => {
                "correct the path of -remoteWrite.url: /api/v1/write for a single node, \
                              /insert/0/prometheus/api/v1/write for vminsert"
            }
            "401" | "403" => {
                "set -remoteWrite.basicAuth.username and .passwordFile, or -remoteWrite.bearerTokenFile"
            }
            "429" => "the server limits the rate: give it more room, or send less",
            _ => "look at the log of the server: it fails or is read-only",
        };
        findings.push(
            lost(
                *count,
                format!("the server refuses what vmagent writes (status {code})"),
            )
            .evidence(format!("refused: {}", count.words(metrics.between)))
            .fix(fix),
        );
    }
    if findings.is_empty() && (retries.grown > 0.0 || errors.grown > 0.0) {
        findings.push(
            Finding::warning("vmagent has to repeat its writes")
                .evidence(format!("repeated: {}", retries.words(metrics.between)))
                .evidence(format!("failed connections: {}", dials.words(metrics.between)))
                .fix("look at the server: it is down, restarting or too slow; samples wait in -remoteWrite.tmpDataPath"),
        );
    }
    Ok(findings)
}

pub(super) fn queue(readings: &Readings) -> Verdict {
    let metrics = &readings.agent()?.metrics;
    let pending = metrics
        .count("vmagent_remotewrite_pending_data_bytes")
        .unwrap_or_default();
    let blocks = metrics
        .sum("vmagent_remotewrite_pending_inmemory_blocks")
        .unwrap_or(0.0);
    let blocked = metrics.sum("vmagent_remotewrite_queue_blocked").unwrap_or(0.0);
    let limit = metrics
        .flag("remoteWrite.maxDiskUsagePerURL")
        .map_or("0", |(value, _)| value);
    let mut findings = Vec::new();
    let growing = pending.grown > 0.0 && pending.total > pending.grown;
    if pending.total > MUCH || growing || blocked > 0.0 {
        let text = "vmagent's queue fills: it takes in more than it delivers".to_owned();
        let finding = if growing || blocked > 0.0 {
            Finding::critical(text)
        } else {
            Finding::warning(text)
        };
        findings.push(
            finding
                .evidence(format!(
                    "{} bytes wait, {} more than {:.1} s before; {blocks} blocks in memory",
                    pending.total,
                    pending.grown,
                    metrics.between.as_secs_f64()
                ))
                .evidence(format!("-remoteWrite.maxDiskUsagePerURL is {limit} (0 is without limit, until the disk is full)"))
                .fix("see `remote_write_delivery` first; if the server is up, raise -remoteWrite.queues or look at its CPU and disk")
                .fix("bound the queue: -remoteWrite.maxDiskUsagePerURL=10GiB; beyond it the oldest samples are dropped"),
        );
    }
    Ok(findings)
}

pub(super) fn drops(readings: &Readings) -> Verdict {
    let metrics = &readings.agent()?.metrics;
    let mut findings = Vec::new();
    for (name, what, fix) in [
        (
            "vmagent_remotewrite_packets_dropped_total",
            "vmagent drops what the server refuses for good (400 or 409)",
            "correct the path of -remoteWrite.url: /api/v1/write for a single node, /insert/0/prometheus/api/v1/write for vminsert",
        ),
        (
            "vmagent_remotewrite_samples_dropped_total",
            "vmagent drops samples instead of queueing them",
            "take -remoteWrite.disableOnDiskQueue or -remoteWrite.dropSamplesOnOverload away, or make the server keep up",
        ),
        (
            "vm_persistentqueue_bytes_dropped_total",
            "vmagent's queue on disk is full: the oldest samples are dropped",
            "raise -remoteWrite.maxDiskUsagePerURL, and see `remote_write_delivery` for why it fills",
        ),
        (
            "vmagent_remotewrite_rate_limit_reached_total",
            "vmagent's own rate limit holds samples back",
            "raise -remoteWrite.rateLimit",
        ),
    ] {
        let count = metrics.count(name).unwrap_or_default();
        if count.total > 0.0 {
            findings.push(
                lost(count, what.to_owned())
                    .evidence(format!("{name}: {}", count.words(metrics.between)))
                    .fix(fix),
            );
        }
    }
    Ok(findings)
}
