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
            let best = best_peer(case);
            for row in case {
                table.add_row([
                    row.case.clone(),
                    row.subject.clone(),
                    duration(row.value),
                    duration(row.median),
                    ratio(row, best),
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
    case.iter()
        .filter(|row| !row.is_ours())
        .map(|row| row.value)
        .min_by(f64::total_cmp)
}

/// How a subject of ours stands to the best peer, a peer to the best of its kind.
fn ratio(row: &Row, best: Option<f64>) -> String {
    match best {
        None => "no peer".to_owned(),
        Some(best) if row.value <= best && row.is_ours() => format!("{:.2}x quicker", best / row.value),
        Some(best) if row.value <= best => "the best peer".to_owned(),
        Some(best) => format!("{:.2}x slower", row.value / best),
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
        let ratios: Vec<_> = rows.iter().map(|row| ratio(row, best)).collect();
        assert_eq!(
            ratios,
            ["2.00x quicker", "2.00x slower", "the best peer", "3.00x slower"]
        );
        assert_eq!(ratio(&rows[0], None), "no peer");
    }
}
