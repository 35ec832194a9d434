//! A Prometheus, to compare with and to be compatible with.

use std::ops::Deref;

use crate::server::new_dir;
use crate::tools::{Finder, Tool};
use crate::{Error, Launch, Process, Version};

/// A running Prometheus; derefs to its [`Process`].
///
/// It takes samples by scraping, and by remote write at `/api/v1/write`. [`Version::Stable`] is 2.53, [`Version::Newest`] 3.5 or later.
///
/// # Examples
/// ```no_run
/// use vmotel_testkit::{Prometheus, Version};
///
/// let server = Prometheus::start(Version::Stable, "global: {}\n", &[])?;
/// assert!(server.get("/api/v1/query?query=1")?.text().contains("success"));
/// # Ok::<(), vmotel_testkit::Error>(())
/// ```
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
}

impl Prometheus {
    /// Starts a Prometheus with a configuration (YAML) and further files by name, and waits until it is ready.
    ///
    /// # Errors
    /// The program cannot be had (the error names the command that installs it), or it does not start (the error shows its log, also for
    /// a bad configuration).
    pub fn start(version: Version, config: &str, files: &[(&str, &str)]) -> Result<Self, Error> {
        let found = Finder::from_env().find(Tool::Prometheus, version)?;
        let dir = new_dir()?;
        for (name, text) in files.iter().chain([&("prometheus.yml", config)]) {
            let path = dir.path().join(name);
            std::fs::write(&path, text).map_err(|source| Error::File { path, source })?;
        }
        let arguments = vec![
            format!("--config.file={}", dir.path().join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", dir.path().join("data").display()),
            "--web.listen-address=127.0.0.1:0".to_owned(),
            "--web.enable-remote-write-receiver".to_owned(),
            "--web.enable-admin-api".to_owned(),
            "--enable-feature=exemplar-storage,native-histograms".to_owned(),
        ];
        let process = Process::run(Launch {
            program: found.path,
            arguments,
            health: "/-/ready".to_owned(),
            dir: Some(dir),
            ..Launch::default()
        })?;
        Ok(Self { process })
    }
}

impl Deref for Prometheus {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}
