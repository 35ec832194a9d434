//! The alerts about what the application pushes, from the metrics of its exporter.

use super::{Alert, Context, Input, Severity, increase};
use crate::rules::scaled;

/// Without a success for so long, pushes stand still; in seconds before scaling.
const STALLED: u64 = 600;

pub(super) fn alerts(context: Context<'_>) -> impl Iterator<Item = Alert> {
    [lost(context), rejected(context), queue(context), stalled(context)]
        .into_iter()
        .flatten()
}

fn lost(context: Context<'_>) -> Option<Alert> {
    let lost = context.catalog.signals.push_lost.as_ref()?;
    let alert = increase(
        context,
        "PushedSamplesLost",
        lost,
        "{{ $labels.job }} loses samples that it pushes: {{ $labels.reason }}",
        "The queue was full and the oldest samples were dropped, or the server refused them for their content.",
        "dropped: find out why pushes fail, then give the spool more room or a directory. refused: the log of the application has the server's words.",
        &[("reason", "dropped")],
    );
    Some(Alert {
        severity: Severity::Critical,
        ..alert
    })
}

fn rejected(context: Context<'_>) -> Option<Alert> {
    let rejected = context.catalog.signals.push_rejected.as_ref()?;
    Some(increase(
        context,
        "PushedSeriesRejected",
        rejected,
        "{{ $labels.job }} does not push series: {{ $labels.reason }}",
        "The server would answer with a success and drop them: too many labels, too long ones, or no value.",
        "The log of the application names the first series of each reason; take labels away or shorten them.",
        &[("reason", "too_many_labels")],
    ))
}

fn queue(context: Context<'_>) -> Option<Alert> {
    let signals = &context.catalog.signals;
    let (queue, limit) = (signals.push_queue.as_ref()?, signals.push_queue_limit.as_ref()?);
    let job = context.job();
    let series = |name: &str, place: &str, value| {
        let series = format!("{name}{{job=\"{job}\", instance=\"a\", place=\"{place}\"}}");
        Input(series, value, 0.0)
    };
    Some(Alert {
        name: "PushQueueNearFull",
        // Only the place where the oldest would be dropped has a limit.
        expr: format!("{queue}{{job=\"{job}\"}} / {limit}{{job=\"{job}\"}} > 0.8"),
        hold: 120,
        severity: Severity::Warning,
        summary:
            "what {{ $labels.instance }} could not push fills {{ $value | humanizePercentage }} of its queue"
                .to_owned(),
        description: "When the queue is full, the oldest samples are dropped.".to_owned(),
        runbook: "Look at the failures of pushes by reason and at the server; nothing is lost if it takes them in time.",
        fires: vec![series(queue, "memory", 90.0), series(limit, "memory", 100.0)],
        fired_labels: ["job", "instance", "place"]
            .into_iter()
            .zip([job, "a", "memory"].map(str::to_owned))
            .collect(),
        // Memory that is full is nothing where a disk follows.
        silent: vec![
            series(queue, "memory", 90.0),
            series(queue, "disk", 70.0),
            series(limit, "disk", 100.0),
        ],
    })
}

fn stalled(context: Context<'_>) -> Option<Alert> {
    let last = context.catalog.signals.push_last_success.as_ref()?;
    let job = context.job();
    let limit = scaled(context.values, STALLED);
    let series = |first| {
        let series = format!("{last}{{job=\"{job}\", instance=\"a\"}}");
        vec![Input(series, first, 0.0)]
    };
    Some(Alert {
        name: "PushStalled",
        expr: format!("time() - {last}{{job=\"{job}\"}} > {}", limit.0),
        hold: 120,
        severity: Severity::Critical,
        summary: "no push of {{ $labels.instance }} has succeeded for {{ $value | humanizeDuration }}"
            .to_owned(),
        description: format!(
            "The last success is older than {limit}; pushes at longer intervals than that do not suit this alert."
        ),
        runbook: "push_status() and the log of the application have the server's last words; a wrong address comes with the right one.",
        // Tests begin at the time 0.
        fires: series(-2.0 * limit.0 as f64),
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: series(2.0 * limit.0 as f64),
    })
}
