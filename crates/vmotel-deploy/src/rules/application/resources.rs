//! The alerts about what the application lives on: its file descriptors, runtime, pools of connections and caches.

use super::{Alert, Context, Input, Severity, increase};

pub(super) fn alerts(context: Context<'_>) -> impl Iterator<Item = Alert> {
    [
        descriptors(context),
        runtime_saturated(context),
        pool_exhausted(context),
        pool_timeouts(context),
        cache_misses(context),
    ]
    .into_iter()
    .flatten()
}

fn descriptors(context: Context<'_>) -> Option<Alert> {
    let signals = &context.catalog.signals;
    let (open, most) = (signals.open_fds.as_ref()?, signals.max_fds.as_ref()?);
    let job = context.job();
    let of = |name: &str, value| Input(format!("{name}{{job=\"{job}\", instance=\"a\"}}"), value, 0.0);
    let series = |count| vec![of(open, count), of(most, 1024.0)];
    Some(Alert {
        name: "FileDescriptorsNearLimit",
        expr: format!("{open}{{job=\"{job}\"}} / {most}{{job=\"{job}\"}} > 0.8"),
        hold: 300,
        severity: Severity::Critical,
        summary: "{{ $labels.instance }} has {{ $value | humanizePercentage }} of the file descriptors open that it may"
            .to_owned(),
        description: "At the limit it can accept no connection and open no file.".to_owned(),
        runbook: "Look whether connections grow with the load or are never closed; raise the limit (ulimit -n), or find the leak.",
        fires: series(1000.0),
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: series(500.0),
    })
}

fn runtime_saturated(context: Context<'_>) -> Option<Alert> {
    let signals = &context.catalog.signals;
    let (busy, workers) = (signals.runtime_busy.as_ref()?, signals.runtime_workers.as_ref()?);
    let (job, window) = (context.job(), context.minutes(5));
    let of = |name: &str, value, step| Input(format!("{name}{{job=\"{job}\", instance=\"a\"}}"), value, step);
    // Seconds of work of two workers per interval of 30 s.
    let series = |share: f64| vec![of(busy, 0.0, 60.0 * share), of(workers, 2.0, 0.0)];
    Some(Alert {
        name: "RuntimeSaturated",
        expr: format!("rate({busy}{{job=\"{job}\"}}[{window}]) / {workers}{{job=\"{job}\"}} > 0.9"),
        hold: 300,
        severity: Severity::Warning,
        summary:
            "the workers of {{ $labels.instance }} are busy {{ $value | humanizePercentage }} of the time"
                .to_owned(),
        description: "New work waits for a worker of the asynchronous runtime.".to_owned(),
        runbook: "Look for handlers that block a worker; then add CPUs or instances.",
        fires: series(0.99),
        fired_labels: vec![("job", job.to_owned()), ("instance", "a".to_owned())],
        silent: series(0.5),
    })
}

fn pool_exhausted(context: Context<'_>) -> Option<Alert> {
    let pending = context.catalog.signals.pool_pending.as_ref()?;
    let job = context.job();
    let series = |value| {
        vec![Input(
            format!("{pending}{{job=\"{job}\", instance=\"a\"}}"),
            value,
            0.0,
        )]
    };
    Some(Alert {
        name: "DatabasePoolExhausted",
        expr: format!("sum({pending}{{job=\"{job}\"}}) by (job) > 0"),
        hold: 300,
        severity: Severity::Warning,
        summary: "{{ $value }} requests of {{ $labels.job }} wait for a database connection".to_owned(),
        description: "At every look within 5 minutes somebody waited: all connections are in use.".to_owned(),
        runbook: "Look at how long connections are held; mend slow queries before you enlarge the pool.",
        fires: series(3.0),
        fired_labels: vec![("job", job.to_owned())],
        silent: series(0.0),
    })
}

fn pool_timeouts(context: Context<'_>) -> Option<Alert> {
    let timeouts = context.catalog.signals.pool_timeouts.as_ref()?;
    Some(increase(
        context,
        "DatabasePoolTimeouts",
        timeouts,
        "{{ $labels.job }} got no connection of the pool {{ $labels.db_client_connection_pool_name }} in time",
        "Requests failed because they waited too long for a database connection.",
        "As DatabasePoolExhausted; look at the time that connections are held, and whether the database is reached at all.",
        &[("db_client_connection_pool_name", "p")],
    ))
}

fn cache_misses(context: Context<'_>) -> Option<Alert> {
    let signals = &context.catalog.signals;
    let (hits, misses) = (signals.cache_hits.as_ref()?, signals.cache_misses.as_ref()?);
    let (job, window) = (context.job(), context.minutes(15));
    let limit = context.values.thresholds.cache_hit_ratio;
    let rate = |name: &str| format!("sum(rate({name}{{job=\"{job}\"}}[{window}])) by (job, cache)");
    let series = |name: &str, step| {
        let series = format!("{name}{{job=\"{job}\", cache=\"c\"}}");
        Input(series, 0.0, step)
    };
    Some(Alert {
        name: "CacheHitRateLow",
        // A cache that never had a hit has no series of them. Without look-ups it is no number, and no number is below a limit.
        expr: format!(
            "1 - {misses} / ({misses} + ({hits} or {misses} * 0)) < {limit}",
            misses = rate(misses),
            hits = rate(hits)
        ),
        hold: 900,
        severity: Severity::Warning,
        summary: "the cache {{ $labels.cache }} of {{ $labels.job }} answers {{ $value | humanizePercentage }} of its look-ups"
            .to_owned(),
        description: format!(
            "Less than {limit} of the look-ups find their entry: the cache costs more than it saves."
        ),
        runbook: "Look at evictions and the number of entries: give it room, or let entries live longer; else take it away.",
        fires: vec![series(misses, 1000.0)],
        fired_labels: vec![("job", job.to_owned()), ("cache", "c".to_owned())],
        silent: vec![
            series(misses, 1000.0 * (1.0 - limit)),
            series(hits, 2000.0 * limit),
        ],
    })
}
