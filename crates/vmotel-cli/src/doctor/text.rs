//! The report for people.

use std::fmt::Write as _;

use vmotel_query::doctor::{Checked, Finding, Outcome, Problem, Report, Severity};

use crate::out::wrapped;
use crate::style::{Ink, Style};

/// Lines longer than this are hard to read, whatever the terminal.
const MAX_WIDTH: usize = 120;

/// Renders a report: problem by problem, the findings with evidence and fix.
pub(super) fn render(report: &Report, verbose: bool, style: Style, width: usize) -> String {
    let width = width.min(MAX_WIDTH);
    let mut text = String::new();
    let problems = [
        Problem::MetricsMissing,
        Problem::SlowQueries,
        Problem::DataLost,
        Problem::MemoryHigh,
    ];
    for problem in problems {
        let checks: Vec<&Checked> = report
            .checks
            .iter()
            .filter(|checked| checked.problem == problem)
            .collect();
        let found: Vec<&&Checked> = checks
            .iter()
            .filter(|checked| !checked.findings.is_empty())
            .collect();
        let ok = checks
            .iter()
            .filter(|checked| checked.outcome == Outcome::Ok)
            .count();
        let skipped = checks.len() - ok - found.len();
        let _ = writeln!(
            text,
            "{}  {}",
            style.paint(Ink::Bold, &format!("{:<16}", problem.to_string().to_uppercase())),
            style.paint(Ink::Dim, &tally(found.len(), ok, skipped))
        );
        for checked in found {
            for finding in &checked.findings {
                write_finding(&mut text, checked.check, finding, style, width);
            }
        }
        if verbose {
            write_others(&mut text, &checks, style);
        }
    }
    text.push('\n');
    text.push_str(&summary(report, style));
    text.push('\n');
    text
}

fn tally(found: usize, ok: usize, skipped: usize) -> String {
    let mut parts = Vec::new();
    if found > 0 {
        parts.push(format!("{found} with findings"));
    }
    parts.push(format!("{ok} ok"));
    if skipped > 0 {
        parts.push(format!("{skipped} not checked"));
    }
    parts.join(", ")
}

fn write_finding(text: &mut String, check: &str, finding: &Finding, style: Style, width: usize) {
    let ink = match finding.severity {
        Severity::Critical => Ink::Red,
        Severity::Warning => Ink::Yellow,
        _ => Ink::Blue,
    };
    let label = format!("  {:<9} ", finding.severity.to_string());
    let lines = wrapped(
        &format!("{} [{check}]", finding.finding),
        width.saturating_sub(label.len()),
    );
    for (index, line) in lines.iter().enumerate() {
        let lead = if index == 0 {
            style.paint(ink, &label)
        } else {
            " ".repeat(label.len())
        };
        let _ = writeln!(text, "{lead}{line}");
    }
    for (name, entries) in [("evidence", &finding.evidence), ("fix", &finding.fix)] {
        for (nth, entry) in entries.iter().enumerate() {
            let label = format!("    {:<9}", if nth == 0 { name } else { "" });
            for (index, line) in wrapped(entry, width.saturating_sub(label.len()))
                .iter()
                .enumerate()
            {
                let lead = if index == 0 {
                    style.paint(Ink::Dim, &label)
                } else {
                    " ".repeat(label.len())
                };
                let _ = writeln!(text, "{lead}{line}");
            }
        }
    }
}

fn write_others(text: &mut String, checks: &[&Checked], style: Style) {
    for checked in checks {
        let (word, ink, rest) = match &checked.outcome {
            Outcome::Ok => ("ok", Ink::Green, String::new()),
            Outcome::NotChecked(reason) => ("-", Ink::Dim, format!(" ({reason})")),
            _ => continue,
        };
        let label = style.paint(ink, &format!("  {word:<9} "));
        let _ = writeln!(text, "{label}{} [{}]{rest}", checked.about, checked.check);
    }
}

fn summary(report: &Report, style: Style) -> String {
    let count = |severity| report.count(severity);
    let made = report
        .checks
        .iter()
        .filter(|checked| !matches!(checked.outcome, Outcome::NotChecked(_)))
        .count();
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let found = format!(
        "{} critical, {}, {}",
        count(Severity::Critical),
        plural(count(Severity::Warning), "warning"),
        plural(count(Severity::Note), "note")
    );
    let found = match report.worst() {
        Some(Severity::Critical) => style.paint(Ink::Red, &found),
        Some(Severity::Warning) => style.paint(Ink::Yellow, &found),
        _ => style.paint(Ink::Green, &found),
    };
    let not = report.checks.len() - made;
    let rest = if not > 0 {
        format!(", {not} not made (-v says why)")
    } else {
        String::new()
    };
    format!("{found} in {made} checks{rest}")
}
