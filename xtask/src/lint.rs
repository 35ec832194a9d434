//! `cargo xtask lint`: formatting and clippy, warnings refused.

use crate::step;

/// Checks the formatting and runs clippy; every warning is an error.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Repair what can be repaired: format, and apply clippy's suggestions.
    #[arg(long)]
    fix: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if args.fix {
        let fix = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--fix",
            "--allow-dirty",
            "--allow-staged",
        ];
        step::run("clippy", step::cargo(&fix))?;
        return step::run("format", step::cargo(&["fmt", "--all"]));
    }
    step::run("format", step::cargo(&["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    step::run("clippy", step::cargo(&clippy))
}
