//! The commands, and how they end.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{check, completions, doctor, export, import, query};

/// The status of a failure: what was asked could not be done.
const FAILED: u8 = 1;
/// The status of a command line that is not valid, as clap has it.
const INVALID: u8 = 2;
const EXIT_CODES: &str = "\
Exit status:
  0  done; `doctor` found nothing wrong (or notes only), `check` found no error
  1  failed: the server cannot be reached, refuses, or gives a partial answer
  2  the command line is not valid
  3  `doctor` found warnings; `check` found queries that cannot be parsed
  4  `doctor` found something critical

Credentials come from the environment or from files, never from the command line, where other users see them:
  VMOTEL_USERNAME with VMOTEL_PASSWORD or VMOTEL_PASSWORD_FILE; VMOTEL_TOKEN or VMOTEL_TOKEN_FILE; VMOTEL_HEADERS_FILE
";

/// Queries, exports, imports and examines VictoriaMetrics.
#[derive(Debug, Parser)]
#[command(name = "vmotel", version, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: All,
}

/// All commands; `cargo xtask` has a `deploy` of its own, for the folders of the repository.
#[derive(Debug, Subcommand)]
enum All {
    #[command(flatten)]
    Command(Command),
    #[cfg(unix)]
    Deploy(crate::deploy::DeployArgs),
}

/// What the command line asks for; `cargo xtask` offers the same.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Evaluates a query, at one time or over a range.
    Query(query::QueryArgs),
    /// Examines an app, vmagent, VictoriaMetrics and vmalert: what is wrong, with numbers, and how it is mended.
    Doctor(doctor::DoctorArgs),
    /// Copies stored samples to files, in parts by time; goes on where it was interrupted.
    Export(export::ExportArgs),
    /// Stores samples from files, or from a folder that `export` made.
    Import(import::ImportArgs),
    /// Checks queries without a server: errors with their place, likely mistakes, formatting.
    Check(check::CheckArgs),
    /// Prints the completions of a shell.
    Completions(completions::CompletionsArgs),
}

impl Cli {
    /// Does what the command line asks for; prints an error, if any, and returns the exit status.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.command {
            All::Command(command) => command.run(),
            #[cfg(unix)]
            All::Deploy(args) => end(crate::deploy::run(&args)),
        }
    }
}

impl Command {
    /// Does what was asked for; prints an error, if any, and returns the exit status.
    #[must_use]
    pub fn run(self) -> ExitCode {
        end(match self {
            Self::Query(args) => query::run(&args),
            Self::Doctor(args) => doctor::run(&args),
            Self::Export(args) => export::run(&args),
            Self::Import(args) => import::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Completions(args) => completions::run(&args),
        })
    }
}

/// Prints an error, if any, and returns the exit status.
fn end(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        // Whoever reads our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(if error.is::<Usage>() { INVALID } else { FAILED })
        }
    }
}

/// An error of the command line that clap could not see.
#[derive(Debug)]
struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Makes an error of the command line.
pub(crate) fn usage(message: String) -> anyhow::Error {
    anyhow::Error::new(Usage(message))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
}
