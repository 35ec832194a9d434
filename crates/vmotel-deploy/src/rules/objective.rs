//! The burn rate of the error budget, over two windows each: the long one says that it matters, the short one that it goes on.
//! Windows and shares are those of the SRE workbook.

use super::{Alert, Context, Group, Input, Record, Severity};

/// One alert on the burn rate.
struct Burn {
    name: &'static str,
    /// The share of the budget that is gone after the long window.
    share: f64,
    long: Window,
    short: Window,
    severity: Severity,
}

/// A window by its name in recorded series, and in minutes before scaling.
#[derive(Clone, Copy)]
struct Window(&'static str, u64);

const M5: Window = Window("5m", 5);
const M30: Window = Window("30m", 30);
const H1: Window = Window("1h", 60);
const H2: Window = Window("2h", 120);
const H6: Window = Window("6h", 360);
const D1: Window = Window("1d", 1440);
const D3: Window = Window("3d", 4320);

const BURNS: [Burn; 4] = [
    Burn {
        name: "ErrorBudgetBurn1h",
        share: 0.02,
        long: H1,
        short: M5,
        severity: Severity::Critical,
    },
    Burn {
        name: "ErrorBudgetBurn6h",
        share: 0.05,
        long: H6,
        short: M30,
        severity: Severity::Critical,
    },
    Burn {
        name: "ErrorBudgetBurn1d",
        share: 0.1,
        long: D1,
        short: H2,
        severity: Severity::Warning,
    },
    Burn {
        name: "ErrorBudgetBurn3d",
        share: 0.1,
        long: D3,
        short: H6,
        severity: Severity::Warning,
    },
];

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
    for window in [M5, M30, H1, H2, H6, D1, D3] {
        let length = context.minutes(window.1);
        group.records.push(Record {
            record: ratio(window),
            // Without an error there is no series of errors: the ratio is then 0, not absent.
            expr: format!(
                "(sum(rate({requests}{{job=\"{job}\", {status}=~\"5..\"}}[{length}])) by (job) or sum(rate({requests}{{job=\"{job}\"}}[{length}])) by (job) * 0) / sum(rate({requests}{{job=\"{job}\"}}[{length}])) by (job)"
            ),
        });
    }
    group.alerts.extend(BURNS.iter().map(|burn| alert(context, burn)));
    group
}

/// Returns the name of the recorded share of failing requests.
fn ratio(window: Window) -> String {
    format!("job:request_errors:ratio_rate{}", window.0)
}

#[expect(clippy::cast_precision_loss, reason = "windows of days")]
fn alert(context: Context<'_>, burn: &Burn) -> Alert {
    let slo = &context.values.slo;
    let budget = 1.0 - slo.objective;
    // How many times faster than the budget allows: the share of the period's budget, spent within the window.
    let factor = rounded(burn.share * slo.period.0 as f64 / (burn.long.1 * 60) as f64);
    // A budget so large that it cannot burn this fast.
    let limit = rounded((factor * budget).min(0.99));
    let job = context.job();
    let series = |window: Window| format!("{}{{job=\"{job}\"}}", ratio(window));
    let (long, short) = (series(burn.long), series(burn.short));
    let inputs = |of_long: f64, of_short: f64| {
        vec![
            Input(long.clone(), of_long, 0.0),
            Input(short.clone(), of_short, 0.0),
        ]
    };
    Alert {
        name: burn.name,
        expr: format!("{long} > {limit} and {short} > {limit}"),
        hold: 120,
        severity: burn.severity,
        summary: format!("{{{{ $labels.job }}}} burns its error budget {factor} times too fast"),
        description: format!(
            "The share of failing requests is above {limit} over both {} and {}; the objective is {} over {}.",
            burn.long.0, burn.short.0, slo.objective, slo.period
        ),
        runbook: "As HighErrorRate; with the budget gone, releases wait.",
        fires: inputs(limit * 1.01, limit * 1.01),
        fired_labels: vec![("job", job.to_owned())],
        // It was bad within the long window, and is over.
        silent: inputs(limit * 1.01, limit * 0.5),
    }
}

/// Without the noise of doubles.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
