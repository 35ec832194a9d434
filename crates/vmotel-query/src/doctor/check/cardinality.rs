//! How many series there are, how long they live, and whose they are.

use crate::doctor::Finding;
use crate::doctor::reading::{Readings, Storage, Tsdb, Verdict};

/// Below this many, nothing is worth a word.
const FEW: f64 = 1_000.0;
/// Series of today for each that is alive.
const CHURN: f64 = 3.0;
/// Distinct values of one label.
const MANY_VALUES: u64 = 10_000;
/// Of all series, that have a value of their own for one label.
const UNIQUE_SHARE: f64 = 0.5;

pub(super) fn churn(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    let tsdb = tsdb(storage)?;
    let active = storage
        .active_series
        .ok_or("there are too many series, or none, to count those alive")?;
    let today = tsdb.series as f64;
    if today < FEW || today < CHURN * active {
        return Ok(Vec::new());
    }
    let new = storage
        .metrics
        .rate("vm_new_timeseries_created_total")
        .unwrap_or(0.0);
    Ok(vec![
        Finding::warning("series come and go: today's index holds many times the series that are alive")
            .evidence(format!("{today} series today, {active} with a sample in the last 5 minutes, {new:.1} new ones a second"))
            .evidence(offenders_line(tsdb))
            .fix("look for a label that changes with each request, job or deployment (id, pod, commit, time), and take it away or bound it")
            .fix("new series cost about 30 times an ordinary sample; see who made them: vmotel query 'topk(10, count({__name__!=\"\"}) by (__name__))'"),
    ])
}

pub(super) fn offenders(readings: &Readings) -> Verdict {
    let storage = readings.storage()?;
    let tsdb = tsdb(storage)?;
    let series = tsdb.series as f64;
    let mut findings = Vec::new();
    for (label, values) in tsdb
        .values_by_label
        .iter()
        .filter(|(label, _)| label != "__name__")
    {
        let many = *values >= MANY_VALUES;
        let unique = series >= FEW && *values as f64 >= UNIQUE_SHARE * series;
        if many || unique {
            let text = format!("label {label} has {values} values");
            let finding = if many {
                Finding::critical(text)
            } else {
                Finding::warning(text)
            };
            findings.push(
                finding
                    .evidence(format!("{values} values of {label} in {series} series of today"))
                    .evidence(offenders_line(tsdb))
                    .fix(format!(
                        "bound it in the app: vmotel-cardinality folds values past a limit; paths become templates with its URL normaliser; \
                         an id as {label} belongs into logs or traces"
                    ))
                    .fix(format!(
                        "or drop it on the way, in metric_relabel_configs:\n  - action: labeldrop\n    regex: {label}"
                    )),
            );
        }
    }
    Ok(findings)
}

fn tsdb(storage: &Storage) -> Result<&Tsdb, String> {
    storage
        .tsdb
        .as_ref()
        .ok_or_else(|| "the server does not tell the status of its index".to_owned())
}

fn offenders_line(tsdb: &Tsdb) -> String {
    let list: Vec<String> = tsdb
        .by_metric
        .iter()
        .take(3)
        .map(|(name, series)| format!("{name} ({series})"))
        .collect();
    format!("most series: {}", list.join(", "))
}
