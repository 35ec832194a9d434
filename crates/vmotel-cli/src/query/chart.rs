//! Results as a chart of characters.

use std::fmt::Write as _;

use vmotel_query::Timestamp;

use super::row::{Row, brief};
use crate::style::{Ink, Style};
use crate::times;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Lines of one chart.
const HEIGHT: usize = 8;
/// Columns of one chart at most.
const MAX_WIDTH: usize = 120;
/// More charts than this are no picture any more.
const MAX_CHARTS: usize = 20;

/// Draws values as one line of at most `width` characters, from their lowest to their highest; a gap where there is none.
pub(super) fn spark(values: &[f64], width: usize) -> String {
    let columns = columns(values, width);
    let (low, high) = bounds(&columns);
    columns
        .iter()
        .map(|value| value.map_or(' ', |value| LEVELS[level(value, low, high, LEVELS.len())]))
        .collect()
}

/// Draws each series in a chart of its own, over one range of time.
pub(super) fn render(
    rows: &[Row],
    range: Option<(Timestamp, Timestamp)>,
    width: usize,
    style: Style,
) -> String {
    let Some((start, end)) = range else {
        return "no range\n".to_owned();
    };
    if rows.is_empty() {
        return "no series\n".to_owned();
    }
    let mut text = String::new();
    for row in rows.iter().take(MAX_CHARTS) {
        draw(&mut text, row, (start, end), width.min(MAX_WIDTH), style);
    }
    if rows.len() > MAX_CHARTS {
        let _ = writeln!(
            text,
            "{} more series; aggregate, or use topk",
            rows.len() - MAX_CHARTS
        );
    }
    text
}

fn draw(text: &mut String, row: &Row, (start, end): (Timestamp, Timestamp), width: usize, style: Style) {
    let axis = 11;
    let plot = width.saturating_sub(axis + 2).max(8);
    let columns = over_time(row, (start, end), plot);
    let (low, high) = bounds(&columns);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", style.paint(Ink::Bold, &row.labels.to_string()));
    if low > high {
        let _ = writeln!(text, "  no samples");
        return;
    }
    for line in (0..HEIGHT).rev() {
        let label = match line {
            0 => brief(low),
            _ if line == HEIGHT - 1 => brief(high),
            _ => String::new(),
        };
        let bar: String = columns
            .iter()
            .map(|value| value.map_or(' ', |value| cell(value, low, high, line)))
            .collect();
        let bar = style.paint(Ink::Blue, bar.trim_end());
        let _ = writeln!(text, "{label:>axis$} ┤{bar}");
    }
    let (from, to) = (times::rfc3339(start), times::rfc3339(end));
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

/// Returns what a value shows in one of the lines.
fn cell(value: f64, low: f64, high: f64, line: usize) -> char {
    let level = level(value, low, high, HEIGHT * LEVELS.len());
    match level.checked_sub(line * LEVELS.len()) {
        None => ' ',
        Some(above) => LEVELS[above.min(LEVELS.len() - 1)],
    }
}

fn level(value: f64, low: f64, high: f64, levels: usize) -> usize {
    if high <= low {
        return levels / 2;
    }
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    ((share * (levels - 1) as f64).round() as usize).min(levels - 1)
}

/// Returns the lowest and the highest finite value; the first is above the second if there is none.
fn bounds(columns: &[Option<f64>]) -> (f64, f64) {
    columns
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        })
}

/// Takes the mean of the values that fall into each column.
fn columns(values: &[f64], width: usize) -> Vec<Option<f64>> {
    let width = width.min(values.len());
    let mut sums = vec![(0.0, 0_u32); width];
    for (index, value) in values.iter().enumerate() {
        add(&mut sums, index * width / values.len(), *value);
    }
    means(&sums)
}

fn over_time(row: &Row, (start, end): (Timestamp, Timestamp), width: usize) -> Vec<Option<f64>> {
    let span = (end.as_millis() - start.as_millis()).max(1) as f64;
    // Fewer points than columns: each is as wide as the distance to the next.
    let points = row.samples.len().clamp(1, width);
    let mut sums = vec![(0.0, 0_u32); points];
    for sample in &row.samples {
        let at = (sample.time.as_millis() - start.as_millis()) as f64 / span;
        let column = (at * points as f64).floor().clamp(0.0, (points - 1) as f64);
        add(&mut sums, column as usize, sample.value);
    }
    let means = means(&sums);
    (0..width).map(|column| means[column * points / width]).collect()
}

fn add(sums: &mut [(f64, u32)], column: usize, value: f64) {
    if value.is_finite() {
        let (sum, count) = &mut sums[column];
        *sum += value;
        *count += 1;
    }
}

fn means(sums: &[(f64, u32)]) -> Vec<Option<f64>> {
    sums.iter()
        .map(|(sum, count)| (*count > 0).then(|| sum / f64::from(*count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use vmotel_query::{Labels, Sample};

    use super::*;

    #[test]
    fn draws_sparks() {
        assert_eq!(spark(&[0.0, 3.5, 7.0], 10), "▁▅█");
        assert_eq!(spark(&[1.0, f64::NAN, 1.0], 10), "▅ ▅");
        assert_eq!(spark(&[0.0, 0.0, 7.0, 7.0], 2), "▁█");
        assert_eq!(spark(&[], 10), "");
    }

    #[test]
    fn draws_over_time() {
        let samples = (0..4).map(|i| Sample {
            time: Timestamp::from_millis(i * 1000),
            value: i as f64,
        });
        let row = Row {
            labels: Labels::new([("a", "b")]),
            samples: samples.collect(),
        };
        let range = Some((Timestamp::from_millis(0), Timestamp::from_millis(3000)));
        let style = crate::style::Color::Never.style();
        let text = render(&[row], range, 40, style);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "{a=\"b\"}");
        assert!(lines[1].starts_with("          3 ┤"), "{text}");
        assert!(lines[8].starts_with("          0 ┤▁"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{text}");
        assert_eq!(render(&[], range, 40, style), "no series\n");
    }
}
