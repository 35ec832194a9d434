//! The alerts about vmagent: whether it delivers what it scrapes.

use super::{Growth, alert, one, with_job};
use crate::rules::{Alert, Context, Group, Input, Severity};

/// Whether vmagent delivers what it scrapes.
#[expect(clippy::cast_precision_loss, reason = "sizes of disks are far below 2^53")]
pub(in crate::rules) fn group(context: Context<'_>) -> Group {
    let bytes = context.values.agent.queue.0 as f64;
    let pending = "vm_persistentqueue_bytes_pending{job=\"vmagent\", path=\"/queue\"}";
    let mut alerts = vec![Alert {
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
    }];
    alerts.extend(losses(context));
    alerts.push(saturated(context));
    Group {
        name: "agent",
        records: Vec::new(),
        alerts,
    }
}

/// What is lost, or would be if it went on.
fn losses(context: Context<'_>) -> [Alert; 4] {
    let growth = |name, counter, hold_minutes, severity, texts| {
        Growth {
            name,
            job: "vmagent",
            counter,
            by: &[],
            hold_minutes,
            severity,
            texts,
        }
        .alert(context)
    };
    [
        growth(
            "QueueDropsData",
            "vm_persistentqueue_bytes_dropped_total",
            1,
            Severity::Critical,
            [
                "vmagent drops data that it could not deliver",
                "Its queue on disk is full.",
                "Bring the storage back; a larger agent.queue bridges longer outages.",
            ],
        ),
        growth(
            "RemoteWriteRefused",
            "vmagent_remotewrite_packets_dropped_total",
            1,
            Severity::Critical,
            [
                "the storage refuses what vmagent sends",
                "Blocks were answered with 400 or 409 and are lost.",
                "vmagent's log has the answer of the storage.",
            ],
        ),
        growth(
            "RemoteWriteRetries",
            "vmagent_remotewrite_retries_count_total",
            15,
            Severity::Warning,
            [
                "vmagent has to repeat what it sends",
                "The storage fails or is too slow; what is scraped waits in the queue meanwhile.",
                "vmagent's log has the answers of the storage; look at the storage's CPU, memory and disk.",
            ],
        ),
        growth(
            "ScrapesTooLarge",
            "vm_promscrape_max_scrape_size_exceeded_errors_total",
            1,
            Severity::Critical,
            [
                "vmagent refuses scrapes for their size",
                "A target answers with more than 16 MiB; nothing of it is stored.",
                "vmagent's page /targets names the target; bound its labels.",
            ],
        ),
    ]
}

/// The connections to the storage have no time left.
fn saturated(context: Context<'_>) -> Alert {
    let window = context.minutes(5);
    let busy = "vmagent_remotewrite_send_duration_seconds_total{job=\"vmagent\", url=\"1\"}";
    let queues = "vmagent_remotewrite_queues{job=\"vmagent\", url=\"1\"}";
    // Seconds of sending within half a minute, over 4 connections.
    let inputs = |step| {
        vec![
            Input(busy.to_owned(), 0.0, step),
            Input(queues.to_owned(), 4.0, 0.0),
        ]
    };
    Alert {
        summary: "vmagent sends all the time".to_owned(),
        description: "Its connections to the storage are in use for more than nine tenths of the time; the queue will grow."
            .to_owned(),
        runbook: "Is the storage slow? Then help the storage; otherwise give vmagent more CPU.",
        fires: inputs(118.0),
        fired_labels: with_job("vmagent", &[]),
        silent: inputs(30.0),
        ..alert(
            "RemoteWriteSaturated",
            format!(
                "sum(rate(vmagent_remotewrite_send_duration_seconds_total{{job=\"vmagent\"}}[{window}])) by (job) / sum(vmagent_remotewrite_queues{{job=\"vmagent\"}}) by (job) > 0.9"
            ),
            15,
            Severity::Warning,
        )
    }
}
