//! The alerts about the application, from the metrics of its catalog.

mod push;
mod resources;

use super::{Alert, Context, Group, Input, Record, Severity};
use crate::Form;

pub(super) fn group(context: Context<'_>) -> Group {
    Group {
        name: "application",
        records: records(context),
        alerts: [
            error_rate(context),
            latency(context),
            memory(context),
            users(context),
            series_limit(context),
            dropped_series(context),
            scrape_errors(context),
            samples_dropped(context),
            folded_values(context),
            folded_sets(context),
            source_down(context),
            callback_panics(context),
        ]
        .into_iter()
        .flatten()
        .chain(resources::alerts(context))
        .chain(push::alerts(context))
        .collect(),
    }
}

fn records(context: Context<'_>) -> Vec<Record> {
    let (job, window) = (context.job(), context.minutes(5));
    let signals = &context.catalog.signals;
    let mut records = Vec::new();
    if let Some(requests) = &signals.requests {
        records.push(Record {
            record: "job:requests:rate5m".to_owned(),
            expr: format!("sum(rate({requests}{{job=\"{job}\"}}[{window}])) by (job)"),
        });
    }
    if let Some(duration) = &signals.duration {
        records.push(Record {
            record: "job:request_duration_seconds:p99_5m".to_owned(),
            expr: p99(duration, job, &window),
        });
        records.push(Record {
            record: "job:request_duration_seconds:mean_5m".to_owned(),
            expr: format!(
                "sum(rate({duration}_sum{{job=\"{job}\"}}[{window}])) by (job) / sum(rate({duration}_count{{job=\"{job}\"}}[{window}])) by (job)"
            ),
        });
    }
    records
}

/// The quantile of all instances together: buckets are added first, whichever kind they are.
fn p99(duration: &str, job: &str, window: &str) -> String {
    format!(
        "histogram_quantile(0.99, sum(rate({duration}_bucket{{job=\"{job}\"}}[{window}])) by (job, le, vmrange))"
    )
}

fn error_rate(context: Context<'_>) -> Option<Alert> {
    let signals = &context.catalog.signals;
    let (requests, status) = (signals.requests.as_ref()?, signals.status.as_ref()?);
    let (job, window) = (context.job(), context.minutes(5));
    let limit = context.values.thresholds.error_ratio;
    let series = |code: &str| format!("{requests}{{job=\"{job}\", {status}=\"{code}\"}}");
    // Per 100 successes, twice the share that is allowed, and half of it.
    let errors = |share: f64| 1000.0 * share / (1.0 - share.min(0.99));
    Some(Alert {
        name: "HighErrorRate",
        expr: format!(
            "sum(rate({requests}{{job=\"{job}\", {status}=~\"5..\"}}[{window}])) by (job) / sum(rate({requests}{{job=\"{job}\"}}[{window}])) by (job) > {limit}"
        ),
        hold: 300,
        severity: Severity::Warning,
        summary: "{{ $value | humanizePercentage }} of the requests of {{ $labels.job }} fail".to_owned(),
        description: format!(
            "More than {limit} of the requests were answered with a 5xx status over {window}; errors of clients (4xx) do not count."
        ),
        runbook: "Look at the errors by path and status, and at what was released last; roll it back if they began together.",
        fires: vec![
            Input(series("200"), 0.0, 1000.0),
            Input(series("500"), 0.0, errors((limit * 2.0).min(0.99))),
        ],
        fired_labels: vec![("job", job.to_owned())],
        // Errors of clients alone never fire it.
        silent: vec![
            Input(series("200"), 0.0, 1000.0),
            Input(series("404"), 0.0, 1000.0),
            Input(series("500"), 0.0, errors(limit / 2.0)),
        ],
    })
}

fn latency(context: Context<'_>) -> Option<Alert> {
    let duration = context.catalog.signals.duration.as_ref()?;
    let (job, window) = (context.job(), context.minutes(5));
    let limit = context.values.thresholds.latency_seconds;
    let bucket = |le: &str, step: f64| {
        Input(
            format!("{duration}_bucket{{job=\"{job}\", le=\"{le}\"}}"),
            0.0,
            step,
        )
    };
    let (below, above) = (limit.to_string(), (limit * 4.0).to_string());
    Some(Alert {
        name: "HighLatency",
        expr: format!("{} > {limit}", p99(duration, job, &window)),
        hold: 300,
        severity: Severity::Warning,
        summary: "1 in 100 requests of {{ $labels.job }} takes longer than {{ $value | humanizeDuration }}"
            .to_owned(),
        description: format!("The 99th percentile of all instances is above {limit} s over {window}."),
        runbook: "Look at the duration by path; then at CPU, memory and what the slow paths call.",
        fires: vec![bucket(&below, 90.0), bucket(&above, 100.0), bucket("+Inf", 100.0)],
        fired_labels: vec![("job", job.to_owned())],
        silent: vec![
            bucket(&below, 100.0),
            bucket(&above, 100.0),
            bucket("+Inf", 100.0),
        ],
    })
}

