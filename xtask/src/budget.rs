//! `cargo xtask budget`: what all metrics can cost at most.

use anyhow::bail;
use comfy_table::{CellAlignment, Table, presets};
use vmotel_cardinality::LimitsConfig;
use vmotel_model::MetricDef;

use crate::catalog::{Family, families};

/// Prints, for each family, how many series one process can have at most, and what they take; fails above a limit.
///
/// A metric whose labels have known values has their product of label sets; one with a free label as many as the limits allow. Each of
/// them has a series, or those of the buckets, sum and count.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The most series of all families in one process; more fail.
    #[arg(long, default_value_t = 500_000, value_name = "SERIES")]
    max_series: usize,
    /// The most series of one family; more fail [default: no limit of its own].
    #[arg(long, value_name = "SERIES")]
    max_family: Option<usize>,
    /// The most label sets of a metric with a free label, folded ones included [default: that of the instruments' limits].
    #[arg(long, value_name = "SETS")]
    per_metric: Option<usize>,
    /// Processes.
    #[arg(long, default_value_t = 1, value_name = "N")]
    instances: usize,
    /// Seconds between two samples.
    #[arg(long, default_value_t = 15, value_name = "SECONDS")]
    interval: u64,
    /// Days that samples are kept.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    retention: u64,
    /// Bytes of a sample on disk. What changes seldom, as most series beyond the busy ones, takes less than 1.
    #[arg(long, default_value_t = 0.8, value_name = "BYTES")]
    bytes_per_sample: f64,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            max_series: 500_000,
            max_family: None,
            per_metric: None,
            instances: 1,
            interval: 15,
            retention: 30,
            bytes_per_sample: 0.8,
        }
    }
}

/// What a family costs at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cost {
    metrics: usize,
    label_sets: usize,
    series: usize,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let per_metric = args
        .per_metric
        .unwrap_or_else(|| LimitsConfig::default().labels.per_metric + 1);
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["family", "metrics", "label sets", "series", "disk"]);
    let mut total = Cost::default();
    let mut failures = Vec::new();
    for family in families() {
        let cost = cost(&family, per_metric).times(args.instances);
        if let Some(max) = args.max_family.filter(|max| cost.series > *max) {
            failures.push(format!(
                "{} has {} series, expected at most {max}",
                family.name, cost.series
            ));
        }
        total.metrics += cost.metrics;
        total.label_sets += cost.label_sets;
        total.series += cost.series;
        table.add_row(row(family.name, cost, args));
    }
    table.add_row(row("all", total, args));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    if total.series > args.max_series {
        failures.push(format!(
            "all have {} series, expected at most {}",
            total.series, args.max_series
        ));
    }
    if !failures.is_empty() {
        bail!("budget: {}", failures.join("; "));
    }
    Ok(())
}

impl Cost {
    const fn times(self, instances: usize) -> Self {
        Self {
            metrics: self.metrics,
            label_sets: self.label_sets.saturating_mul(instances),
            series: self.series.saturating_mul(instances),
        }
    }
}

fn cost(family: &Family, per_metric: usize) -> Cost {
    let mut cost = Cost {
        metrics: family.metrics.len(),
        ..Cost::default()
    };
    for def in &family.metrics {
        let sets = label_sets(def, per_metric);
        cost.label_sets += sets;
        cost.series = cost
            .series
            .saturating_add(sets.saturating_mul(def.series_per_label_set()));
    }
    cost
}

/// Returns how many label sets a metric can have.
fn label_sets(def: &MetricDef, per_metric: usize) -> usize {
    if def.labels.iter().any(|label| label.values.is_empty()) {
        return per_metric;
    }
    def.labels
        .iter()
        .fold(1, |sets: usize, label| sets.saturating_mul(label.values.len()))
        .min(per_metric)
}

fn row(name: &str, cost: Cost, args: &Args) -> [String; 5] {
    let samples = (args.retention * 86_400 / args.interval.max(1)) as f64;
    let disk = cost.series as f64 * samples * args.bytes_per_sample;
    [
        name.to_owned(),
        cost.metrics.to_string(),
        cost.label_sets.to_string(),
        cost.series.to_string(),
        format!("{:.2} GiB", disk / f64::from(1 << 30)),
    ]
}

#[cfg(test)]
mod tests {
    use vmotel_model::{Kind, LabelDef};

    use super::*;

    const FREE: LabelDef = LabelDef {
        name: "free",
        help: "",
        values: &[],
    };
    const KNOWN: LabelDef = LabelDef {
        name: "known",
        help: "",
        values: &["a", "b", "c"],
    };

    fn family(labels: &'static [LabelDef], buckets: &'static [f64]) -> Family {
        let kind = if buckets.is_empty() {
            Kind::Counter
        } else {
            Kind::Histogram
        };
        let def = MetricDef {
            name: "m",
            kind,
            unit: "",
            help: "",
            labels,
            buckets,
        };
        Family {
            name: "f",
            metrics: vec![def],
        }
    }

    #[test]
    fn label_sets_are_products_within_the_limit() {
        let check = |labels, buckets, sets, series| {
            let expected = Cost {
                metrics: 1,
                label_sets: sets,
                series,
            };
            assert_eq!(cost(&family(labels, buckets), 20), expected);
        };
        check(&[], &[], 1, 1);
        check(&[KNOWN, KNOWN], &[], 9, 9);
        check(&[KNOWN, KNOWN, KNOWN], &[], 20, 20);
        check(&[KNOWN, FREE], &[1.0, 2.0], 20, 20 * 5);
    }

    #[test]
    fn more_than_the_limit_fails() {
        let args = |max_series, max_family| Args {
            max_series,
            max_family,
            ..Args::default()
        };
        assert!(run(&args(usize::MAX, None)).is_ok());
        let error = run(&args(10, None)).unwrap_err().to_string();
        assert!(error.contains("expected at most 10"), "{error}");
        let error = run(&args(usize::MAX, Some(1))).unwrap_err().to_string();
        assert!(error.contains("process has"), "{error}");
    }
}
