//! Puts a Debian package into the cache, once, however many processes ask for it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FlockOperation, flock};

use super::apt::Apt;
use super::{Tool, Version};

/// The file in a cache entry that names the suites it was downloaded for, one a line.
pub(super) const SUITES_FILE: &str = "suites";

/// Downloads and unpacks the package of a program; the error says why it could not be.
///
/// The entry appears whole (it is renamed into place), and processes that ask for the same package wait for the first.
pub(super) fn install(cache: &Path, tool: Tool, version: Version) -> Result<(), String> {
    let shown = |path: &Path| {
        let path = path.display().to_string();
        move |e: io::Error| format!("{path} could not be used: {e}")
    };
    fs::create_dir_all(cache).map_err(shown(cache))?;
    // Released when the file is closed, also if the process is killed.
    let lock_path = cache.join(format!(".lock-{}-{}", tool.package(), version.suite()));
    let lock = File::create(&lock_path).map_err(shown(&lock_path))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|e| shown(&lock_path)(e.into()))?;
    if cached(cache, tool, version) {
        return Ok(());
    }
    let work = tempfile::Builder::new()
        .prefix(".work-")
        .tempdir_in(cache)
        .map_err(shown(cache))?;
    let archive = Apt::new(version.suite(), work.path())?.download(tool.package())?;
    let package_version = run(Command::new("dpkg-deb")
        .arg("--field")
        .arg(&archive)
        .arg("Version"))?
    .trim()
    .to_owned();
    notice_if_untested(tool, &package_version);
    let unpacked = work.path().join("unpacked");
    run(Command::new("dpkg").arg("-x").arg(&archive).arg(&unpacked))?;
    fs::write(unpacked.join(SUITES_FILE), format!("{}\n", version.suite())).map_err(shown(&unpacked))?;
    place(
        &unpacked,
        &cache.join(tool.package()).join(&package_version),
        version,
    )
    .map_err(shown(cache))
}

/// Returns true if another process has put the package there while we waited.
fn cached(cache: &Path, tool: Tool, version: Version) -> bool {
    let entries = fs::read_dir(cache.join(tool.package()))
        .into_iter()
        .flatten()
        .flatten();
    entries.map(|entry| entry.path()).any(|entry| {
        suites(&entry).lines().any(|suite| suite == version.suite())
            && entry.join(tool.folder()).join(tool.binary()).exists()
    })
}

fn suites(entry: &Path) -> String {
    fs::read_to_string(entry.join(SUITES_FILE)).unwrap_or_default()
}

/// Renames the unpacked package into place. If the other suite has brought the same version, its entry gets one more suite.
fn place(unpacked: &Path, entry: &Path, version: Version) -> io::Result<()> {
    if let Some(parent) = entry.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::rename(unpacked, entry) {
        Ok(()) => Ok(()),
        Err(_) if entry.join("usr").is_dir() => {
            let next = unpacked.join(SUITES_FILE);
            fs::write(&next, format!("{}{}\n", suites(entry), version.suite()))?;
            fs::rename(next, entry.join(SUITES_FILE))
        }
        Err(e) => Err(e),
    }
}

#[expect(clippy::print_stderr, reason = "the person who runs the tests should know")]
fn notice_if_untested(tool: Tool, package_version: &str) {
    // An epoch comes before a colon.
    let upstream = package_version.rsplit(':').next().unwrap_or(package_version);
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '+', '-', '~'])
            .map_while(|n| n.parse().ok())
            .take(2)
            .collect()
    };
    if numbers(upstream) > numbers(tool.tested()) {
        eprintln!(
            "notice: {} {upstream} is newer than {}, the newest version tested",
            tool.package(),
            tool.tested()
        );
    }
}

/// Runs a program and returns what it printed; the error holds the end of what it complained about.
pub(super) fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|e| format!("{name} could not be run: {e}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let from = complaint.char_indices().rev().nth(500).map_or(0, |(at, _)| at);
        return Err(format!(
            "{name} ended with {}: {}",
            output.status,
            &complaint[from..]
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the only file with this ending in a folder.
pub(super) fn only_file(dir: &Path, ending: &str) -> Option<PathBuf> {
    let files = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .min()
}
