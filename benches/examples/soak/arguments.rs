//! The arguments of both soaks.

use std::time::Duration;

use anyhow::{Context as _, bail};

/// Returns how long to run, ten minutes unless `--seconds` says otherwise; none after `--help`.
#[expect(clippy::print_stdout, reason = "it is asked for")]
pub(crate) fn duration(help: &str) -> anyhow::Result<Option<Duration>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let seconds = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 600,
        ["--help" | "-h"] => {
            println!("{help}\n\n  --seconds N   how long to run, from 3 to a week. Default: 600");
            return Ok(None);
        }
        ["--seconds", seconds] => seconds
            .parse()
            .ok()
            .filter(|seconds| (3..=7 * 86_400).contains(seconds))
            .with_context(|| format!("--seconds is {seconds:?}, expected a whole number from 3 to a week"))?,
        _ => bail!("the arguments are {arguments:?}, expected none, --seconds N or --help"),
    };
    Ok(Some(Duration::from_secs(seconds)))
}
