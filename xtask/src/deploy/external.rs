//! The checkers of others on the rendered defaults, each in its pinned version, installed below `target/tools`.
//!
//! Too slow for every run of the checks: `cargo xtask deploy check --external`.

mod install;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use comfy_table::{Table, presets};
use serde_json::Value;
use vmotel_testkit::{
    Version,
    tools::{Finder, Tool},
};

use install::Checkers;
use vmotel_cli::deploy::Defaults;

use crate::step;

/// The versions of Kubernetes whose schemas are asked.
const KUBERNETES: [&str; 5] = ["1.33", "1.34", "1.35", "1.36", "1.37"];

/// What one checker said about one tree.
#[derive(Debug)]
struct Row {
    tree: &'static str,
    checker: String,
    /// What it counted.
    counts: String,
    /// What it found wrong; empty if nothing.
    wrong: String,
}

/// Runs all checkers on all trees and prints a table; fails if one of them finds anything.
pub(super) fn run(trees: &[Defaults]) -> anyhow::Result<()> {
    let checkers = Checkers::install()?;
    let mut rows = Vec::new();
    for tree in trees {
        let path = tree.path(&step::workspace_root());
        if tree.is_compose() {
            rows.extend(compose(&checkers, tree.folder, &path)?);
        } else {
            rows.extend(kubernetes(&checkers, tree.folder, &path)?);
            rows.push(kustomize(*tree)?);
        }
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["tree", "checker", "counted", "result"]);
    for row in &rows {
        let result = if row.wrong.is_empty() { "passes" } else { "FAILS" };
        table.add_row([row.tree, &row.checker, &row.counts, result]);
    }
    println!("{table}");
    let failed: Vec<&Row> = rows.iter().filter(|row| !row.wrong.is_empty()).collect();
    for row in &failed {
        println!("\n{} of {}:\n{}", row.checker, row.tree, row.wrong);
    }
    println!("{} checks, {} failed", rows.len(), failed.len());
    ensure!(
        failed.is_empty(),
        "{} of the checkers found something",
        failed.len()
    );
    Ok(())
}

fn compose(checkers: &Checkers, tree: &'static str, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let mut schema = checkers.python("check-jsonschema");
    schema.args(["--builtin-schema", "vendor.compose-spec", "compose.yml"]);
    let mut lint = checkers.node("dclint");
    lint.args(["--quiet", "compose.yml"]);
    let mut rows = Vec::new();
    for (checker, mut command) in [("compose-spec schema", schema), ("dclint", lint)] {
        let (passes, text) = output(command.current_dir(folder))?;
        rows.push(Row {
            tree,
            checker: checker.to_owned(),
            counts: "1 file".to_owned(),
            wrong: if passes { String::new() } else { text },
        });
    }
    Ok(rows)
}

fn kubernetes(checkers: &Checkers, tree: &'static str, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (objects, custom) = objects(folder)?;
    for version in KUBERNETES {
        let mut validate = checkers.python("kubernetes-validate");
        validate.args(["-k", version, "--strict"]).args(&objects);
        let (passes, text) = output(&mut validate)?;
        rows.push(Row {
            tree,
            checker: format!("kubernetes-validate {version}"),
            counts: match custom {
                0 => format!("{} objects", objects.len()),
                _ => format!("{} objects, {custom} of operators left out", objects.len()),
            },
            wrong: if passes { String::new() } else { text },
        });
    }
    rows.push(checkov(checkers, tree, folder)?);
    Ok(rows)
}

/// Assembles the objects with secrets at hand, which the repository does not hold.
fn kustomize(tree: Defaults) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    super::write(&tree.stack()?, folder.path())?;
    let kustomize = Finder::from_env().find(Tool::Kustomize, Version::Newest)?;
    let (passes, text) = output(Command::new(&kustomize.path).arg("build").arg(folder.path()))?;
    let built = text.lines().filter(|line| line.starts_with("kind: ")).count();
    Ok(Row {
        tree: tree.folder,
        checker: "kustomize build".to_owned(),
        counts: format!("{built} objects"),
        wrong: if passes && built > 0 { String::new() } else { text },
    })
}

fn checkov(checkers: &Checkers, tree: &'static str, folder: &Path) -> anyhow::Result<Row> {
    let mut checkov = checkers.checkov();
    checkov.arg("--directory").arg(folder);
    checkov.args([
        "--framework",
        "kubernetes",
        "--output",
        "json",
        "--skip-download",
        "--quiet",
    ]);
    let (_, text) = output(&mut checkov)?;
    let from = text.find('{').context("checkov printed no JSON")?;
    let report: Value = serde_json::Deserializer::from_str(&text[from..])
        .into_iter()
        .next()
        .context("checkov printed no JSON")?
        .context("checkov printed no JSON")?;
    let summary = &report["summary"];
    let count = |key: &str| {
        summary[key]
            .as_u64()
            .with_context(|| format!("checkov counts no {key}"))
    };
    let (passed, failed, waived) = (count("passed")?, count("failed")?, count("skipped")?);
    let mut wrong: Vec<String> = Vec::new();
    for check in report["results"]["failed_checks"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        wrong.push(format!(
            "{} {}: {}",
            text("check_id"),
            text("resource"),
            text("check_name")
        ));
    }
    ensure!(passed > 0, "checkov looked at nothing in {tree}");
    ensure!(
        wrong.len() as u64 >= failed.min(1),
        "checkov counts {failed} failures and names none"
    );
    Ok(Row {
        tree,
        checker: "checkov".to_owned(),
        counts: format!("{passed} passed, {failed} failed, {waived} waived with a reason"),
        wrong: wrong.join("\n"),
    })
}

/// Returns the files with objects of Kubernetes itself, and the number of those with objects of operators, whose schemas it lacks.
fn objects(folder: &Path) -> anyhow::Result<(Vec<PathBuf>, usize)> {
    let (mut own, mut custom) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "yaml") || path.ends_with("kustomization.yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let version = text.lines().find_map(|line| line.strip_prefix("apiVersion: "));
        let version = version.with_context(|| format!("no apiVersion in {}", path.display()))?;
        if ["operator.victoriametrics.com/", "monitoring.coreos.com/"]
            .iter()
            .any(|group| version.starts_with(group))
        {
            custom += 1;
        } else {
            own.push(path);
        }
    }
    own.sort();
    ensure!(!own.is_empty(), "{} holds no object", folder.display());
    Ok((own, custom))
}

/// Runs a checker; returns whether it is content, and all that it printed.
fn output(command: &mut Command) -> anyhow::Result<(bool, String)> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}
