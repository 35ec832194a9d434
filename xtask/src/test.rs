//! `cargo xtask test`: all tests, those with real servers included.

use std::process::Command;

use crate::step;

/// Runs all tests; first fetches the servers that they start.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Also run the long tests: those marked as ignored, more cases of the property tests, the model of the cells.
    #[arg(long)]
    pub(crate) deep: bool,
    /// Do not fetch the servers: they are in the cache, on `PATH` or in `VMOTEL_BIN_DIR`.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Only the tests of this package; may be repeated.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Vec<String>,
}

/// Runs the command. The counts of the test runner are the last lines.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if !args.offline {
        step::run("tools", step::xtask(&["tools", "--fetch"])?)?;
    }
    if args.deep && selects(args, "vmotel-cells") {
        step::run("model of the cells", cells_model())?;
    }
    let mut doc = step::cargo(&["test", "--doc"]);
    select(&mut doc, args);
    step::run("documentation tests", doc)?;

    let nextest = step::succeeds(step::cargo(&["nextest", "--version"]));
    let mut tests = if nextest {
        step::cargo(&["nextest", "run", "--no-fail-fast"])
    } else {
        // Not `--all-targets`: it would run the benches.
        step::cargo(&[
            "test",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
        ])
    };
    select(&mut tests, args);
    if args.deep {
        tests.env("PROPTEST_CASES", "4096");
        tests.args(if nextest {
            &["--run-ignored", "all"][..]
        } else {
            &["--", "--include-ignored"][..]
        });
    }
    if selects(args, "vmotel-query") {
        step::run("data frames", data_frames())?;
    }
    if selects(args, "vmotel-instruments") {
        step::run("unstable tokio", unstable_tokio())?;
        step::run("jemalloc", jemalloc())?;
    }
    let begin = step::now();
    let status = tests.status()?;
    anyhow::ensure!(
        status.success(),
        "tests failed ({status}, {:.0} s)",
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

fn selects(args: &Args, package: &str) -> bool {
    args.package.is_empty() || args.package.iter().any(|name| name == package)
}

fn select(cargo: &mut Command, args: &Args) {
    if args.package.is_empty() {
        cargo.arg("--workspace");
    }
    for package in &args.package {
        cargo.args(["--package", package]);
    }
}

/// The query client's results as data frames: polars is heavy, so that no other step builds it.
fn data_frames() -> Command {
    step::cargo(&[
        "test",
        "--package",
        "vmotel-query",
        "--features",
        "polars",
        "polars",
    ])
}

/// What a tokio tells only with this flag, in a target folder of its own as for loom.
fn unstable_tokio() -> Command {
    let mut cargo = step::cargo(&["test", "--package", "vmotel-instruments", "--test", "it", "tokio"]);
    cargo.args(["--target-dir", "target/tokio_unstable"]);
    cargo.env("RUSTFLAGS", "--cfg tokio_unstable");
    cargo
}

/// The metrics of jemalloc, in a program that allocates with it: a library in C, so that no other step builds it.
fn jemalloc() -> Command {
    step::cargo(&[
        "test",
        "--package",
        "vmotel-examples",
        "--features",
        "jemalloc",
        "--test",
        "jemalloc",
    ])
}

/// The cells under loom, in a target folder of its own: the flag would make everything else build anew.
fn cells_model() -> Command {
    let mut cargo = step::cargo(&["test", "--package", "vmotel-cells", "--release", "--lib", "model"]);
    cargo.args(["--target-dir", "target/loom"]);
    cargo.env("RUSTFLAGS", "--cfg loom");
    cargo
}
