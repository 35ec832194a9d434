//! The burn rate of the error budget, over two windows each: the long one says that it matters, the short one that it goes on.
//! The factors are those of the SRE workbook: 2 % of a month's budget in an hour, 5 % in six.

use super::{Alert, Context, Group, Input, Record, Severity};

pub(super) fn group(context: Context<'_>) -> Group {
    let mut group = Group {
        name: "objective",
        records: Vec::new(),
        alerts: Vec::new(),
    };
    let signals = &context.catalog.signals;
    let (Some(requests), Some(status)) = (&signals.requests, &signals.status) else {
        return group;
    };
    let job = context.job();
    for (suffix, minutes) in [("5m", 5), ("30m", 30), ("1h", 60), ("6h", 360)] {
        let window = context.minutes(minutes);
        group.records.push(Record {
            record: format!("job:request_errors:ratio_rate{suffix}"),
            // Without an error there is no series of errors: the ratio is then 0, not absent.
            expr: format!(
                "(sum(rate({requests}{{job=\"{job}\", {status}=~\"5..\"}}[{window}])) by (job) or sum(rate({requests}{{job=\"{job}\"}}[{window}])) by (job) * 0) / sum(rate({requests}{{job=\"{job}\"}}[{window}])) by (job)"
            ),
        });
    }
    group.alerts.push(burn(
        context,
        "ErrorBudgetBurnFast",
        ("1h", "5m"),
        14.4,
        Severity::Critical,
    ));
    group.alerts.push(burn(
        context,
        "ErrorBudgetBurnSlow",
        ("6h", "30m"),
        6.0,
        Severity::Warning,
    ));
    group
}

fn burn(
    context: Context<'_>,
    name: &'static str,
    windows: (&str, &str),
    factor: f64,
    severity: Severity,
) -> Alert {
    let budget = 1.0 - context.values.slo.objective;
    // A budget of more than a sixth cannot burn at these factors.
    let limit = (factor * budget).min(0.99);
    // Shown without the noise of doubles.
    let limit = (limit * 1e9).round() / 1e9;
    let job = context.job();
    let ratio = |window: &str| format!("job:request_errors:ratio_rate{window}{{job=\"{job}\"}}");
    let inputs = |ratios: [f64; 2]| {
        vec![
            Input(ratio(windows.0), ratios[0], 0.0),
            Input(ratio(windows.1), ratios[1], 0.0),
        ]
    };
    Alert {
        name,
        expr: format!(
            "{} > {limit} and {} > {limit}",
            ratio(windows.0),
            ratio(windows.1)
        ),
        hold: 120,
        severity,
        summary: format!("{{{{ $labels.job }}}} burns its error budget {factor} times too fast"),
        description: format!(
            "The share of failing requests is above {limit} over both {} and {}; the objective is {}.",
            windows.0, windows.1, context.values.slo.objective
        ),
        runbook: "As HighErrorRate; with the budget gone, releases wait.",
        fires: inputs([limit * 1.01, limit * 1.01]),
        fired_labels: vec![("job", job.to_owned())],
        // It was bad within the hour, and is over.
        silent: inputs([limit * 1.01, limit * 0.5]),
    }
}
