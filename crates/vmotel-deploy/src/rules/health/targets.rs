//! The alerts about targets: whether they are there, answer in time, and read their configuration.

use super::{alert, one, with_job};
use crate::Span;
use crate::rules::{Alert, Context, Group, Severity};

/// Whether all targets are there.
pub(in crate::rules) fn group(context: Context<'_>) -> Group {
    let job = context.job();
    let up = |value| one(&format!("up{{job=\"{job}\", instance=\"a\"}}"), value, 0.0);
    let timeout = context.values.scraping.timeout;
    let watchdog = Alert {
        summary: "the chain from scrape to notification works".to_owned(),
        description: "It fires as long as anything is scraped and rules are evaluated. Send it to a service that calls for help once it stops."
            .to_owned(),
        runbook: "Nothing to do while it fires. When it stops: vmagent, the storage, vmalert and the Alertmanager, in this order.",
        fires: up(1.0),
        silent: up(0.0),
        ..alert("Watchdog", "count(up == 1) > 0".to_owned(), 0, Severity::None)
    };
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
    let duration = |share: f64| {
        let value = seconds(timeout) * share;
        one(
            &format!("scrape_duration_seconds{{job=\"{job}\", instance=\"a\"}}"),
            value,
            0.0,
        )
    };
    let slow = Alert {
        summary:
            "scrapes of {{ $labels.job }} at {{ $labels.instance }} take {{ $value | humanizeDuration }}"
                .to_owned(),
        description: format!("They fail once they take {timeout}."),
        runbook: "Look at the number of series of the target and at its CPU; raise scraping.timeout only then.",
        fires: duration(0.9),
        fired_labels: with_job(job, &[("instance", "a")]),
        silent: duration(0.5),
        ..alert(
            "ScrapesSlow",
            format!("scrape_duration_seconds > {:.1}", seconds(timeout) * 0.8),
            5,
            Severity::Warning,
        )
    };
    let reload = "vm_promscrape_config_last_reload_successful{job=\"vmagent\", instance=\"a\"}";
    let configuration = Alert {
        summary: "{{ $labels.job }} at {{ $labels.instance }} cannot read its configuration".to_owned(),
        description: "It works with the last one it could read, and ends when it is restarted.".to_owned(),
        runbook: "Its log has the mistake and its place; `cargo xtask deploy check` finds it before a server does.",
        fires: one(reload, 0.0, 0.0),
        fired_labels: with_job("vmagent", &[("instance", "a")]),
        silent: one(reload, 1.0, 0.0),
        ..alert(
            "ConfigurationRefused",
            format!(
                "min({} or {} or {} or {}) by (job, instance) == 0",
                "vm_promscrape_config_last_reload_successful",
                "vmalert_config_last_reload_successful",
                "vmauth_config_last_reload_successful",
                "alertmanager_config_last_reload_successful"
            ),
            1,
            Severity::Critical,
        )
    };
    Group {
        name: "targets",
        records: Vec::new(),
        alerts: vec![watchdog, down, absent, restarts, slow, configuration],
    }
}

#[expect(clippy::cast_precision_loss, reason = "a timeout is at most a minute")]
fn seconds(span: Span) -> f64 {
    span.0 as f64
}
