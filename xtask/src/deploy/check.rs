//! The real programs on the rendered files.

use std::{path::Path, process::Command};

use anyhow::{Context as _, bail};
use vmotel_testkit::Version;
use vmotel_testkit::tools::{Finder, Tool};

/// Runs every program that can check a file of the folder, of both versions.
pub(super) fn programs(folder: &Path) -> anyhow::Result<()> {
    for version in Version::BOTH {
        let checks: [(Tool, &[&str]); 7] = [
            (
                Tool::Vmagent,
                &[
                    "-dryRun",
                    "-promscrape.config=vmagent/scrape.yml",
                    "-remoteWrite.url=http://localhost",
                ],
            ),
            (Tool::Vmalert, &["-dryRun", "-rule=vmalert/*.yml"]),
            (Tool::Vmauth, &["-dryRun", "-auth.config=vmauth/auth.yml"]),
            (Tool::VmalertTool, &["unittest", "--files=tests/alerts_test.yml"]),
            (Tool::Promtool, &["check", "rules", "vmalert/rules.yml"]),
            (Tool::Amtool, &["check-config", "alertmanager/alertmanager.yml"]),
            (Tool::DockerCompose, &["--file=compose.yml", "config", "--quiet"]),
        ];
        for (tool, arguments) in checks {
            run(tool, version, arguments, folder)?;
        }
    }
    Ok(())
}

/// Runs the programs on the files that differ from those of compose: the rules are the same, and so are their tests.
pub(super) fn configs(folder: &Path) -> anyhow::Result<()> {
    let checks: [(Tool, &str, &[&str]); 4] = [
        (
            Tool::Vmagent,
            "vmagent/scrape.yml",
            &[
                "-dryRun",
                "-promscrape.config=vmagent/scrape.yml",
                "-remoteWrite.url=http://localhost",
            ],
        ),
        (
            Tool::Vmauth,
            "vmauth/auth.yml",
            &["-dryRun", "-auth.config=vmauth/auth.yml"],
        ),
        (
            Tool::Amtool,
            "alertmanager/alertmanager.yml",
            &["check-config", "alertmanager/alertmanager.yml"],
        ),
        (
            Tool::Promtool,
            "vmalert/rules.yml",
            &["check", "rules", "vmalert/rules.yml"],
        ),
    ];
    for version in Version::BOTH {
        for (tool, file, arguments) in checks {
            if folder.join(file).exists() {
                run(tool, version, arguments, folder)?;
            }
        }
    }
    Ok(())
}

fn run(tool: Tool, version: Version, arguments: &[&str], folder: &Path) -> anyhow::Result<()> {
    let found = Finder::from_env().find(tool, version)?;
    let mut command = Command::new(&found.path);
    command.args(arguments).current_dir(folder);
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
