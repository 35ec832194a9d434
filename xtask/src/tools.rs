//! `cargo xtask tools`: the real servers and validators that tests and the demo run against.

/// Lists the external programs (servers, validators) and, with `--fetch`, downloads what is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Download what is missing into the project's cache.
    #[arg(long)]
    fetch: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    println!("fetch: {}", args.fetch);
    Ok(())
}
