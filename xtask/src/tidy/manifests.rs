//! Manifests and READMEs: package metadata, crate documentation, explicit targets, the Rust version.

use std::{fs, path::Path};

use anyhow::Context as _;
use cargo_metadata::{Metadata, Package, TargetKind};

use super::{Findings, is_crate};

pub(super) fn check(root: &Path, metadata: &Metadata, findings: &mut Findings) -> anyhow::Result<()> {
    let packages = metadata.workspace_packages();
    for package in &packages {
        check_manifest(package, findings)?;
        if is_crate(root, package) {
            check_metadata(package, findings);
            check_readme(package, findings)?;
        }
    }
    let versions: Vec<_> = packages
        .iter()
        .map(|package| package.rust_version.as_ref())
        .collect();
    if versions
        .iter()
        .any(|version| version.is_none() || *version != versions[0])
    {
        findings.fail("packages differ in `rust-version`; inherit it from the workspace".to_owned());
    }
    if let Some(version) = versions.first().copied().flatten() {
        let minor = format!("{}.{}", version.major, version.minor);
        match fs::read_to_string(root.join("README.md")) {
            Ok(readme) if states_msrv(&readme, &minor) => {}
            Ok(_) => findings.fail(format!(
                "README.md does not state the MSRV {minor} of the manifest"
            )),
            Err(_) => findings.warn("no README.md in the root".to_owned()),
        }
    }
    Ok(())
}

/// Tells whether a line names the minimum Rust version, and this one with it.
fn states_msrv(readme: &str, version: &str) -> bool {
    let states = |line: &str| line.contains("MSRV") || line.contains("minimum supported Rust version");
    let names = |line: &str| {
        let words = line.split(|c: char| !c.is_ascii_digit() && c != '.');
        words
            .map(|word| word.trim_matches('.'))
            .any(|word| word == version)
    };
    readme.lines().any(|line| states(line) && names(line))
}

fn check_manifest(package: &Package, findings: &mut Findings) -> anyhow::Result<()> {
    let name = &package.name;
    let text = fs::read_to_string(&package.manifest_path)
        .with_context(|| format!("cannot read the manifest of {name}"))?;
    for target in &package.targets {
        let kind = match target.kind.first() {
            Some(TargetKind::Example) => "example",
            Some(TargetKind::Bench) => "bench",
            _ => continue,
        };
        let explicit =
            text.contains(&format!("[[{kind}]]")) && text.contains(&format!("name = \"{}\"", target.name));
        if !explicit {
            findings.fail(format!(
                "{name}: write the {kind} {} as an explicit [[{kind}]]",
                target.name
            ));
        }
    }
    if !text.contains("[lints]\nworkspace = true") && !text.contains("[lints.rust]") {
        findings.fail(format!("{name}: does not inherit the lints of the workspace"));
    }
    for (key, inherited) in [
        ("version", "version.workspace = true"),
        ("edition", "edition.workspace = true"),
    ] {
        if !text.contains(inherited) {
            findings.fail(format!("{name}: `{key}` is not inherited from the workspace"));
        }
    }
    Ok(())
}

fn check_metadata(package: &Package, findings: &mut Findings) {
    let fields = [
        ("description", package.description.is_some()),
        ("license", package.license.is_some()),
        ("repository", package.repository.is_some()),
        ("homepage", package.homepage.is_some()),
        ("readme", package.readme.is_some()),
        ("rust-version", package.rust_version.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
    ];
    for (field, present) in fields {
        if !present {
            findings.fail(format!("{}: no `{field}` in the manifest", package.name));
        }
    }
}

fn check_readme(package: &Package, findings: &mut Findings) -> anyhow::Result<()> {
    let name = &package.name;
    let Some(folder) = package.manifest_path.parent() else {
        return Ok(());
    };
    let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    if !readme.starts_with(&format!("# {name}\n")) {
        findings.fail(format!("{name}: no README.md that begins with `# {name}`"));
    }
    let library = package.targets.iter().find(|target| {
        target
            .kind
            .iter()
            .any(|kind| matches!(kind, TargetKind::Lib | TargetKind::ProcMacro))
    });
    if let Some(library) = library {
        let text = fs::read_to_string(&library.src_path)
            .with_context(|| format!("cannot read the library of {name}"))?;
        if !text.contains("include_str!(\"../README.md\")") {
            findings.fail(format!("{name}: its README.md is not its crate documentation"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::states_msrv;

    #[test]
    fn finds_the_rust_version() {
        assert!(states_msrv("a\nMSRV: Rust 1.88\n", "1.88"));
        assert!(states_msrv("The minimum supported Rust version is 1.88.", "1.88"));
        assert!(!states_msrv(
            "The minimum supported Rust version is 1.881.",
            "1.88"
        ));
        assert!(!states_msrv("MSRV 1.87\nas of 1.88", "1.88"));
    }
}
