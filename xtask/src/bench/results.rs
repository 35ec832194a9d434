//! What criterion left on disk, as rows.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// One subject in one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) group: String,
    pub(super) case: String,
    pub(super) subject: String,
    /// The quickest sample: what the code takes when nothing else disturbs it.
    pub(super) value: f64,
    pub(super) unit: &'static str,
    pub(super) better: &'static str,
    pub(super) median: f64,
}

impl Row {
    /// Tells whether the subject is one of this project.
    pub(super) fn is_ours(&self) -> bool {
        self.subject.contains("vmotel")
    }

    /// Tells whether it is what all subjects of its case have in common.
    pub(super) fn is_baseline(&self) -> bool {
        self.subject.starts_with("baseline")
    }
}

/// `benchmark.json`
#[derive(Debug, Deserialize)]
struct Benchmark {
    full_id: String,
}

/// `sample.json`: nanoseconds of each sample and the iterations in it.
#[derive(Debug, Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// `estimates.json`
#[derive(Debug, Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Debug, Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// Returns the results that are not older than `since`, sorted by group, case and time.
pub(super) fn read(folder: &Path, since: Option<SystemTime>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if folder.ends_with("new") {
            rows.extend(read_one(&folder, since)?);
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else {
            continue; // No bench has run yet.
        };
        let entries: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        folders.extend(entries?.into_iter().filter(|path: &PathBuf| path.is_dir()));
    }
    rows.sort_by(|a, b| {
        let key = |row: &Row| (row.group.clone(), natural(&row.case));
        key(a).cmp(&key(b)).then(a.value.total_cmp(&b.value))
    });
    Ok(rows)
}

fn read_one(folder: &Path, since: Option<SystemTime>) -> anyhow::Result<Option<Row>> {
    let path = folder.join("benchmark.json");
    let Ok(metadata) = fs::metadata(&path) else {
        return Ok(None);
    };
    if since.is_some_and(|since| metadata.modified().is_ok_and(|modified| modified < since)) {
        return Ok(None);
    }
    let benchmark: Benchmark = parse(&path)?;
    let sample: Sample = parse(&folder.join("sample.json"))?;
    let estimates: Estimates = parse(&folder.join("estimates.json"))?;
    let Some((group, case, subject)) = split(&benchmark.full_id) else {
        return Ok(None);
    };
    let quickest = sample
        .times
        .iter()
        .zip(&sample.iters)
        .map(|(time, iterations)| time / iterations)
        .fold(f64::INFINITY, f64::min);
    Ok(Some(Row {
        group: group.to_owned(),
        case,
        subject: subject.to_owned(),
        value: quickest,
        unit: "ns",
        better: "lower",
        median: estimates.median.point_estimate,
    }))
}

/// Splits `group/case/subject`, or `group/case/subject/1000`, whose number belongs to the case; a case may hold slashes.
fn split(id: &str) -> Option<(&str, String, &str)> {
    let (group, rest) = id.split_once('/')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, number) = match rest.rsplit_once('/') {
        Some((before, last)) if is_number(last) => (before, last),
        _ => (rest, ""),
    };
    let (case, subject) = rest.rsplit_once('/').unwrap_or(("", rest));
    Some((group, format!("{case} {number}").trim().to_owned(), subject))
}

/// A key in which `2k` comes before `10k`.
fn natural(text: &str) -> Vec<(u64, String)> {
    let digits = |c: char| c.is_ascii_digit();
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find(digits).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        let (number, tail) = tail.split_at(tail.find(|c| !digits(c)).unwrap_or(tail.len()));
        let scale = if tail.starts_with('k') { 1000 } else { 1 };
        parts.push((0, word.to_owned()));
        parts.push((
            number.parse::<u64>().unwrap_or(0).saturating_mul(scale),
            String::new(),
        ));
        rest = tail;
    }
    parts
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what criterion writes", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_ids() {
        let check = |id: &str, group: &str, case: &str, subject: &str| {
            assert_eq!(split(id), Some((group, case.to_owned(), subject)), "{id}");
        };
        check(
            "exposition/10k counters/vmotel",
            "exposition",
            "10k counters",
            "vmotel",
        );
        check(
            "exposition/counters/vmotel/10000",
            "exposition",
            "counters 10000",
            "vmotel",
        );
        check("a/b/c/vmotel", "a", "b/c", "vmotel");
        check("a/vmotel", "a", "", "vmotel");
        assert_eq!(split("a"), None);
    }

    #[test]
    fn sorts_cases_by_number() {
        let mut cases = ["100k counters", "1k counters", "10k histograms", "10k counters"];
        cases.sort_by_key(|case| natural(case));
        assert_eq!(
            cases,
            ["1k counters", "10k counters", "10k histograms", "100k counters"]
        );
    }
}
