//! `cargo xtask bench`: runs the criterion benches beside the peers and tells the ratio to the best of them.

mod results;
mod table;

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use cargo_metadata::{Metadata, MetadataCommand, TargetKind};

use crate::step;

/// The package of the benches.
const PACKAGE: &str = "vmotel-benches";

/// The feature that adds the peers to each bench.
const PEERS: &str = "peers";

/// Runs the benches and prints each case with the ratio to the best peer.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this group: a bench target, or a criterion group.
    group: Option<String>,
    /// Write the results to this file: a list of {group, case, subject, value, unit, better, median}.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A look within seconds: few samples of short runs.
    #[arg(long)]
    quick: bool,
    /// Leave the peers out; they need not be compiled then.
    #[arg(long)]
    no_peers: bool,
    /// Do not run anything: show the results of the last runs.
    #[arg(long)]
    last: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(step::workspace_root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the metadata of the workspace")?;
    let begin = (!args.last).then(step::wall_clock);
    if !args.last {
        run_criterion(args, &metadata)?;
    }
    let folder = metadata.target_directory.join("criterion");
    let mut rows = results::read(folder.as_std_path(), begin)?;
    if let Some(group) = args.group.as_ref().filter(|_| args.last) {
        rows.retain(|row| row.group == *group);
    }
    if rows.is_empty() {
        bail!(
            "no results under {folder}; is the group `{}` spelled right?",
            args.group.as_deref().unwrap_or("*")
        );
    }
    table::print(&rows);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&rows)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written: {}", path.display());
    }
    Ok(())
}

fn run_criterion(args: &Args, metadata: &Metadata) -> anyhow::Result<()> {
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == PACKAGE)
        .with_context(|| format!("no package {PACKAGE} in the workspace"))?;
    let targets: Vec<&str> = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bench))
        .map(|target| target.name.as_str())
        .collect();
    if targets.is_empty() {
        bail!("{PACKAGE} has no bench targets");
    }
    let named = args.group.as_deref().filter(|group| targets.contains(group));

    let mut cargo = step::cargo(&["bench", "--package", PACKAGE]);
    if !args.no_peers && package.features.contains_key(PEERS) {
        cargo.args(["--features", PEERS]);
    }
    // Each by name: criterion's arguments would confuse the harness of the library.
    for target in named
        .map_or(targets.as_slice(), |_| &[])
        .iter()
        .copied()
        .chain(named)
    {
        cargo.args(["--bench", target]);
    }
    cargo.args(["--", "--noplot"]);
    if args.quick {
        // Benches that fill a server do with less.
        cargo.env("VMOTEL_BENCH_QUICK", "1");
        cargo.args([
            "--warm-up-time",
            "0.3",
            "--measurement-time",
            "1",
            "--sample-size",
            "10",
        ]);
    }
    if let (Some(group), None) = (&args.group, named) {
        cargo.arg(format!("^{group}/"));
    }
    step::run("bench", cargo)
}
