//! The panels: what is asked of a metric depends on its kind.

use super::json::Panel;
use crate::{Deployment, Metric, Signals};

const FILTER: &str = "{job=~\"$job\"}";

/// Returns the panel of a metric of the catalog.
pub(super) fn metric(metric: &Metric) -> Panel {
    let name = &metric.name;
    let by = metric.labels.join(", ");
    let legend = if metric.labels.is_empty() {
        "{{job}}".to_owned()
    } else {
        let parts: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("{{{{{label}}}}}"))
            .collect();
        parts.join(" ")
    };
    let grouping = if by.is_empty() { "job".to_owned() } else { by };
    if metric.histogram {
        let quantile = |q: f64, percent: u32| {
            (
                format!(
                    "histogram_quantile({q}, sum(rate({name}_bucket{FILTER}[$__rate_interval])) by (job, le, vmrange))"
                ),
                format!("p{percent} {{{{job}}}}"),
            )
        };
        let mean = (
            format!(
                "sum(rate({name}_sum{FILTER}[$__rate_interval])) by (job) / sum(rate({name}_count{FILTER}[$__rate_interval])) by (job)"
            ),
            "mean {{job}}".to_owned(),
        );
        return Panel::new(
            title(metric),
            metric.help.clone(),
            unit(metric),
            vec![quantile(0.5, 50), quantile(0.99, 99), mean],
        );
    }
    let expr = if metric.counter {
        format!("sum(rate({name}{FILTER}[$__rate_interval])) by ({grouping})")
    } else {
        format!("sum({name}{FILTER}) by ({grouping})")
    };
    Panel::new(
        title(metric),
        metric.help.clone(),
        unit(metric),
        vec![(expr, legend)],
    )
}

fn title(metric: &Metric) -> String {
    if metric.counter {
        format!("{}, per second", metric.name)
    } else {
        metric.name.clone()
    }
}

/// Returns Grafana's unit; a counter is shown as its rate.
fn unit(metric: &Metric) -> &'static str {
    match (metric.unit.as_str(), metric.counter) {
        ("s", false) => "s",
        // Seconds of work per second.
        ("s", true) => "percentunit",
        ("By", false) => "bytes",
        ("By", true) => "Bps",
        ("{requests}", true) => "reqps",
        ("{USD}", true) => "currencyUSD",
        (_, true) => "cps",
        ("%", false) => "percent",
        _ => "short",
    }
}

/// Returns the panels about the service as a whole, which read what rules record.
pub(super) fn service_level(values: &Deployment, signals: &Signals) -> Vec<Panel> {
    let line = |record: &str, legend: &str| (format!("{record}{FILTER}"), legend.to_owned());
    let mut panels = Vec::new();
    if signals.requests.is_some() {
        panels.push(Panel::new(
            "Requests".to_owned(),
            "Requests per second of all instances.".to_owned(),
            "reqps",
            vec![line("job:requests:rate5m", "{{job}}")],
        ));
    }
    if signals.requests.is_some() && signals.status.is_some() {
        panels.push(Panel::new(
            "Failing requests".to_owned(),
            "The share of requests that are answered with a 5xx status.".to_owned(),
            "percentunit",
            vec![line("job:request_errors:ratio_rate5m", "{{job}}")],
        ));
        let budget = ((1.0 - values.slo.objective) * 1e9).round() / 1e9;
        let burn = |window: &str| {
            let (record, legend) = line(
                &format!("job:request_errors:ratio_rate{window}"),
                &format!("over {window} {{{{job}}}}"),
            );
            (format!("{record} / {budget}"), legend)
        };
        panels.push(Panel::new(
            "Burn rate of the error budget".to_owned(),
            format!(
                "At 1 the budget lasts for its {}; the objective is {}.",
                values.slo.period, values.slo.objective
            ),
            "short",
            vec![burn("1h"), burn("6h"), burn("3d")],
        ));
    }
    if signals.duration.is_some() {
        panels.push(Panel::new(
            "Duration of requests".to_owned(),
            "The mean and the 99th percentile of all instances.".to_owned(),
            "s",
            vec![
                line("job:request_duration_seconds:p99_5m", "p99 {{job}}"),
                line("job:request_duration_seconds:mean_5m", "mean {{job}}"),
            ],
        ));
    }
    panels
}

/// Returns the panels about VictoriaMetrics and what stands around it.
pub(super) fn servers() -> Vec<Panel> {
    let rows = [
        (
            "Targets that answer",
            "Share of the targets of a job whose last scrape succeeded.",
            "percentunit",
            "avg(up{job=~\"$job\"}) by (job)",
        ),
        (
            "Samples per scrape",
            "Samples of all targets of a job.",
            "short",
            "sum(scrape_samples_scraped{job=~\"$job\"}) by (job)",
        ),
        (
            "Duration of scrapes",
            "The slowest target of a job.",
            "s",
            "max(scrape_duration_seconds{job=~\"$job\"}) by (job)",
        ),
        (
            "CPU",
            "CPUs in use.",
            "short",
            "sum(rate(process_cpu_seconds_total{job=~\"$job\"}[$__rate_interval])) by (job)",
        ),
        (
            "Memory",
            "Resident memory.",
            "bytes",
            "sum(process_resident_memory_bytes{job=~\"$job\"}) by (job)",
        ),
        (
            "Rows stored",
            "Rows per second that the storage takes, by protocol.",
            "cps",
            "sum(rate(vm_rows_inserted_total[$__rate_interval])) by (type) > 0",
        ),
        (
            "Rows dropped",
            "Rows per second that were answered with success and not stored.",
            "cps",
            "sum(rate(vm_rows_ignored_total[$__rate_interval])) by (job, reason)",
        ),
        (
            "New series",
            "Series per second that were not seen before; each costs far more than a sample.",
            "cps",
            "sum(rate(vm_new_timeseries_created_total[$__rate_interval])) by (job)",
        ),
        (
            "Free disk",
            "Below the alert's tenth, act.",
            "bytes",
            "min(vm_free_disk_space_bytes) by (job, path)",
        ),
        (
            "Duration of requests, p99",
            "By path, over the last seconds.",
            "s",
            "max(vm_request_duration_seconds{quantile=\"0.99\"}) by (path)",
        ),
        (
            "Undelivered data",
            "What waits in vmagent's queue.",
            "bytes",
            "sum(vm_persistentqueue_bytes_pending) by (job)",
        ),
        (
            "Alerts",
            "Firing alerts.",
            "short",
            "sum(vmalert_alerts_firing) by (alertname)",
        ),
    ];
    rows.into_iter()
        .map(|(title, description, unit, expr)| {
            let by = expr
                .rsplit_once("by (")
                .and_then(|(_, rest)| rest.split_once(')'));
            let labels = by.map_or("", |(labels, _)| labels);
            let legend: Vec<String> = labels
                .split(", ")
                .map(|label| format!("{{{{{label}}}}}"))
                .collect();
            Panel::new(
                title.to_owned(),
                description.to_owned(),
                unit,
                vec![(expr.to_owned(), legend.join(" "))],
            )
        })
        .collect()
}
