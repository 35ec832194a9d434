//! Downloads Debian packages without root: apt with its own configuration, lists and cache.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::install::{only_file, run};

/// Where Debian keeps the keys of its archive.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/debian-archive-keyring.gpg",
];

/// apt for one suite in a folder of its own.
#[derive(Debug)]
pub(super) struct Apt {
    suite: &'static str,
    dir: PathBuf,
}

impl Apt {
    /// Prepares the folder; nothing is asked of the network yet.
    pub(super) fn new(suite: &'static str, within: &Path) -> Result<Self, String> {
        let apt = Self {
            suite,
            dir: within.join("apt"),
        };
        for folder in ["lists/partial", "cache/archives/partial", "out"] {
            fs::create_dir_all(apt.dir.join(folder))
                .map_err(|e| format!("{} could not be made: {e}", apt.dir.display()))?;
        }
        Ok(apt)
    }

    /// Downloads a package from the first of the machine's mirrors that has the suite; returns the archive.
    pub(super) fn download(&self, package: &str) -> Result<PathBuf, String> {
        let mirrors = mirrors()?;
        let mut reasons = Vec::new();
        for mirror in &mirrors {
            match self.download_from(mirror, package) {
                Ok(archive) => return Ok(archive),
                Err(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            reasons.push("the machine's apt configuration names no mirror".to_owned());
        }
        Err(format!(
            "{package} of suite {} could not be downloaded: {}",
            self.suite,
            reasons.join("; ")
        ))
    }

    fn download_from(&self, mirror: &str, package: &str) -> Result<PathBuf, String> {
        self.configure(mirror)
            .map_err(|e| format!("{} could not be written: {e}", self.dir.display()))?;
        run(self.apt_get().arg("update"))?;
        let out = self.dir.join("out");
        run(self.apt_get().arg("download").arg(package).current_dir(&out))?;
        only_file(&out, "deb").ok_or_else(|| format!("apt-get download left no archive in {}", out.display()))
    }

    /// Writes a configuration that keeps apt away from the machine's own state; proxies and certificates of the machine stay in force.
    fn configure(&self, mirror: &str) -> std::io::Result<()> {
        let keys = KEYRINGS.iter().find(|path| Path::new(path).exists());
        let signed_by = keys.map_or(String::new(), |path| format!("[signed-by={path}] "));
        fs::write(
            self.dir.join("sources.list"),
            format!("deb {signed_by}{mirror} {} main\n", self.suite),
        )?;
        fs::write(self.dir.join("status"), "")?;
        let dir = self.dir.display();
        let settings = format!(
            "#clear APT::Update::Pre-Invoke;\n\
             #clear APT::Update::Post-Invoke;\n\
             #clear APT::Update::Post-Invoke-Success;\n\
             APT::Sandbox::User \"\";\n\
             APT::Default-Release \"\";\n\
             APT::Get::List-Cleanup \"false\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n\
             Acquire::Retries \"2\";\n\
             Dir::Etc::sourcelist \"{dir}/sources.list\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\n\
             Dir::State::lists \"{dir}/lists\";\n\
             Dir::State::status \"{dir}/status\";\n\
             Dir::Cache \"{dir}/cache\";\n\
             Dir::Cache::pkgcache \"\";\n\
             Dir::Cache::srcpkgcache \"\";\n"
        );
        fs::write(self.dir.join("apt.conf"), settings)
    }

    fn apt_get(&self) -> Command {
        let mut command = Command::new("apt-get");
        command
            .arg("-q")
            .arg("-c")
            .arg(self.dir.join("apt.conf"))
            .env("LC_ALL", "C");
        command
    }
}

/// Returns the mirrors of the machine's own apt configuration, Debian's first.
fn mirrors() -> Result<Vec<String>, String> {
    let targets = run(Command::new("apt-get")
        .arg("indextargets")
        .arg("--format")
        .arg("$(ORIGIN) $(REPO_URI)")
        .env("LC_ALL", "C"))?;
    let lines: BTreeSet<&str> = targets.lines().collect();
    let (debian, others): (Vec<&str>, Vec<&str>) =
        lines.into_iter().partition(|line| line.starts_with("Debian "));
    let mut mirrors: Vec<String> = debian
        .iter()
        .chain(&others)
        .filter_map(|line| line.split_once(' '))
        .map(|(_, uri)| uri.to_owned())
        .collect();
    if mirrors.is_empty() {
        // Before the first `apt-get update`, as in a fresh container, there are no targets, but the plan of the update names the
        // mirrors all the same.
        let plan = run(Command::new("apt-get")
            .arg("update")
            .arg("--print-uris")
            .env("LC_ALL", "C"))?;
        mirrors = planned(&plan);
    }
    Ok(mirrors)
}

/// Reads the mirrors out of lines like `'http://mirror/debian/dists/bookworm/InRelease' file 0`.
fn planned(plan: &str) -> Vec<String> {
    let uris = plan
        .lines()
        .filter_map(|line| line.strip_prefix('\'')?.split_once('\''))
        .map(|(uri, _)| uri);
    let repositories = uris
        .filter_map(|uri| uri.split_once("/dists/"))
        .map(|(repository, _)| format!("{repository}/"));
    let mut seen = BTreeSet::new();
    repositories
        .filter(|repository| seen.insert(repository.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_of_a_plan() {
        let plan = "'http://a/debian/dists/bookworm/InRelease' a_debian_dists_bookworm_InRelease 0 \n\
                    'http://a/debian/dists/bookworm-updates/InRelease' x 0 \n\
                    'http://a/debian-security/dists/bookworm-security/InRelease' y 0 \n\
                    Reading package lists...\n";
        assert_eq!(planned(plan), ["http://a/debian/", "http://a/debian-security/"]);
        assert!(planned("").is_empty());
    }
}
