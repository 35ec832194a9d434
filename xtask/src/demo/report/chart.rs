//! Charts of characters.

use std::fmt::Write as _;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH: f64 = 50.0;

/// Draws values as one line, from their lowest to their highest.
pub(super) fn line(name: &str, values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let level = |value: &f64| LEVELS[(((value - low) / span * 7.0).round() as usize).min(7)];
    let line: String = values.iter().map(level).collect();
    format!("{name:>10} {line} {low:.2} to {high:.2}\n")
}

/// Draws cumulative buckets, as (upper end, count), with what is in each alone.
pub(super) fn bars(buckets: &[(f64, f64)]) -> String {
    let mut below = 0.0;
    let alone: Vec<(f64, f64)> = buckets
        .iter()
        .map(|&(end, count)| (end, count - std::mem::replace(&mut below, count)))
        .collect();
    let most = alone.iter().map(|bucket| bucket.1).fold(1.0, f64::max);
    let mut text = String::new();
    for (end, count) in alone {
        let bar = "█".repeat((count / most * WIDTH).round() as usize);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:>10} {bar} {count}", format!("<= {end}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_lines_and_bars() {
        assert_eq!(line("a", &[0.0, 3.5, 7.0]), "         a ▁▅█ 0.00 to 7.00\n");
        assert_eq!(line("a", &[1.0]), "         a ▁ 1.00 to 1.00\n");
        let bars = bars(&[(1.0, 2.0), (2.0, 2.0), (f64::INFINITY, 3.0)]);
        let lengths: Vec<usize> = bars.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths, [50, 0, 25]);
    }
}
