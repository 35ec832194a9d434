//! The alerts about VictoriaMetrics and what stands around it.

mod agent;
mod alerting;
mod proxy;
mod storage;
mod targets;

pub(super) use agent::group as agent;
pub(super) use alerting::group as alerting;
pub(super) use proxy::group as proxy;
pub(super) use storage::group as storage;
pub(super) use targets::group as targets;

use super::{Alert, Context, Input, Severity};

fn alert(name: &'static str, expr: String, hold_minutes: u64, severity: Severity) -> Alert {
    Alert {
        name,
        expr,
        hold: hold_minutes * 60,
        severity,
        summary: String::new(),
        description: String::new(),
        runbook: "",
        fires: Vec::new(),
        fired_labels: Vec::new(),
        silent: Vec::new(),
    }
}

fn one(series: &str, value: f64, step: f64) -> Vec<Input> {
    vec![Input(series.to_owned(), value, step)]
}

fn with_job(job: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    std::iter::once(("job", job.to_owned())).chain(more).collect()
}

/// A gauge that tells 1 where something is wrong.
fn tells(name: &'static str, job: &str, gauge: &str, hold_minutes: u64, texts: [&'static str; 3]) -> Alert {
    let [summary, description, runbook] = texts;
    let series = format!("{gauge}{{job=\"{job}\", instance=\"a\"}}");
    Alert {
        summary: summary.to_owned(),
        description: description.to_owned(),
        runbook,
        fires: one(&series, 1.0, 0.0),
        fired_labels: with_job(job, &[("instance", "a")]),
        silent: one(&series, 0.0, 0.0),
        ..alert(
            name,
            format!("{gauge}{{job=\"{job}\"}} == 1"),
            hold_minutes,
            Severity::Critical,
        )
    }
}

/// A counter whose growth is a reason for an alert, whatever its pace.
struct Growth<'a> {
    name: &'static str,
    job: &'a str,
    counter: &'a str,
    /// The labels it is told apart by besides its job, each with a value for the tests.
    by: &'a [(&'static str, &'a str)],
    hold_minutes: u64,
    severity: Severity,
    /// Summary, description, runbook.
    texts: [&'static str; 3],
}

impl Growth<'_> {
    fn alert(&self, context: Context<'_>) -> Alert {
        let Self { job, counter, by, .. } = self;
        let window = context.minutes(5);
        let labels: String = by
            .iter()
            .map(|(name, value)| format!(", {name}=\"{value}\""))
            .collect();
        let names: String = by.iter().map(|(name, _)| format!(", {name}")).collect();
        let series = format!("{counter}{{job=\"{job}\"{labels}}}");
        let [summary, description, runbook] = self.texts;
        Alert {
            summary: summary.to_owned(),
            description: description.to_owned(),
            runbook,
            fires: one(&series, 0.0, 1.0),
            fired_labels: with_job(job, by),
            // It grew before, and does no more.
            silent: one(&series, 5.0, 0.0),
            ..alert(
                self.name,
                format!("sum(increase({counter}{{job=\"{job}\"}}[{window}])) by (job{names}) > 0"),
                self.hold_minutes,
                self.severity,
            )
        }
    }
}
