//! `cargo xtask catalog`: the reference of all metrics, from the definitions that instruments, dashboards and rules are made of.

mod mentions;
mod reference;
#[cfg(test)]
mod tests;

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use vmotel_exporter::SELF_METRICS;
use vmotel_instruments::catalog::FAMILIES;
use vmotel_model::{MetricDef, Naming};

use crate::step;

/// Where the reference lies in the repository.
const REFERENCE: &str = "METRICS.md";

/// Writes the reference of all metrics, METRICS.md, from the catalog.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if the reference is not current, or if a text of the repository names a metric that is not in the catalog.
    #[arg(long)]
    pub(crate) check: bool,
}

/// A family: its name and definitions.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) metrics: Vec<MetricDef>,
}

impl Family {
    /// Returns the names of its metrics as they are exposed.
    fn exposed(&self) -> anyhow::Result<Vec<String>> {
        let exposed = self.metrics.iter().map(|def| def.exposed_name(Naming::default()));
        Ok(exposed.collect::<Result<_, _>>()?)
    }
}

/// Returns all families that this workspace exposes.
pub(crate) fn families() -> Vec<Family> {
    let own = [("exporter", SELF_METRICS)];
    let all = FAMILIES.iter().copied().chain(own);
    all.map(|(name, metrics)| Family {
        name,
        metrics: metrics.to_vec(),
    })
    .collect()
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = step::workspace_root();
    if args.check {
        return check(&root, &families());
    }
    let path = root.join(REFERENCE);
    fs::write(&path, reference::render(&families())?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("{REFERENCE} is written");
    Ok(())
}

/// Fails if the reference below a root is not current, or if a text there names a metric that is not in the catalog.
fn check(root: &Path, families: &[Family]) -> anyhow::Result<()> {
    let reference = fs::read_to_string(root.join(REFERENCE)).unwrap_or_default();
    let unknown = mentions::unknown(root, &mentions::read(root)?, families, &reference)?;
    for mention in &unknown {
        println!("failure: {mention}");
    }
    let is_current = reference == reference::render(families)?;
    if !is_current {
        println!("failure: {REFERENCE} is not as the catalog has it; run `cargo xtask catalog`");
    }
    let failures = unknown.len() + usize::from(!is_current);
    if failures > 0 {
        bail!("catalog: {failures} failures");
    }
    let metrics: usize = families.iter().map(|family| family.metrics.len()).sum();
    println!(
        "catalog: {metrics} metrics in {} families, 0 failures",
        families.len()
    );
    Ok(())
}