#[expect(clippy::cast_precision_loss, reason = "sizes of memory are far below 2^53")]
fn memory(context: Context<'_>) -> Option<Alert> {
    let memory = context.catalog.signals.memory.as_ref()?;
    let job = context.job();
    let limit = context.values.thresholds.memory;
    let series = |value: f64| {
        vec![Input(
            format!("{memory}{{job=\"{job}\", instance=\"a\"}}"),
            value,
            0.0,
        )]
    };
    Some(Alert {
        name: "HighMemoryUsage",
        expr: format!("{memory}{{job=\"{job}\"}} > {}", limit.0),
        hold: 600,
        severity: Severity::Critical,
        summary: "{{ $labels.instance }} uses {{ $value | humanize1024 }}B of memory".to_owned(),
        description: format!(
            "More than {limit}; at {} the instance is killed.",
            context.values.application.memory
        ),
        runbook: "Look whether the memory grows with the load or by itself; raise the limit, or find the leak.",
        fires: series(limit.0 as f64 * 1.1),
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: series(limit.0 as f64 * 0.9),
    })
}

fn users(context: Context<'_>) -> Option<Alert> {
    let users = context.catalog.signals.users.as_ref()?;
    let job = context.job();
    let series = |instance: &str, value| {
        Input(
            format!("{users}{{job=\"{job}\", instance=\"{instance}\"}}"),
            value,
            0.0,
        )
    };
    Some(Alert {
        name: "NoActiveUsers",
        expr: format!("sum({users}{{job=\"{job}\"}}) by (job) == 0 or absent({users}{{job=\"{job}\"}})"),
        hold: 900,
        severity: Severity::Warning,
        summary: "nobody uses {{ $labels.job }}".to_owned(),
        description: "No instance has an active user, or none reports.".to_owned(),
        runbook: "Log in yourself; look at the entry points before the application.",
        fires: vec![series("a", 0.0), series("b", 0.0)],
        fired_labels: vec![("job", job.to_owned())],
        // One idle instance is no reason.
        silent: vec![series("a", 0.0), series("b", 3.0)],
    })
}

fn series_limit(context: Context<'_>) -> Option<Alert> {
    // Prometheus tells no such limit.
    if context.values.form == Form::PrometheusOperator {
        return None;
    }
    let job = context.job();
    let series = |name: &str, value| Input(format!("{name}{{job=\"{job}\", instance=\"a\"}}"), value, 0.0);
    Some(Alert {
        name: "SeriesLimitNear",
        expr: format!("scrape_series_current{{job=\"{job}\"}} / scrape_series_limit{{job=\"{job}\"}} > 0.8"),
        hold: 300,
        severity: Severity::Warning,
        summary: "{{ $labels.instance }} exposes {{ $value | humanizePercentage }} of the series it may"
            .to_owned(),
        description: "Beyond the limit, new series are dropped.".to_owned(),
        runbook: "Find the label whose values grow, and bound it; raise application.series_limit only if they are all wanted.",
        fires: vec![
            series("scrape_series_current", 90.0),
            series("scrape_series_limit", 100.0),
        ],
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: vec![
            series("scrape_series_current", 70.0),
            series("scrape_series_limit", 100.0),
        ],
    })
}

fn dropped_series(context: Context<'_>) -> Option<Alert> {
    let dropped = context.catalog.signals.dropped_series.as_ref()?;
    Some(increase(
        context,
        "SeriesDropped",
        dropped,
        "{{ $labels.job }} leaves series out of its scrapes: {{ $labels.reason }}",
        "Series that the application recorded are in no scrape.",
        "The reason tells the cause: a limit to raise, a name or a type that two sources use differently.",
        &[("reason", "limit")],
    ))
}

fn scrape_errors(context: Context<'_>) -> Option<Alert> {
    let errors = context.catalog.signals.scrape_errors.as_ref()?;
    Some(increase(
        context,
        "ScrapeErrors",
        errors,
        "{{ $labels.job }} cannot answer scrapes: {{ $labels.reason }}",
        "Scrapes fail, are refused, or miss a source.",
        "The reason tells the cause; the log of the application names the source.",
        &[("reason", "source")],
    ))
}

