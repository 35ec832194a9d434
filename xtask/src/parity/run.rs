//! The comparison of all paths under one configuration.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure};
use vmotel_model::{Naming, Number};

use super::{
    case::{Case, Value},
    corpus::Corpus,
    path::{Format, Path},
    recorded,
    stack::{Configuration, Stack, push_time},
    stored::{self, Difference, Labels, Stored, differences, living, near},
};

/// How many series of one group came by one path as by the reference, and how many did not.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Cell {
    pub(crate) configuration: String,
    pub(crate) path: String,
    pub(crate) group: &'static str,
    pub(crate) equal: usize,
    pub(crate) different: usize,
}

/// What one configuration gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) cells: Vec<Cell>,
    /// Path and difference.
    pub(crate) differences: Vec<(String, Difference)>,
    pub(crate) recorded_cases: usize,
}

/// The path that the others are compared with.
const REFERENCE: Path = Path {
    format: Format::Import,
    agent: false,
};

/// Sends all cases by all paths, compares what is stored, ends all series, and compares again.
pub(crate) fn run(configuration: Configuration, cases: &[Case], short: bool) -> anyhow::Result<Outcome> {
    let recorded = recorded::record(cases);
    let everything: Vec<Case> = cases.iter().chain(&recorded.cases).cloned().collect();
    let groups = Corpus::new(&everything)?.groups();
    let recorded_cases = recorded.cases.len();
    let paths = Path::of(configuration.version, short);
    let mut stack = Stack::start(configuration, cases, recorded, !short)?;

    let time = push_time()?;
    let sent = stack.send(&paths, time, false)?;
    let mut reference = None;
    stack.wait(&[REFERENCE], |_, count| count > 0)?;
    for (path, stored) in stack.stored(&[REFERENCE])? {
        ensure!(
            path == REFERENCE && !stored.is_empty(),
            "the reference has stored nothing"
        );
        reference = Some(stored);
    }
    let Some(reference) = reference else {
        bail!("no reference")
    };
    stack.wait(&paths, |_, count| count >= reference.len())?;
    let stored = stack.stored(&paths)?;

    let mut outcome = Outcome {
        recorded_cases,
        ..Outcome::default()
    };
    for complaint in expected(cases, &reference) {
        outcome.differences.push((REFERENCE.name(), complaint));
    }
    for (path, samples) in &sent {
        ensure!(
            *samples == reference.len() as u64,
            "{}: {samples} samples were reported as sent, {} are stored",
            path.name(),
            reference.len()
        );
    }
    let mut bad: BTreeMap<Path, BTreeSet<Labels>> = BTreeMap::new();
    let mut take = |path: Path, found: Vec<Difference>| {
        for difference in found {
            bad.entry(path).or_default().insert(difference.labels.clone());
            outcome.differences.push((path.name(), difference));
        }
    };
    let others = || paths.iter().copied().filter(|path| *path != REFERENCE);
    for path in others() {
        take(path, differences(&reference, &stored[&path]));
    }

    stack.end_scrapes();
    let later = vmotel_model::Timestamp(time.0 + 1_000_000_000);
    stack.send(&paths, later, true)?;
    let ending: Vec<Path> = others().collect();
    stack.wait(&ending, |_, count| count == 0)?;
    for path in stack.living(&ending)? {
        take(path, living(&stored::read(&stack.server, &path.name())?));
    }

    for path in others() {
        let bad = bad.remove(&path).unwrap_or_default();
        let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
        for labels in reference
            .keys()
            .chain(bad.iter().filter(|labels| !reference.contains_key(*labels)))
        {
            let (equal, different) = counts.entry(group_of(&groups, labels)).or_default();
            *if bad.contains(labels) { different } else { equal } += 1;
        }
        outcome
            .cells
            .extend(counts.into_iter().map(|(group, (equal, different))| Cell {
                configuration: configuration.name(),
                path: path.name(),
                group,
                equal,
                different,
            }));
    }
    Ok(outcome)
}

/// Returns the group of a stored series by its name, which a type may have added to.
fn group_of(groups: &BTreeMap<String, &'static str>, labels: &Labels) -> &'static str {
    let name = labels.get("__name__").map_or("", String::as_str);
    let stems = ["", "_bucket", "_sum", "_count"].map(|suffix| name.strip_suffix(suffix));
    stems
        .into_iter()
        .flatten()
        .find_map(|stem| groups.get(stem).copied())
        .unwrap_or("unknown")
}

/// Compares the reference with what the cases say themselves.
fn expected(cases: &[Case], reference: &Stored) -> Vec<Difference> {
    let mut by_name: BTreeMap<&str, Vec<(&Labels, f64)>> = BTreeMap::new();
    for (labels, values) in reference {
        let name = labels.get("__name__").map_or("", String::as_str);
        let value = values.iter().flatten().next().copied().unwrap_or(f64::NAN);
        by_name.entry(name).or_default().push((labels, value));
    }
    let mut all = Vec::new();
    for case in cases {
        let name = match case.stored_name {
            Some(name) => name.to_owned(),
            None => Naming::Parity
                .metric_name(&case.name, &case.unit, case.kind)
                .unwrap_or_default(),
        };
        let series = by_name.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        let mut complain = |what: String| {
            let labels = Labels::from([("__name__".to_owned(), name.clone())]);
            all.push(Difference { labels, what });
        };
        if case.lost {
            if !series.is_empty() {
                complain("stored, though it is beyond a limit".to_owned());
            }
            continue;
        }
        if let Some(stored) = &case.stored_labels {
            let wanted: Labels = stored
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .chain([("__name__".to_owned(), name.clone())])
                .collect();
            if series.iter().all(|(labels, _)| **labels != wanted) {
                complain(format!("{series:?} stored, expected {wanted:?}"));
            }
        }
        let number = match &case.series[0].1 {
            Value::Number(number) if case.group != "generated" && case.group != "collisions" => *number,
            _ => continue,
        };
        let wanted = match number {
            Number::U64(n) => n as f64,
            Number::I64(n) => n as f64,
            Number::F64(value) => value,
        };
        // The server has no room for the smallest numbers.
        let small = wanted.abs() < 1e-290;
        if !series
            .iter()
            .any(|&(_, value)| near(wanted, value) || (small && value.abs() < 1e-290))
        {
            complain(format!("{series:?} stored, expected the value {wanted}"));
        }
    }
    all
}
