//! What the application pushes, by the metrics of its exporter.

use crate::doctor::Finding;
use crate::doctor::metrics::Metrics;
use crate::doctor::reading::{Readings, Verdict};

/// Without a success for so many seconds, pushes stand still; the default interval is a minute.
const STALLED: f64 = 600.0;
/// The part of the queue from which on it is nearly full.
const NEARLY: f64 = 0.8;

fn metrics(readings: &Readings) -> Result<&Metrics, String> {
    let metrics = &readings.app()?.metrics;
    match metrics.sum("vmotel_exporter_push_samples_total") {
        Some(_) => Ok(metrics),
        None => Err("the app pushes nothing".to_owned()),
    }
}

pub(super) fn delivery(readings: &Readings) -> Verdict {
    let metrics = metrics(readings)?;
    let last = metrics.sum("vmotel_exporter_push_last_success_timestamp_seconds");
    let age = last.zip(readings.app()?.clock).map(|(last, now)| now - last);
    let failures = metrics.count_by("vmotel_exporter_push_failures_total", &["reason"]);
    let fails = failures.iter().any(|(_, count)| count.grown > 0.0);
    let delivers = metrics
        .count("vmotel_exporter_push_samples_total")
        .is_some_and(|count| count.grown > 0.0);
    let what = match (last, age) {
        (None, _) if !failures.is_empty() => Finding::critical("no push of the app has ever succeeded"),
        (_, Some(age)) if age > STALLED => {
            Finding::critical(format!("no push of the app has succeeded for {age:.0} s"))
        }
        _ if fails && !delivers => Finding::critical("the app's pushes fail, and none succeeds"),
        _ if fails => Finding::warning("some of the app's pushes fail and are tried again"),
        _ => return Ok(Vec::new()),
    };
    let what = failures.iter().fold(what, |what, (reason, count)| {
        what.evidence(format!("failed ({reason}): {}", count.words(metrics.between)))
    });
    let reasons = failures.iter().map(|(reason, _)| reason.as_str());
    let most = reasons.max_by_key(|reason| {
        ["refused", "broken", "timeout", "status", "connect"]
            .iter()
            .position(|known| known == reason)
    });
    let fix = match most {
        Some("connect") => {
            "nothing takes connections at the target: correct the address (OTEL_EXPORTER_OTLP_ENDPOINT, with_push_to), or start the server"
        }
        Some("status") => {
            "the server answers with an error: push_status() and the app's log have its words; look at path, tenant and credentials"
        }
        Some("timeout" | "broken") => {
            "the server is too slow or breaks off: look at its load and at proxies before it; raise request_timeout if it needs longer"
        }
        Some(_) => "the server refuses what is sent: push_status() and the app's log have its words",
        None => {
            "if pushes are made at longer intervals, this is no fault; else look for the warning of target vmotel_exporter in the app's log"
        }
    };
    Ok(vec![what.fix(fix)])
}

pub(super) fn queue(readings: &Readings) -> Verdict {
    let metrics = metrics(readings)?;
    let limits = metrics.after.named("vmotel_exporter_push_queue_limit_bytes");
    let full = limits.filter_map(|limit| {
        let place = limit.label("place");
        let bytes = metrics.value("vmotel_exporter_push_queue_bytes", "place", place)?;
        let part = bytes / limit.value;
        (part >= NEARLY).then(|| {
            Finding::warning(format!(
                "the app's queue of pushes is {:.0} % full; when it is full, the oldest samples are dropped",
                100.0 * part
            ))
            .evidence(format!("{bytes} of {} bytes ({place})", limit.value))
            .fix("follow the finding on pushes that fail; once the server takes them, the queue empties by itself")
            .fix("give the spool more room: a directory, or more memory_bytes or disk_bytes")
        })
    });
    Ok(full.collect())
}

pub(super) fn losses(readings: &Readings) -> Verdict {
    let metrics = metrics(readings)?;
    let mut findings = Vec::new();
    for (reason, count) in metrics.count_by("vmotel_exporter_push_lost_samples_total", &["reason"]) {
        let (what, fix) = match reason.as_str() {
            "dropped" => (
                "the app dropped samples, as its queue of pushes was full",
                "give the spool more room: a directory, or more memory_bytes or disk_bytes",
            ),
            _ => (
                "the server refused samples that the app pushed",
                "the app's log has the server's words; what is refused for its content is never tried again",
            ),
        };
        let finding = if count.grown > 0.0 {
            Finding::critical(what)
        } else {
            Finding::warning(what)
        };
        findings.push(
            finding
                .evidence(format!(
                    "samples lost ({reason}): {}",
                    count.words(metrics.between)
                ))
                .fix(fix),
        );
    }
    for (reason, count) in metrics.count_by("vmotel_exporter_push_rejected_series_total", &["reason"]) {
        findings.push(
            Finding::warning(format!("the app does not push some series (reason {reason})"))
                .evidence(format!("left out: {}", count.words(metrics.between)))
                .fix("the app's log names the first one; the server would drop it and answer with a success"),
        );
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;
    use crate::doctor::exposition::Exposition;
    use crate::doctor::reading::App;

    fn app(text: &str, clock: f64) -> Readings {
        let metrics = Metrics {
            before: Exposition::parse(text),
            after: Exposition::parse(text),
            ..Metrics::default()
        };
        Readings {
            app: Some(Ok(App {
                metrics,
                clock: Some(clock),
                ..App::default()
            })),
            ..Readings::default()
        }
    }

    #[test]
    fn a_last_success_that_is_old() {
        let text = "vmotel_exporter_push_samples_total 9\nvmotel_exporter_push_last_success_timestamp_seconds 1000\n";
        assert_eq!(delivery(&app(text, 1500.0)).unwrap(), []);
        let findings = delivery(&app(text, 1700.0)).unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].severity, Severity::Critical);
        assert!(findings[0].finding.contains("for 700 s"), "{findings:?}");
        assert!(delivery(&app("vmotel_exporter_series 1\n", 0.0)).is_err());
    }

    #[test]
    fn memory_that_is_full_is_nothing_where_a_disk_follows() {
        let text = "vmotel_exporter_push_samples_total 9\nvmotel_exporter_push_queue_bytes{place=\"memory\"} 95\n\
                    vmotel_exporter_push_queue_bytes{place=\"disk\"} 50\nvmotel_exporter_push_queue_limit_bytes{place=\"disk\"} 100\n";
        assert_eq!(queue(&app(text, 0.0)).unwrap(), []);
        let findings = queue(&app(&text.replace(" 50", " 81"), 0.0)).unwrap();
        assert!(findings[0].finding.contains("is 81 % full"), "{findings:?}");
    }
}
