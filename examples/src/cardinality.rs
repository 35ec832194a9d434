//! An attack with unique values, before and after: what a scrape looks like without limits on labels, and with them.
//!
//! Run: `cargo run --release -p vmotel-examples --example cardinality`
//! A client sends a new path, method and product with each request; the status is the service's own.
#![expect(clippy::print_stdout, reason = "an example prints what it finds")]

use std::{collections::BTreeMap, time::Duration};

use vmotel_exporter::{Exporter, Format};
use vmotel_instruments::{AppMetrics, BusinessConfig, BusinessMetrics};

const REQUESTS: u64 = 50_000;

fn main() -> anyhow::Result<()> {
    // Before: nothing is folded, and the engine may hold all sets. The controller only looks on.
    let before = Exporter::builder()
        .with_service_name("cardinality")
        .with_global(false)
        .with(|config| {
            config.limits.labels.dry_run = true;
            config.limits.labels.per_metric = 100_000;
        })
        .build()?;
    // After: the defaults.
    let after = Exporter::builder()
        .with_service_name("cardinality")
        .with_global(false)
        .build()?;
    for (name, exporter) in [("before", &before), ("after", &after)] {
        attack(exporter);
        let scrape = exporter.scrape(Format::Text)?;
        println!(
            "{name}: {REQUESTS} requests, a scrape of {} KiB",
            scrape.len() / 1024
        );
        for metric in ["http_requests_total", "business_orders_total"] {
            let (series, sum, by_status) = read(&scrape, metric);
            println!("  {metric:<22} {series:>6} series, sum {sum} {by_status}");
        }
    }
    println!("who is guilty:");
    for metric in after.limits().controller().report(2).metrics {
        for label in metric.labels.iter().take(1) {
            println!(
                "  {} of {}: about {:.0} values, {} folded, such as {:?}",
                label.name,
                metric.name,
                label.distinct,
                label.folded,
                label.samples.first().map_or("", String::as_str)
            );
        }
    }
    before.shutdown_blocking(Duration::from_secs(5))?;
    after.shutdown_blocking(Duration::from_secs(5))?;
    Ok(())
}

/// Records what a client does that never sends the same thing twice.
fn attack(exporter: &Exporter) {
    let (meter, limits) = (exporter.meter("shop"), exporter.limits());
    let app = AppMetrics::with_limits(&meter, limits);
    let business = BusinessMetrics::with_limits(&meter, &BusinessConfig::default(), limits);
    for number in 0..REQUESTS {
        let (method, path) = (format!("M{number}"), format!("/w-{number:x}/search"));
        let status = [200, 404, 500][(number % 3) as usize];
        app.record_request(method, path, status, Duration::from_millis(number % 50), 0);
        business.record_order(format!("type-{number}"), 1.0, Duration::ZERO);
    }
}

/// Counts the series of a metric and adds their values up, in all and by status.
fn read(scrape: &str, metric: &str) -> (usize, u64, String) {
    let mut by_status = BTreeMap::<&str, u64>::new();
    let (mut series, mut sum) = (0, 0);
    for line in scrape
        .lines()
        .filter(|line| line.starts_with(&format!("{metric}{{")))
    {
        let value = line
            .rsplit(' ')
            .next()
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        series += 1;
        sum += value;
        if let Some((_, rest)) = line.split_once("status_code=\"") {
            *by_status.entry(rest.split('"').next().unwrap_or("")).or_default() += value;
        }
    }
    let by_status = match by_status.is_empty() {
        true => String::new(),
        false => format!("{by_status:?}"),
    };
    (series, sum, by_status)
}
