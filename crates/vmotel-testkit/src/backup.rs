//! Backups of a single node, made and read back by its own programs.

use std::path::Path;
use std::process::Command;

use crate::tools::{Finder, Tool};
use crate::{Error, Version, VictoriaMetrics};

/// Makes a snapshot of a running server and copies it to a folder with vmbackup.
///
/// # Errors
/// The program cannot be had, or it fails; the error shows what it printed.
pub fn backup(version: Version, server: &VictoriaMetrics, to: &Path) -> Result<(), Error> {
    run(
        Tool::Vmbackup,
        version,
        &[
            format!("-storageDataPath={}", server.data().display()),
            format!("-snapshot.createURL={}/snapshot/create", server.url()),
            format!("-dst=fs://{}", to.display()),
            // Its own metrics; more than one may run.
            "-httpListenAddr=127.0.0.1:0".to_owned(),
        ],
    )
}

/// Copies a backup into the data folder of a server that is not running, with vmrestore; what is there and not in the backup goes.
///
/// # Errors
/// As [`backup`].
pub fn restore(version: Version, from: &Path, data: &Path) -> Result<(), Error> {
    run(
        Tool::Vmrestore,
        version,
        &[
            format!("-src=fs://{}", from.display()),
            format!("-storageDataPath={}", data.display()),
            "-httpListenAddr=127.0.0.1:0".to_owned(),
        ],
    )
}

fn run(tool: Tool, version: Version, arguments: &[String]) -> Result<(), Error> {
    let found = Finder::from_env().find(tool, version)?;
    let output = Command::new(&found.path)
        .args(arguments)
        .output()
        .map_err(|source| Error::Spawn {
            program: found.path.display().to_string(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::NotReady {
        program: tool.to_string(),
        what: format!("ended with {}", output.status),
        log: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
