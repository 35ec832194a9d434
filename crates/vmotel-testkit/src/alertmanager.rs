//! An Alertmanager, also where Debian's package is only unpacked.

use std::io;
use std::ops::Deref;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::{fs, process};

use memchr::memmem;

use crate::server::new_dir;
use crate::tools::{Finder, Found, Tool};
use crate::{Error, Launch, Process, Version};

/// Where Debian's Alertmanager reads its templates from; upstream's has them within.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager";
/// A path of the same length, relative to the working folder.
const RELATIVE: &str = "./././././././././././././template";
const _: () = assert!(
    TEMPLATES.len() == RELATIVE.len(),
    "one replaces the other in place"
);

/// A running Alertmanager; derefs to its [`Process`].
///
/// Debian's program cannot start where `/usr/share/prometheus/alertmanager/default.tmpl` is missing, which takes root to put there. The
/// path is a constant of the program: a copy with another path of the same length reads the templates of the unpacked package.
#[derive(Debug)]
pub struct Alertmanager {
    process: Process,
}

impl Alertmanager {
    /// Starts an Alertmanager with a configuration (YAML) and waits until it is ready.
    ///
    /// # Errors
    /// The program or its templates cannot be had, or it does not start (the error shows its log, also for a bad configuration).
    pub fn start(version: Version, config: &str) -> Result<Self, Error> {
        let dir = new_dir()?;
        let file = dir.path().join("alertmanager.yml");
        fs::write(&file, config).map_err(failed(&file))?;
        let arguments = vec![
            format!("--config.file={}", file.display()),
            format!("--storage.path={}", dir.path().join("data").display()),
            "--web.listen-address=127.0.0.1:0".to_owned(),
            "--cluster.listen-address=".to_owned(),
        ];
        Self::launch(
            version,
            Launch {
                arguments,
                health: "/-/ready".to_owned(),
                dir: Some(dir),
                ..Launch::default()
            },
        )
    }

    /// Starts an Alertmanager with all of this but its program, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn launch(version: Version, launch: Launch) -> Result<Self, Error> {
        let found = Finder::from_env().find(Tool::Alertmanager, version)?;
        let dir = launch.dir.map_or_else(new_dir, Ok)?;
        let program = relocated(&found, dir.path())?;
        Ok(Self {
            process: Process::run(Launch {
                program,
                dir: Some(dir),
                ..launch
            })?,
        })
    }
}

impl Deref for Alertmanager {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

/// Returns a program that starts with this working folder.
fn relocated(found: &Found, dir: &Path) -> Result<PathBuf, Error> {
    if Path::new(TEMPLATES).join("default.tmpl").exists() {
        return Ok(found.path.clone());
    }
    let program = fs::read(&found.path).map_err(failed(&found.path))?;
    if memmem::find(&program, TEMPLATES.as_bytes()).is_none() {
        return Ok(found.path.clone());
    }
    // `usr/bin/NAME` in the unpacked package.
    let root = found.path.ancestors().nth(3).unwrap_or(Path::new("/"));
    let templates = root.join(TEMPLATES.trim_start_matches('/'));
    if !templates.join("default.tmpl").exists() {
        let missing = io::Error::new(
            io::ErrorKind::NotFound,
            "it holds no default.tmpl; install the package prometheus-alertmanager, or unset VMOTEL_BIN_DIR",
        );
        return Err(failed(&templates)(missing));
    }
    let link = dir.join(RELATIVE);
    symlink(&templates, &link).map_err(failed(&link))?;
    let copy = root.join("relocated-alertmanager");
    if !copy.exists() {
        // Renamed into place, as other tests may do the same.
        let next = root.join(format!("relocated-{}", process::id()));
        fs::write(&next, replaced(&program)).map_err(failed(&next))?;
        fs::set_permissions(&next, fs::Permissions::from_mode(0o755)).map_err(failed(&next))?;
        fs::rename(&next, &copy).map_err(failed(&copy))?;
    }
    Ok(copy)
}

fn replaced(program: &[u8]) -> Vec<u8> {
    let mut copy = program.to_vec();
    for at in memmem::find_iter(program, TEMPLATES) {
        copy[at..at + RELATIVE.len()].copy_from_slice(RELATIVE.as_bytes());
    }
    copy
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
