//! What the demo shows: progress, tables, charts, and the same as data.

mod chart;

use std::{sync::Arc, time::Duration};

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use vmotel_query::Timestamp;

use super::{
    backfill::{History, Imported},
    compare, load, procfs, queries,
    service::GUIDE,
    stack::Storage,
};

/// Equal rows of one metric that are shown unless all are asked for.
const SHOWN: usize = 2;

/// The stages of the demo on the terminal.
#[derive(Debug)]
pub(super) struct Progress {
    stage: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        let stage = ProgressBar::new_spinner();
        stage.enable_steady_tick(Duration::from_millis(100));
        Self { stage }
    }

    pub(super) fn stage(&self, text: &'static str) {
        self.stage.set_message(text);
        if self.stage.is_hidden() {
            eprintln!("{text}");
        }
    }

    /// Shows a bar for a number of things instead of the stage.
    pub(super) fn bar(&self, text: &'static str, total: u64) -> ProgressBar {
        self.stage(text);
        self.stage.disable_steady_tick();
        let template = "{msg} [{bar:40}] {pos}/{len}  {per_sec}  {eta}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(total).with_style(style).with_message(text);
        self.stage.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    pub(super) fn done(&self) {
        self.stage.finish_and_clear();
    }
}

/// All that was compared.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: String,
    pub(super) equal: bool,
    pub(super) seconds: f64,
    pub(super) load: load::Load,
    pub(super) rows: Vec<compare::Row>,
    pub(super) process: Vec<procfs::Row>,
    pub(super) quantiles: Vec<load::Quantile>,
    pub(super) imported: Imported,
    pub(super) queries: Vec<queries::Row>,
    #[serde(skip)]
    pub(super) charts: String,
}

impl Report {
    /// Returns how many of the compared rows differ.
    pub(super) fn differences(&self) -> usize {
        let rows = self.rows.iter().map(|row| row.equal);
        let process = self.process.iter().map(|row| row.equal);
        let quantiles = self.quantiles.iter().map(|row| row.equal);
        let queries = self.queries.iter().map(|row| row.equal);
        rows.chain(process)
            .chain(quantiles)
            .chain(queries)
            .filter(|equal| !equal)
            .count()
    }

    /// Prints everything; `all` also prints the equal rows that repeat others of their metric.
    pub(super) fn print(&self, all: bool) {
        self.print_rows(all);
        self.print_process();
        self.print_queries();
        println!("\n{}", self.charts);
        let equal = self.rows.iter().filter(|row| row.equal).count();
        println!(
            "{} requests in {:.1} s, {} in flight; {equal} of {} series equal; {} samples imported; VictoriaMetrics {}; {:.1} s in all",
            self.load.requests,
            self.load.seconds,
            self.load.in_flight,
            self.rows.len(),
            self.imported.samples,
            self.version,
            self.seconds
        );
        let between = self
            .rows
            .iter()
            .filter(|row| row.recorded.contains(" to "))
            .count();
        println!(
            "Of the series, {between} are times that the HTTP layer measured: they lie between a stopwatch inside of it and one outside."
        );
        match self.differences() {
            0 => println!("Everything is equal."),
            differences => println!("{differences} DIFFERENCES"),
        }
    }

    fn print_rows(&self, all: bool) {
        println!("\nRecorded by the service, stored by VictoriaMetrics");
        let mut table = table(&["metric", "labels", "recorded", "stored", "equal"], &[2, 3]);
        let mut hidden = 0;
        for metric in self.rows.chunk_by(|a, b| a.metric == b.metric) {
            let mut shown = 0;
            for row in metric {
                if row.equal && !all && shown >= SHOWN {
                    hidden += 1;
                    continue;
                }
                shown += usize::from(row.equal);
                let told = row
                    .labels
                    .iter()
                    .filter(|(name, _)| !["job", "instance", "otel_scope_name"].contains(&name.as_str()));
                let labels: Vec<String> = told.map(|(name, value)| format!("{name}={value}")).collect();
                table.add_row([
                    &row.metric,
                    &labels.join(" "),
                    &row.recorded,
                    &row.stored,
                    yes(row.equal),
                ]);
            }
        }
        println!("{table}");
        if hidden > 0 {
            println!("{hidden} more rows, all equal: --all shows them, --json FILE writes them");
        }
    }

    fn print_process(&self) {
        println!("\nThe process and its runtime, beside own readings of /proc and tokio before and after");
        let mut table = table(&["metric", "read", "stored", "bound", "within"], &[1, 2]);
        for row in &self.process {
            let read = format!("{} to {}", row.read[0], row.read[1]);
            let stored = row
                .stored
                .map_or_else(|| "-".to_owned(), |value| value.to_string());
            table.add_row([row.metric, &read, &stored, row.bound, yes(row.equal)]);
        }
        println!("{table}");
        println!("\nDurations of `{GUIDE}`: exact, and as VictoriaMetrics tells them from the buckets");
        let mut table = self::table(&["quantile", "exact", "stored", "bucket", "within"], &[0, 1, 2]);
        for row in &self.quantiles {
            table.add_row([
                format!("p{}", row.quantile * 100.0),
                format!("{:.4} s", row.exact),
                row.stored
                    .map_or_else(|| "-".to_owned(), |value| format!("{value:.4} s")),
                format!("{} to {} s", row.bucket[0], row.bucket[1]),
                yes(row.equal).to_owned(),
            ]);
        }
        println!("{table}");
    }

    fn print_queries(&self) {
        println!("\nThe queries of the guide in their right forms, on the imported day");
        let mut table = table(&["query", "series", "one of them", "equal"], &[1]);
        for row in &self.queries {
            let series = format!("{} of {}", row.series, row.expected_series);
            table.add_row([row.name, &series, &row.example, yes(row.equal)]);
        }
        println!("{table}");
        for row in &self.queries {
            if let Some(difference) = &row.difference {
                println!("{}: {}\n  {difference}", row.name, row.query);
            }
        }
    }

    /// Returns the same as JSON.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}

fn yes(equal: bool) -> &'static str {
    if equal { "yes" } else { "NO" }
}

fn table(header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_header(header);
    for &index in right {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Draws the imported day and the durations of the run, as VictoriaMetrics tells them.
pub(super) async fn charts(history: &Arc<History>, storage: &Storage) -> anyhow::Result<String> {
    let start = Timestamp::from_millis(history.end.as_millis() - 86_400_000);
    let query = "sum(rate(http_requests_total{env=\"history\"}[30m])) by (service)";
    let day = storage
        .range(query, start, history.end, Duration::from_secs(1200))
        .await?;
    let mut text = "Requests a second over the imported day\n".to_owned();
    for series in &day {
        let values: Vec<f64> = series.samples.iter().map(|sample| sample.value).collect();
        text += &chart::line(series.labels.get("service").unwrap_or("-"), &values);
    }
    let query = format!("sum(http_request_duration_seconds_bucket{{service=\"{GUIDE}\"}}) by (le)");
    let mut buckets: Vec<(f64, f64)> = storage
        .query(&query)
        .await?
        .iter()
        .filter_map(|series| Some((series.labels.get("le")?.parse().ok()?, series.sample.value)))
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    text += &format!("\nDurations of `{GUIDE}`, requests by bucket\n");
    text += &chart::bars(&buckets);
    Ok(text)
}
