//! Charts of characters.

use std::fmt::Write as _;

use super::RenderConfig;
use super::columns::{even, over_time};
use super::number::brief;
use super::title::{cut, title};
use crate::{RangeSeries, Timestamp};

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The usual columns of the numbers on the left, so that charts below each other are in line.
const AXIS: usize = 11;

/// Draws values as one line of at most `width` characters, from their lowest to their highest; a gap where there is none.
///
/// Values beyond `width` are drawn as means. Infinities and NaN are gaps.
///
/// # Examples
/// ```
/// assert_eq!(vmotel_query::render::sparkline(&[0.0, 0.0, 7.0, 7.0], 2), "▁█");
/// ```
#[must_use]
pub fn sparkline(values: &[f64], width: usize) -> String {
    let columns = even(values, width);
    let (low, high) = bounds(&columns);
    columns
        .iter()
        .map(|value| value.map_or(' ', |value| LEVELS[level(value, low, high, LEVELS.len())]))
        .collect()
}

/// Draws each series in a chart of its own, over one range of time; from the lowest to the highest value of each.
///
/// Samples beyond the width are drawn as means; infinities and NaN are gaps, as is missing time.
///
/// # Examples
/// ```
/// use vmotel_query::render::{RenderConfig, chart};
/// use vmotel_query::{Labels, RangeSeries, Sample, Timestamp};
///
/// let time = |second: i64| Timestamp::from_millis(1000 * second);
/// let samples = (0..3).map(|i| Sample { time: time(i), value: i as f64 }).collect();
/// let series = RangeSeries { labels: Labels::new([("__name__", "m")]), samples };
/// let config = RenderConfig { width: 30, chart_lines: 2, ..RenderConfig::default() };
/// let drawn = chart(&[series], time(0), time(2), &config);
/// assert_eq!(drawn.lines().nth(1), Some("          2 ┤      ▁▁▁▁▁▁█████"));
/// assert_eq!(drawn.lines().nth(2), Some("          0 ┤▁▁▁▁▁▁███████████"));
/// ```
#[must_use]
pub fn chart(series: &[RangeSeries], start: Timestamp, end: Timestamp, config: &RenderConfig) -> String {
    if series.is_empty() {
        return "no series\n".to_owned();
    }
    let mut text = String::new();
    for one in series.iter().take(config.max_charts) {
        draw(&mut text, one, (start, end), config);
    }
    if series.len() > config.max_charts {
        let more = series.len() - config.max_charts;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{more} more series");
    }
    text
}

fn draw(text: &mut String, series: &RangeSeries, range: (Timestamp, Timestamp), config: &RenderConfig) {
    let width = config.width().min(config.max_chart_width.max(super::LEAST_WIDTH));
    let head = cut(&title(&series.labels), width);
    let _ = writeln!(text, "{}", paint(config, "1", &head));
    // The numbers on the left depend on the means, whose number depends on the room that is left. The values' own bounds are never closer.
    let columns = |axis: usize| over_time(&series.samples, range, width - axis - 2);
    let (low, high) = bounds(&columns(AXIS));
    if low > high {
        let _ = writeln!(text, "  no samples");
        return;
    }
    let axis = AXIS.max(brief(low).len()).max(brief(high).len());
    let columns = columns(axis);
    let (low, high) = bounds(&columns);
    let plot = columns.len();
    let lines = config.chart_lines.max(1);
    for line in (0..lines).rev() {
        let label = match line {
            _ if line == lines - 1 => brief(high),
            0 => brief(low),
            _ => String::new(),
        };
        let bar: String = columns
            .iter()
            .map(|value| value.map_or(' ', |value| cell(value, (low, high), line, lines)))
            .collect();
        let _ = writeln!(text, "{label:>axis$} ┤{}", paint(config, "34", bar.trim_end()));
    }
    let (from, to) = (range.0.to_rfc3339(), range.1.to_rfc3339());
    let _ = writeln!(text, "{:>axis$} └{}", "", "─".repeat(plot));
    if from.len() + to.len() + 2 <= plot {
        let _ = writeln!(
            text,
            "{:>axis$}  {from}{to:>rest$}\n",
            "",
            rest = plot - from.len()
        );
    } else {
        let _ = writeln!(text, "{from}\nto {to}\n");
    }
}

fn paint(config: &RenderConfig, code: &str, text: &str) -> String {
    if config.color {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Returns what a value shows in one of the lines.
fn cell(value: f64, (low, high): (f64, f64), line: usize, lines: usize) -> char {
    let level = level(value, low, high, lines.saturating_mul(LEVELS.len()));
    match level.checked_sub(line * LEVELS.len()) {
        None => ' ',
        Some(above) => LEVELS[above.min(LEVELS.len() - 1)],
    }
}

fn level(value: f64, low: f64, high: f64, levels: usize) -> usize {
    if high <= low {
        return levels / 2;
    }
    // Halves, as the difference of the largest numbers would be infinite.
    let share = ((value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0);
    ((share * (levels - 1) as f64).round() as usize).min(levels - 1)
}

/// Returns the lowest and the highest value; the first is above the second if there is none.
fn bounds(columns: &[Option<f64>]) -> (f64, f64) {
    columns
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        })
}

#[cfg(test)]
mod tests;
