//! The results as a table for the terminal.

use comfy_table::{CellAlignment, Table, presets};

use super::results::Row;

/// Prints a table for each group.
pub(super) fn print(rows: &[Row]) {
    for group in rows.chunk_by(|a, b| a.group == b.group) {
        println!("\n{}", group[0].group);
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["case", "subject", "quickest", "median", "to the best peer"]);
        for case in group.chunk_by(|a, b| a.case == b.case) {
            let baseline = baseline(case);
            let best = best_peer(case);
            for row in case {
                table.add_row([
                    row.case.clone(),
                    row.subject.clone(),
                    duration(row.value),
                    duration(row.median),
                    ratio(row, baseline, best),
                ]);
            }
        }
        for index in 2..5 {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        println!("{table}");
    }
}

fn best_peer(case: &[Row]) -> Option<f64> {
    quickest(case.iter().filter(|row| !row.is_ours() && !row.is_baseline()))
}

/// What all subjects of a case have in common, measured without any of them.
fn baseline(case: &[Row]) -> Option<f64> {
    quickest(case.iter().filter(|row| row.is_baseline()))
}

fn quickest<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<f64> {
    rows.map(|row| row.value).min_by(f64::total_cmp)
}

/// How a subject of ours stands to the best peer, a peer to the best of its kind; where there is a baseline, by what they add to it.
fn ratio(row: &Row, baseline: Option<f64>, best: Option<f64>) -> String {
    let base = baseline.unwrap_or(0.0);
    let value = row.value - base;
    let added = baseline.map_or_else(String::new, |_| format!("+{}, ", duration(value)));
    match best.map(|best| best - base) {
        _ if row.is_baseline() => format!("{added}baseline"),
        None => format!("{added}no peer"),
        Some(best) if value <= best && row.is_ours() => format!("{added}{:.2}x quicker", best / value),
        Some(best) if value <= best => format!("{added}the best peer"),
        Some(best) => format!("{added}{:.2}x slower", value / best),
    }
}

fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.2} ns"),
        n if n < 1e6 => format!("{:.2} us", n / 1e3),
        n if n < 1e9 => format!("{:.3} ms", n / 1e6),
        n => format!("{:.3} s", n / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, value: f64) -> Row {
        Row {
            group: "g".to_owned(),
            case: "c".to_owned(),
            subject: subject.to_owned(),
            value,
            unit: "ns",
            better: "lower",
            median: value,
        }
    }

    #[test]
    fn tells_the_ratio_to_the_best_peer() {
        let rows = [
            row("vmotel", 50.0),
            row("vmotel-slow", 200.0),
            row("a", 100.0),
            row("b", 300.0),
        ];
        let best = best_peer(&rows);
        let ratios: Vec<_> = rows.iter().map(|row| ratio(row, None, best)).collect();
        assert_eq!(
            ratios,
            ["2.00x quicker", "2.00x slower", "the best peer", "3.00x slower"]
        );
        assert_eq!(ratio(&rows[0], None, None), "no peer");
    }

    #[test]
    fn a_baseline_is_no_peer_and_what_is_added_to_it_counts() {
        let rows = [
            row("baseline, axum alone", 100.0),
            row("baseline, with an empty layer", 120.0),
            row("vmotel", 150.0),
            row("a", 300.0),
        ];
        let (base, best) = (baseline(&rows), best_peer(&rows));
        let ratios: Vec<_> = rows.iter().map(|row| ratio(row, base, best)).collect();
        assert_eq!(
            ratios,
            [
                "+0.00 ns, baseline",
                "+20.00 ns, baseline",
                "+50.00 ns, 4.00x quicker",
                "+200.00 ns, the best peer"
            ]
        );
    }
}
