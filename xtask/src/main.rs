//! The commands of the workspace: `cargo xtask --help` lists them.
//!
//! This file only dispatches. Each command is one file with an `Args` type and a `run` function.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program talks to its terminal"
)]

mod bench;
mod budget;
mod build;
mod catalog;
mod ci;
mod demo;
mod deploy;
mod explorer;
mod lint;
mod parity;
mod step;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, checks and shows the vmotel workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(bench::Args),
    Budget(budget::Args),
    Build(build::Args),
    Catalog(catalog::Args),
    Ci(ci::Args),
    Demo(demo::Args),
    Deploy(deploy::Args),
    Explorer(explorer::Args),
    Lint(lint::Args),
    Parity(parity::Args),
    Test(test::Args),
    Tidy(tidy::Args),
    Tools(tools::Args),
    /// The commands of `vmotel`.
    #[command(flatten)]
    Vmotel(vmotel_cli::Command),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Budget(args) => budget::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Ci(args) => ci::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Deploy(args) => deploy::run(&args),
        Command::Explorer(args) => explorer::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Parity(args) => parity::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Tools(args) => tools::run(&args),
        Command::Vmotel(command) => return command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
