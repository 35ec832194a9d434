//! `cargo xtask build`: everything that the workspace compiles.

use crate::step;

/// Builds all crates, examples, benches and tests.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Build with optimisations.
    #[arg(long)]
    release: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut cargo = step::cargo(&["build", "--workspace", "--all-targets"]);
    if args.release {
        cargo.arg("--release");
    }
    step::run("build", cargo)
}
