//! Where programs are looked for, and in which order.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::install::{SUITES_FILE, install};
use super::probe::{Capabilities, probe};
use super::{Tool, ToolError, Version};

/// Looks for programs; see [`Finder::find`] for the order.
#[derive(Debug, Clone)]
pub struct Finder {
    /// A folder that alone is searched, from `VMOTEL_BIN_DIR`.
    pub bin_dir: Option<PathBuf>,
    /// The cache, `target/tools` of the workspace.
    pub cache: PathBuf,
    /// The folders of `PATH`.
    pub path: Option<OsString>,
    /// Whether to download what is missing.
    pub download: bool,
}

/// A program that was found and probed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The program.
    pub tool: Tool,
    /// The file.
    pub path: PathBuf,
    /// Where it was found.
    pub origin: Origin,
    /// Which of the two versions its flags fit; `None` if they do not tell.
    pub version: Option<Version>,
}

/// Where a program was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The folder `VMOTEL_BIN_DIR`.
    BinDir,
    /// The project's cache.
    Cache {
        /// The version of the Debian package.
        package_version: String,
    },
    /// A folder of `PATH`.
    Path,
}

impl Found {
    /// Returns what is known of the version: the package's, or which tested version the flags fit.
    #[must_use]
    pub fn version_text(&self) -> String {
        match (&self.origin, self.version) {
            (Origin::Cache { package_version }, _) => package_version.clone(),
            (_, Some(Version::Newest)) => format!("flags of {} or later", Version::Newest.tested()),
            (_, Some(Version::Stable)) => format!("flags of {} or so", Version::Stable.tested()),
            (_, None) => "usable".to_owned(),
        }
    }
}

impl Finder {
    /// Creates a finder from `VMOTEL_BIN_DIR`, `CARGO_TARGET_DIR` and `PATH`; it downloads what is missing.
    #[must_use]
    pub fn from_env() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = workspace.canonicalize().unwrap_or(workspace);
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) if !dir.is_empty() => workspace.join(dir),
            _ => workspace.join("target"),
        };
        Self {
            bin_dir: env::var_os("VMOTEL_BIN_DIR")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
            cache: target.join("tools"),
            path: env::var_os("PATH"),
            download: true,
        }
    }

    /// Finds a program.
    ///
    /// With `bin_dir`, only that folder counts, whatever version is in it. Otherwise the cache is searched, then `PATH`, and then the
    /// package is downloaded into the cache if allowed. A file counts only if its own help shows what we need; from `PATH` it must
    /// also fit the wanted version.
    ///
    /// # Errors
    /// There is no usable program; the error says what was tried and which commands install it.
    pub fn find(&self, tool: Tool, version: Version) -> Result<Found, ToolError> {
        if let Some(dir) = &self.bin_dir {
            return find_in_bin_dir(tool, dir);
        }
        let mut reasons = Vec::new();
        if let Some(found) = self
            .in_cache(tool, version, &mut reasons)
            .or_else(|| self.in_path(tool, version, &mut reasons))
        {
            return Ok(found);
        }
        if self.download {
            match install(&self.cache, tool, version) {
                Ok(()) => {
                    if let Some(found) = self.in_cache(tool, version, &mut reasons) {
                        return Ok(found);
                    }
                }
                Err(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            reasons.push("it is neither in the cache nor in PATH".to_owned());
        }
        Err(ToolError::Missing {
            tool,
            version,
            reasons,
        })
    }

    fn in_cache(&self, tool: Tool, version: Version, reasons: &mut Vec<String>) -> Option<Found> {
        let mut entries: Vec<PathBuf> = fs::read_dir(self.cache.join(tool.package()))
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        // The order only decides among several downloads of one suite: the latest one.
        entries.sort_by_key(|entry| fs::metadata(entry).and_then(|m| m.modified()).ok());
        for entry in entries.iter().rev() {
            let suites = fs::read_to_string(entry.join(SUITES_FILE)).unwrap_or_default();
            if !suites.lines().any(|suite| suite == version.suite()) {
                continue;
            }
            let path = entry.join(tool.folder()).join(tool.binary());
            let package_version = entry
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match probe(tool, &path) {
                Ok(Capabilities { version }) => {
                    return Some(Found {
                        tool,
                        path,
                        origin: Origin::Cache { package_version },
                        version,
                    });
                }
                Err(reason) => reasons.push(reason),
            }
        }
        None
    }

    fn in_path(&self, tool: Tool, version: Version, reasons: &mut Vec<String>) -> Option<Found> {
        for dir in env::split_paths(self.path.as_ref()?) {
            for path in candidates(tool, &dir) {
                match probe(tool, &path) {
                    Ok(Capabilities { version: fits }) if fits.is_none_or(|fits| fits == version) => {
                        return Some(Found {
                            tool,
                            path,
                            origin: Origin::Path,
                            version: fits,
                        });
                    }
                    Ok(_) => reasons.push(format!("{} is not the version that is wanted", path.display())),
                    Err(reason) => reasons.push(reason),
                }
            }
        }
        None
    }
}

fn find_in_bin_dir(tool: Tool, dir: &Path) -> Result<Found, ToolError> {
    let mut reason = "there is none".to_owned();
    for path in candidates(tool, dir) {
        match probe(tool, &path) {
            Ok(Capabilities { version }) => {
                return Ok(Found {
                    tool,
                    path,
                    origin: Origin::BinDir,
                    version,
                });
            }
            Err(why) => reason = why,
        }
    }
    Err(ToolError::BinDir {
        tool,
        dir: dir.to_owned(),
        reason,
    })
}

/// Returns the files in a folder that have a fitting name and may be run.
fn candidates(tool: Tool, dir: &Path) -> impl Iterator<Item = PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = dir.to_owned();
    tool.file_names()
        .iter()
        .map(move |name| dir.join(name))
        .filter(|path| {
            fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        })
}
