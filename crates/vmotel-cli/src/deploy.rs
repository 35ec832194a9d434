//! `vmotel deploy`, and what `cargo xtask deploy` shares with it.

mod catalog;
mod choice;
pub mod folder;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

pub use catalog::catalog;
pub use choice::{Choice, DEFAULTS, Defaults};

/// Renders a deployment of VictoriaMetrics around a service, and explains it.
#[derive(Debug, clap::Args)]
pub struct DeployArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the files of a deployment; foreign files in the folder are never overwritten.
    Render {
        #[command(flatten)]
        choice: Choice,
        /// The folder.
        #[arg(long, short)]
        output: PathBuf,
        /// Also make the secrets that are missing below `secrets/`, at random.
        #[arg(long)]
        secrets: bool,
    },
    /// Fails if a folder does not hold exactly what would be rendered.
    Check {
        #[command(flatten)]
        choice: Choice,
        /// The folder.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Prints the JSON schema of a file of values.
    Schema,
    /// Prints the services, ports, flow of data and sizes of a deployment.
    Explain {
        #[command(flatten)]
        choice: Choice,
    },
}

pub(crate) fn run(args: &DeployArgs) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match &args.command {
        Command::Render {
            choice,
            output,
            secrets,
        } => {
            let stack = choice.stack()?;
            let written = folder::write(&stack.render()?, output)?;
            writeln!(out, "{}: {written} files written", output.display())?;
            if *secrets {
                let made = folder::write_secrets(&stack.secrets(), output)?;
                writeln!(out, "{}: {made} secrets made", output.join("secrets").display())?;
            }
        }
        Command::Check { choice, output } => {
            folder::compare(&choice.stack()?.render()?, output)?;
            writeln!(out, "{}: as rendered", output.display())?;
        }
        Command::Schema => out.write_all(vmotel_deploy::schema().as_bytes())?,
        Command::Explain { choice } => out.write_all(choice.stack()?.explain().as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
