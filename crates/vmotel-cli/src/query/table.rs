//! Results as a table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use vmotel_query::Sample;

use super::chart::spark;
use super::row::{Row, brief};
use crate::times;

/// The columns of a sparkline.
const SPARK: usize = 24;

/// Renders rows: series, value and time; for a range, what its samples come to.
pub(super) fn render(rows: &[Row], range: bool, width: usize) -> String {
    if rows.is_empty() {
        return "no series\n".to_owned();
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let header: &[&str] = if range {
        &["series", "points", "min", "mean", "max", "last", "course"]
    } else {
        &["series", "value", "time"]
    };
    table.set_header(header);
    for (index, name) in header.iter().enumerate() {
        if let Some(column) = table.column_mut(index)
            && !["series", "time", "course"].contains(name)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut samples = 0;
    for row in rows {
        samples += row.samples.len();
        if range {
            table.add_row(summary(row));
        } else {
            for sample in &row.samples {
                table.add_row([
                    row.labels.to_string(),
                    brief(sample.value),
                    times::rfc3339(sample.time),
                ]);
            }
        }
    }
    let plural =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let series = plural(rows.len(), "series", "series");
    let count = if range || samples != rows.len() {
        format!("{series}, {}", plural(samples, "sample", "samples"))
    } else {
        series
    };
    format!("{table}\n{count}\n")
}

fn summary(row: &Row) -> Vec<String> {
    let values: Vec<f64> = row.samples.iter().map(|sample: &Sample| sample.value).collect();
    let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let least = known.iter().copied().fold(f64::INFINITY, f64::min);
    let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let shown = |value: f64| {
        if known.is_empty() {
            "-".to_owned()
        } else {
            brief(value)
        }
    };
    vec![
        row.labels.to_string(),
        values.len().to_string(),
        shown(least),
        shown(mean),
        shown(most),
        values
            .last()
            .map_or_else(|| "-".to_owned(), |value| brief(*value)),
        spark(&values, SPARK),
    ]
}
