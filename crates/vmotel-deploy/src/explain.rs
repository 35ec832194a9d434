//! The deployment in words and figures.

use std::fmt::Write as _;

use crate::topology::Program;
use crate::{Bytes, Stack};

/// Bytes on disk per sample after merges: what mixed data measured.
const BYTES_PER_SAMPLE: f64 = 2.5;

/// Memory of the storage per active series, as a rule of thumb.
const BYTES_PER_SERIES: f64 = 1024.0 * 4.0;

/// Series that each of the servers exposes, roughly.
const SERIES_PER_SERVER: u64 = 400;

pub(crate) fn explain(stack: &Stack) -> String {
    let values = &stack.values;
    let mut text = String::new();
    let _ = writeln!(text, "{}: compose, single node\n", values.name);
    let _ = writeln!(
        text,
        "{:<18} {:<46} {:<10} {:<10} published",
        "service", "image", "memory", "port"
    );
    for service in &stack.services {
        let published: Vec<String> = service
            .ports
            .iter()
            .filter_map(|port| port.published)
            .map(|port| format!("{}:{port}", values.bind))
            .collect();
        let _ = writeln!(
            text,
            "{:<18} {:<46} {:<10} {:<10} {}",
            service.name,
            service.image,
            service.memory.to_string(),
            service.ports.first().map_or(0, |port| port.number),
            if published.is_empty() {
                "-".to_owned()
            } else {
                published.join(" ")
            }
        );
    }
    let _ = writeln!(
        text,
        "\n{name} <-- scrape every {} -- vmagent --> victoria-metrics <-- queries -- vmalert --> alertmanager\n{:width$}grafana --> victoria-metrics; readers and writers from outside --> vmauth --> victoria-metrics",
        values.scraping.interval,
        "",
        name = values.application.name,
        width = values.application.name.len() + 1,
    );
    sizing(stack, &mut text);
    text
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn sizing(stack: &Stack, text: &mut String) {
    let values = &stack.values;
    let servers = stack
        .services
        .iter()
        .filter(|service| service.program != Program::Application)
        .count() as u64;
    let series = u64::from(values.application.replicas) * u64::from(values.application.series_limit)
        + servers * SERIES_PER_SERVER;
    let rate = series as f64 / values.scraping.interval.0 as f64;
    let disk = rate * 86_400.0 * values.storage.retention.days() as f64 * BYTES_PER_SAMPLE;
    let memory = series as f64 * BYTES_PER_SERIES;
    let mib = |bytes: f64| Bytes::mib((bytes / f64::from(1 << 20)).ceil() as u64);
    let _ = writeln!(
        text,
        "\nat the series limit: {series} active series, {rate:.0} samples/s, about {} on disk after {}, about {} of memory for them",
        mib(disk),
        values.storage.retention,
        mib(memory)
    );
}
