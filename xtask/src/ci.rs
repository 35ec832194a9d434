//! `cargo xtask ci`: what has to pass before a change is merged.

use crate::{budget, catalog, deploy, lint, step, test, tidy};

/// Runs format, clippy, tidy, the checks of the catalog, the budget and the rendered deployment, the documentation and all tests; every warning is an error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also run the long tests.
    #[arg(long)]
    deep: bool,
}

/// Runs the command. The quick checks come first, the counts of the test runner last.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    lint::run(&lint::Args::default())?;
    tidy::run(&tidy::Args::default())?;
    catalog::run(&catalog::Args { check: true })?;
    budget::run(&budget::Args::default())?;
    deploy::check()?;
    let mut doc = step::cargo(&["doc", "--workspace", "--no-deps", "--exclude", "xtask"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    step::run("documentation", doc)?;
    test::run(&test::Args {
        deep: args.deep,
        ..test::Args::default()
    })
}
