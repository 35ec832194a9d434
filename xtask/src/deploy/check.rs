//! The real programs on the rendered files.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail};
use vmotel_testkit::Version;
use vmotel_testkit::tools::{Finder, Tool};

/// Runs every program that can check a file of the folder, of both versions; the tests of the rules, which are slow, only if asked to:
/// those of a single node and of a cluster are the same whatever they are packed in.
pub(super) fn programs(folder: &Path, tests: bool) -> anyhow::Result<()> {
    let checks = checks(folder)?;
    for version in Version::BOTH {
        for (tool, arguments) in &checks {
            if tests || *tool != Tool::VmalertTool {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                run(*tool, version, &arguments, folder)?;
            }
        }
    }
    Ok(())
}

/// Returns the programs that know a file of the folder, with their arguments.
fn checks(folder: &Path) -> anyhow::Result<Vec<(Tool, Vec<String>)>> {
    let all: [(Tool, &str, &[&str]); 6] = [
        (
            Tool::Vmagent,
            "vmagent/scrape.yml",
            &[
                "-dryRun",
                "-promscrape.config=vmagent/scrape.yml",
                "-remoteWrite.url=http://localhost",
            ],
        ),
        (Tool::Vmalert, "vmalert", &["-dryRun", "-rule=vmalert/*.yml"]),
        (
            Tool::Vmauth,
            "vmauth/auth.yml",
            &["-dryRun", "-auth.config=vmauth/auth.yml"],
        ),
        (
            Tool::VmalertTool,
            "tests",
            &["unittest", "--files=tests/*_test.yml"],
        ),
        (
            Tool::Amtool,
            "alertmanager/alertmanager.yml",
            &["check-config", "alertmanager/alertmanager.yml"],
        ),
        (
            Tool::DockerCompose,
            "compose.yml",
            &["--file=compose.yml", "config", "--quiet"],
        ),
    ];
    let owned = |arguments: &[&str]| arguments.iter().map(|text| (*text).to_owned()).collect();
    let mut checks: Vec<(Tool, Vec<String>)> = all
        .into_iter()
        .filter(|(_, file, _)| folder.join(file).exists())
        .map(|(tool, _, arguments)| (tool, owned(arguments)))
        .collect();
    let rules = folder.join("vmalert");
    if rules.exists() {
        let mut arguments: Vec<String> = owned(&["check", "rules"]);
        arguments.extend(files(&rules)?);
        checks.push((Tool::Promtool, arguments));
    }
    anyhow::ensure!(!checks.is_empty(), "{} holds nothing to check", folder.display());
    Ok(checks)
}

/// Returns the files of a folder, sorted, with its name before theirs.
fn files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        files.push(format!("{name}/{}", entry?.file_name().to_string_lossy()));
    }
    files.sort();
    Ok(files)
}

fn run(tool: Tool, version: Version, arguments: &[&str], folder: &Path) -> anyhow::Result<()> {
    let found = Finder::from_env().find(tool, version)?;
    let mut command = Command::new(&found.path);
    // Whoever tests rules at the same time uses the same folder of the same name there.
    let temporary = tempfile::tempdir()?;
    command
        .args(arguments)
        .current_dir(folder)
        .env("TMPDIR", temporary.path());
    // Stand-ins: the passwords are in no rendered file.
    command
        .env("READER_PASSWORD", "reader")
        .env("WRITER_PASSWORD", "writer");
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", found.path.display()))?;
    if !output.status.success() {
        bail!(
            "{tool} ({}) refuses the rendered files ({}): {}{}",
            found.version_text(),
            arguments.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    println!("{tool} {}: {} passes", found.version_text(), arguments.join(" "));
    Ok(())
}

#[cfg(test)]
mod tests;
