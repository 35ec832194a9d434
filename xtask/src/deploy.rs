//! `cargo xtask deploy`: renders deployments from values and the catalog, and has the real programs check them.

mod catalog;
mod check;
mod choice;
mod folder;

use std::path::{Path, PathBuf};

use choice::{Choice, DEFAULTS};
use clap::Subcommand;
use vmotel_deploy::{Deployment, Stack};

/// Renders a deployment of VictoriaMetrics around a service, explains it, and checks the rendered defaults.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the files of a deployment, without a choice all defaults below deploy/; foreign files in the folder are never overwritten.
    Render {
        #[command(flatten)]
        choice: Choice,
        /// The folder [default: where the defaults of this form and topology lie].
        #[arg(long)]
        output: Option<PathBuf>,
        /// Also make the secrets that are missing below `secrets/`, at random.
        #[arg(long)]
        secrets: bool,
    },
    /// Fails if the rendered defaults in deploy/ are not those of the model, or if a real program refuses them.
    Check,
    /// Prints the services, ports, flow of data and sizes of a deployment.
    Explain {
        #[command(flatten)]
        choice: Choice,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Command::Render {
            choice,
            output: None,
            secrets,
        } if choice.is_empty() => {
            for defaults in DEFAULTS {
                render(&defaults.stack()?, &defaults.path(), *secrets)?;
            }
            Ok(())
        }
        Command::Render {
            choice,
            output,
            secrets,
        } => {
            let output = match output {
                Some(output) => output.clone(),
                None => choice.folder()?,
            };
            render(&choice.stack()?, &output, *secrets)
        }
        Command::Check => check(),
        Command::Explain { choice } => {
            print!("{}", choice.stack()?.explain());
            Ok(())
        }
    }
}

fn render(stack: &Stack, output: &Path, secrets: bool) -> anyhow::Result<()> {
    let written = folder::write(&stack.render()?, output)?;
    println!("{}: {written} files written", output.display());
    if secrets {
        let made = folder::write_secrets(&stack.secrets(), output)?;
        println!("{}: {made} secrets made", output.join("secrets").display());
    }
    Ok(())
}

/// Returns the deployment of these values around the example service.
pub(crate) fn stack_of(values: Deployment) -> anyhow::Result<Stack> {
    Ok(Stack::new(values, catalog::catalog()?)?)
}

/// Writes the files of a deployment, and secrets for it, into a folder.
pub(crate) fn write(stack: &Stack, folder: &Path) -> anyhow::Result<()> {
    folder::write(&stack.render()?, folder)?;
    folder::write_secrets(&stack.secrets(), folder)?;
    Ok(())
}

/// Checks the rendered defaults.
pub(crate) fn check() -> anyhow::Result<()> {
    for defaults in DEFAULTS {
        folder::compare(&defaults.stack()?.render()?, &defaults.path())?;
    }
    for defaults in DEFAULTS {
        if defaults.is_compose() {
            check::programs(&defaults.path(), true)?;
        } else {
            let files = tempfile::tempdir()?;
            folder::write(&defaults.stack()?.configs()?, files.path())?;
            check::programs(files.path(), false)?;
        }
    }
    Ok(())
}

#[cfg(test)]
fn stack(values: Option<&Path>) -> anyhow::Result<Stack> {
    Choice {
        values: values.map(Path::to_owned),
        ..Choice::default()
    }
    .stack()
}
