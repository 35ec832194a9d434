//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Which crate may import which ([`edges`]), the size and the header of source files ([`files`]), the manifests
//! ([`manifests`]). A failure makes the command and the test of this module fail; a warning does not.

mod edges;
mod files;
mod manifests;

use std::path::Path;

use anyhow::{Context as _, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::step;

/// Checks the rules that no compiler checks: arrows between crates, sizes of files, headers, manifests.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Also list the largest files.
    #[arg(long)]
    sizes: bool,
}

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    failures: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn fail(&mut self, message: String) {
        self.failures.push(message);
    }

    fn warn(&mut self, message: String) {
        self.warnings.push(message);
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = step::workspace_root();
    let metadata = metadata(&root)?;
    let findings = check(&root, &metadata)?;
    if args.sizes {
        for (lines, path) in files::sizes(&root)?.into_iter().take(25) {
            println!("{lines:5}  {path}");
        }
    }
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for failure in &findings.failures {
        println!("failure: {failure}");
    }
    if !findings.failures.is_empty() {
        bail!("tidy: {} failures", findings.failures.len());
    }
    println!(
        "tidy: {} packages, 0 failures, {} warnings",
        metadata.workspace_members.len(),
        findings.warnings.len()
    );
    Ok(())
}

fn metadata(root: &Path) -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the metadata of the workspace")
}

fn check(root: &Path, metadata: &Metadata) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    edges::check(metadata, &mut findings);
    manifests::check(root, metadata, &mut findings)?;
    files::check(root, &mut findings)?;
    Ok(findings)
}

/// Tells whether the package lies under `crates/`: one that users import.
fn is_crate(root: &Path, package: &Package) -> bool {
    package.manifest_path.starts_with(root.join("crates"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let root = step::workspace_root();
        let findings = check(&root, &metadata(&root).unwrap()).unwrap();
        assert!(findings.failures.is_empty(), "{:#?}", findings.failures);
    }
}
