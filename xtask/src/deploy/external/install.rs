//! Where the checkers are, and how they get there: packages of Python in environments of their own, one of npm in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use vmotel_testkit::tools::Finder;

use crate::step;

/// The packages of Python that share an environment.
const PYTHON: [&str; 2] = ["check-jsonschema==0.39.0", "kubernetes-validate==1.37.0"];
/// It has many dependencies, in versions of its own.
const CHECKOV: [&str; 1] = ["checkov==3.3.30"];
/// The package of npm.
const NODE: [&str; 1] = ["dclint@3.1.0"];

/// The installed checkers.
#[derive(Debug)]
pub(super) struct Checkers {
    folder: PathBuf,
}

impl Checkers {
    /// Installs what is missing; nothing outside of `target/tools` changes.
    pub(super) fn install() -> anyhow::Result<Self> {
        let checkers = Self {
            folder: Finder::from_env().cache,
        };
        checkers.environment("python", &PYTHON)?;
        checkers.environment("checkov", &CHECKOV)?;
        let node = checkers.folder.join("node");
        missing(&node, &NODE, || {
            let mut npm = Command::new("npm");
            npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
                .arg(&node)
                .args(NODE);
            step::run("npm", npm)
        })?;
        Ok(checkers)
    }

    /// Returns a program of the packages of Python.
    pub(super) fn python(&self, program: &str) -> Command {
        Command::new(self.folder.join("python/bin").join(program))
    }

    pub(super) fn checkov(&self) -> Command {
        Command::new(self.folder.join("checkov/bin/checkov"))
    }

    /// Returns a program of the packages of npm.
    pub(super) fn node(&self, program: &str) -> Command {
        Command::new(self.folder.join("node/node_modules/.bin").join(program))
    }

    fn environment(&self, name: &str, packages: &[&str]) -> anyhow::Result<()> {
        let folder = self.folder.join(name);
        missing(&folder, packages, || {
            let mut venv = Command::new("python3");
            venv.args(["-m", "venv"]).arg(&folder);
            step::run("environment of Python", venv)?;
            let mut pip = Command::new(folder.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check"])
                .args(packages);
            step::run("pip", pip)
        })
    }
}

/// Runs an installation unless these packages were installed there before.
fn missing(
    folder: &Path,
    packages: &[&str],
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mark = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    install()?;
    fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))
}
