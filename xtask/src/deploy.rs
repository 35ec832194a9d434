//! `cargo xtask deploy`: renders deployments from values and the catalog, and has the real programs check them.

mod catalog;
mod check;
mod folder;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Subcommand;
use vmotel_deploy::{Deployment, Stack, Tree};

use crate::step;

/// Where the rendered defaults lie in the repository.
const DEFAULTS: &str = "deploy/compose/single";

/// Renders a deployment of VictoriaMetrics around a service, explains it, and checks the rendered defaults.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the files of a deployment; foreign files in the folder are never overwritten.
    Render {
        /// A file of values, in TOML [default: all defaults].
        #[arg(long)]
        values: Option<PathBuf>,
        /// The folder [default: deploy/compose/single].
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
        /// A file of values, in TOML [default: all defaults].
        #[arg(long)]
        values: Option<PathBuf>,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Command::Render {
            values,
            output,
            secrets,
        } => {
            let stack = stack(values.as_deref())?;
            let output = output
                .clone()
                .unwrap_or_else(|| step::workspace_root().join(DEFAULTS));
            let written = folder::write(&stack.compose()?, &output)?;
            println!("{}: {written} files written", output.display());
            if *secrets {
                let made = folder::write_secrets(&stack.secrets(), &output)?;
                println!("{}: {made} secrets made", output.join("secrets").display());
            }
            Ok(())
        }
        Command::Check => check(),
        Command::Explain { values } => {
            print!("{}", stack(values.as_deref())?.explain());
            Ok(())
        }
    }
}

/// Checks the rendered defaults.
pub(crate) fn check() -> anyhow::Result<()> {
    let tree: Tree = stack(None)?.compose()?;
    let output = step::workspace_root().join(DEFAULTS);
    folder::compare(&tree, &output)?;
    check::programs(&output)
}

fn stack(values: Option<&Path>) -> anyhow::Result<Stack> {
    let values = match values {
        None => Deployment::default(),
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Deployment::from_toml(&text).with_context(|| format!("in {}", path.display()))?
        }
    };
    Ok(Stack::new(values, catalog::catalog()?)?)
}