fn folded_values(context: Context<'_>) -> Option<Alert> {
    let folded = context.catalog.signals.folded_values.as_ref()?;
    Some(increase(
        context,
        "LabelValuesFolded",
        folded,
        "{{ $labels.job }} folds values of the label {{ $labels.label }} of {{ $labels.metric }}",
        "The label has more values than it may; the rest is counted under one value, sums stay right.",
        "Bound the label where it is recorded; raise the limit only if all of its values are wanted.",
        &[("metric", "m"), ("label", "l")],
    ))
}

fn folded_sets(context: Context<'_>) -> Option<Alert> {
    let folded = context.catalog.signals.folded_sets.as_ref()?;
    Some(increase(
        context,
        "LabelSetsFolded",
        folded,
        "{{ $labels.job }} folds whole label sets",
        "Labels together have more combinations than they may; the rest is counted as one series, sums stay right.",
        "The dashboard of the exporter shows the label sets and the values by label; bound the label that leads.",
        &[],
    ))
}

fn source_down(context: Context<'_>) -> Option<Alert> {
    let up = context.catalog.signals.source_up.as_ref()?;
    let job = context.job();
    let series = |value| {
        let series = format!("{up}{{job=\"{job}\", instance=\"a\", source=\"s\"}}");
        vec![Input(series, value, 0.0)]
    };
    Some(Alert {
        name: "MetricsSourceDown",
        expr: format!("{up}{{job=\"{job}\"}} == 0"),
        hold: 300,
        severity: Severity::Critical,
        summary: "the source {{ $labels.source }} of {{ $labels.instance }} gives no metrics".to_owned(),
        description: "The service answers scrapes, and what this source measures is not in them.".to_owned(),
        runbook: "The log of the application has the failure; a callback that panicked costs the SDK its pipeline until a restart.",
        fires: series(0.0),
        fired_labels: ["job", "instance", "source"]
            .into_iter()
            .zip([job, "a", "s"].map(str::to_owned))
            .collect(),
        silent: series(1.0),
    })
}

fn callback_panics(context: Context<'_>) -> Option<Alert> {
    let panics = context.catalog.signals.callback_panics.as_ref()?;
    Some(increase(
        context,
        "MetricsCallbackPanics",
        panics,
        "callbacks of {{ $labels.job }} panic while its metrics are collected",
        "What such a callback would observe is missing; all other metrics are there.",
        "The log of the application names the instrument.",
        &[],
    ))
}

fn samples_dropped(context: Context<'_>) -> Option<Alert> {
    let job = context.job();
    let series = |value| {
        let series = format!("scrape_series_limit_samples_dropped{{job=\"{job}\", instance=\"a\"}}");
        vec![Input(series, value, 0.0)]
    };
    Some(Alert {
        name: "SamplesDroppedAtSeriesLimit",
        expr: format!("scrape_series_limit_samples_dropped{{job=\"{job}\"}} > 0"),
        hold: 60,
        severity: Severity::Critical,
        summary: "{{ $value | humanize }} samples of {{ $labels.instance }} are dropped with each scrape"
            .to_owned(),
        description: "The instance exposes more new series than application.series_limit.".to_owned(),
        runbook: "As SeriesLimitNear; what is dropped is in no dashboard and no alert.",
        fires: series(3.0),
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: series(0.0),
    })
}

/// An alert on any growth of a counter, told apart by labels, each given with a value for the tests.
fn increase(
    context: Context<'_>,
    name: &'static str,
    counter: &str,
    summary: &str,
    description: &str,
    runbook: &'static str,
    by: &[(&'static str, &'static str)],
) -> Alert {
    let (job, window) = (context.job(), context.minutes(10));
    let labels: String = by
        .iter()
        .map(|(name, value)| format!(", {name}=\"{value}\""))
        .collect();
    let names: String = by.iter().map(|(name, _)| format!(", {name}")).collect();
    let series = |step| {
        let series = format!("{counter}{{job=\"{job}\"{labels}}}");
        vec![Input(series, 1.0, step)]
    };
    let mut fired_labels = vec![("job", job.to_owned())];
    fired_labels.extend(by.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Alert {
        name,
        expr: format!("sum(increase({counter}{{job=\"{job}\"}}[{window}])) by (job{names}) > 0"),
        hold: 300,
        severity: Severity::Warning,
        summary: summary.to_owned(),
        description: description.to_owned(),
        runbook,
        fires: series(1.0),
        fired_labels,
        silent: series(0.0),
    }
}
