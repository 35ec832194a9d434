//! `cargo xtask tools`: the real servers and validators that tests and the demo run against.

use std::time::Duration;

use anyhow::bail;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use vmotel_testkit::Version;
use vmotel_testkit::tools::{Finder, Found, Origin, Tool};

/// Lists the external programs (servers, validators) and, with `--fetch`, downloads what is missing.
///
/// They are looked for in the folder `VMOTEL_BIN_DIR` (if set, only there), in the cache `target/tools/NAME/VERSION`, and in `PATH`.
/// A program counts only if its own help shows what is needed. Downloads are Debian packages from the machine's own mirror, unpacked
/// into the cache; nothing is installed and root is not needed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Programs, as in `victoria-metrics promtool` [default: all for a list, those of VictoriaMetrics for --fetch].
    #[arg(value_parser = parse_tool)]
    tools: Vec<Tool>,
    /// Download what is missing into the cache.
    #[arg(long)]
    fetch: bool,
    /// Which version [default: both for a list, trixie for --fetch].
    #[arg(long, visible_alias = "version", value_enum)]
    suite: Option<Suite>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Suite {
    /// Debian stable: VictoriaMetrics 1.112.
    #[value(alias = "stable", alias = "1.112")]
    Trixie,
    /// The newest: VictoriaMetrics 1.145 when this was tested.
    #[value(alias = "newest", alias = "1.145")]
    Sid,
    /// Both.
    Both,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let versions: &[Version] = match args.suite {
        Some(Suite::Trixie) => &[Version::Stable],
        Some(Suite::Sid) => &[Version::Newest],
        None if args.fetch => &[Version::Stable],
        Some(Suite::Both) | None => &Version::BOTH,
    };
    let tools = if args.tools.is_empty() {
        default_tools(args.fetch)
    } else {
        args.tools.clone()
    };
    let finder = Finder {
        download: args.fetch,
        ..Finder::from_env()
    };
    let mut missing = 0;
    println!(
        "{:<24} {:<7} {:<28} {:<15} path",
        "program", "suite", "version", "found in"
    );
    for &version in versions {
        for &tool in &tools {
            let result = with_spinner(args.fetch, tool, version, || finder.find(tool, version));
            match result {
                Ok(found) => print_row(version, &found),
                Err(error) if args.fetch => {
                    eprintln!("{error}");
                    missing += 1;
                }
                Err(_) => {
                    println!("{:<24} {:<7} missing", tool.to_string(), version.to_string());
                    missing += 1;
                }
            }
        }
    }
    match missing {
        0 => Ok(()),
        _ if args.fetch => bail!("{missing} programs could not be had"),
        _ => {
            println!(
                "missing ones are downloaded with: cargo xtask tools --fetch [PROGRAM..] [--suite trixie|sid|both]"
            );
            Ok(())
        }
    }
}

fn default_tools(fetch: bool) -> Vec<Tool> {
    Tool::ALL
        .into_iter()
        .filter(|tool| !fetch || tool.package() == Tool::VictoriaMetrics.package())
        .collect()
}

fn parse_tool(name: &str) -> Result<Tool, String> {
    let known = || Tool::ALL.map(Tool::binary).join(", ");
    let found = Tool::ALL
        .into_iter()
        .find(|tool| tool.file_names().contains(&name));
    found.ok_or_else(|| format!("expected one of {}", known()))
}

fn print_row(version: Version, found: &Found) {
    let origin = match &found.origin {
        Origin::BinDir => "VMOTEL_BIN_DIR",
        Origin::Cache { .. } => "cache",
        Origin::Path => "PATH",
        _ => "elsewhere",
    };
    println!(
        "{:<24} {:<7} {:<28} {origin:<15} {}",
        found.tool.to_string(),
        version.to_string(),
        found.version_text(),
        found.path.display()
    );
}

/// Shows that something is going on while a download may take its time; nothing outside a terminal.
fn with_spinner<T>(fetch: bool, tool: Tool, version: Version, work: impl FnOnce() -> T) -> T {
    let spinner = if fetch {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message(format!("{tool} of {version}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let result = work();
    spinner.finish_and_clear();
    result
}
