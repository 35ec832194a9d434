//! `cargo xtask parity`: one corpus through every path into real servers, and whether they store the same series.

mod case;
mod corpus;
mod exceptions;
mod generated;
mod hand;
mod path;
mod recorded;
mod report;
mod run;
mod stack;
mod stored;

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use vmotel_testkit::{
    Version,
    tools::{Finder, Tool},
};

use self::{run::Cell, stack::Configuration};
use crate::step;

/// How many generated families a full run has.
const GENERATED: usize = 700;
/// How many differences are shown for each configuration; the file has all of them.
const SHOWN: usize = 20;

/// Sends one corpus by every path into VictoriaMetrics, direct and through vmagent, under every naming flag, and compares what is stored.
///
/// Paths: a scrape by the server and by vmagent, text import, OTLP with gzip and zstd, remote write with snappy and zstd.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write every cell, difference and exception to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only configurations whose name contains this, as in `1.145` or `usePromCompatibleNaming`.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The seed of the generated families.
    #[arg(long, default_value_t = generated::SEED)]
    seed: u64,
}

/// Everything that a run gave, as in the file.
#[derive(Debug, serde::Serialize)]
struct Results {
    hand: usize,
    generated: usize,
    recorded: usize,
    cells: Vec<Cell>,
    differences: Vec<Found>,
    exceptions: Vec<exceptions::Shown>,
}

#[derive(Debug, serde::Serialize)]
struct Found {
    configuration: String,
    path: String,
    #[serde(flatten)]
    difference: stored::Difference,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let finder = Finder {
        download: true,
        ..Finder::from_env()
    };
    for version in Version::BOTH {
        finder.find(Tool::VictoriaMetrics, version)?;
        finder.find(Tool::Vmagent, version)?;
    }
    let mut cases = hand::cases();
    let hand = cases.len();
    cases.extend(generated::cases(args.seed, GENERATED));
    let mut results = Results {
        hand,
        generated: GENERATED,
        recorded: 0,
        cells: Vec::new(),
        differences: Vec::new(),
        exceptions: Vec::new(),
    };
    let chosen = |configuration: &Configuration| {
        let name = configuration.name();
        args.only.as_ref().is_none_or(|text| name.contains(text))
    };
    let configurations: Vec<_> = Configuration::all().into_iter().filter(chosen).collect();
    if configurations.is_empty() {
        bail!(
            "no configuration has {:?} in its name",
            args.only.as_deref().unwrap_or_default()
        );
    }
    let begin = step::now();
    for (nth, configuration) in configurations.iter().enumerate() {
        let name = configuration.name();
        eprintln!("==> {}/{} {name}", nth + 1, configurations.len());
        let outcome = run::run(*configuration, &cases, false).with_context(|| name.clone())?;
        report::print(&name, &outcome.cells);
        for (path, difference) in outcome.differences.iter().take(SHOWN) {
            println!("  {path}: {:?} {}", difference.labels, difference.what);
        }
        results.recorded = outcome.recorded_cases;
        results.cells.extend(outcome.cells);
        results
            .differences
            .extend(outcome.differences.into_iter().map(|(path, difference)| Found {
                configuration: name.clone(),
                path,
                difference,
            }));
    }
    results.exceptions = exceptions::check_all()?;
    exceptions::print(&results.exceptions);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&results)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let unlike = results
        .exceptions
        .iter()
        .filter(|exception| !exception.as_listed())
        .count();
    println!(
        "parity: {} cases by hand, {} generated, {} recorded on both engines; {} configurations; {} series compared, {} equal, \
         {} differences; {} exceptions as listed, {unlike} not; {:.0} s",
        hand,
        GENERATED,
        results.recorded,
        configurations.len(),
        results
            .cells
            .iter()
            .map(|cell| cell.equal + cell.different)
            .sum::<usize>(),
        results.cells.iter().map(|cell| cell.equal).sum::<usize>(),
        results.differences.len(),
        results.exceptions.len() - unlike,
        begin.elapsed().as_secs_f64()
    );
    if !results.differences.is_empty() || unlike > 0 {
        bail!("the paths differ");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
