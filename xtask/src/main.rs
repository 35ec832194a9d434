//! The commands of the workspace: `cargo xtask --help` lists them.
//!
//! This file only dispatches. Each command is one file with an `Args` type and a `run` function.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program talks to its terminal"
)]

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
    Tools(tools::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Tools(args) => tools::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
