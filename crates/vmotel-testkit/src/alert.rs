//! A vmalert that evaluates rules against a VictoriaMetrics.

use std::ops::Deref;

use crate::server::new_dir;
use crate::tools::{Finder, Tool};
use crate::{Error, Process, Version};

/// A running vmalert; derefs to its [`Process`].
#[derive(Debug)]
pub struct Vmalert {
    process: Process,
}

impl Vmalert {
    /// Starts a vmalert with rules (YAML) that reads from and writes to a server's address, and waits until it is ready.
    ///
    /// Rules see what queries see: unless the server runs with `-search.latencyOffset=1ms`, a new series only after 30 s.
    /// Alerts go nowhere unless `flags` name a `-notifier.url`.
    ///
    /// # Errors
    /// The program cannot be had, or it does not start (the error shows its log, also for bad rules).
    pub fn start(version: Version, rules: &str, server: &str, flags: &[String]) -> Result<Self, Error> {
        let found = Finder::from_env().find(Tool::Vmalert, version)?;
        let dir = new_dir()?;
        let file = dir.path().join("rules.yml");
        std::fs::write(&file, rules).map_err(|source| Error::File {
            path: file.clone(),
            source,
        })?;
        let mut all = vec![
            format!("-rule={}", file.display()),
            format!("-datasource.url={server}"),
            format!("-remoteWrite.url={server}"),
            format!("-remoteRead.url={server}"),
            "-remoteWrite.flushInterval=100ms".to_owned(),
        ];
        if !flags.iter().any(|flag| flag.starts_with("-notifier.")) {
            all.push("-notifier.blackhole".to_owned());
        }
        all.extend_from_slice(flags);
        Ok(Self {
            process: Process::start(&found, dir, "127.0.0.1:0", &all)?,
        })
    }

    /// Asks the vmalert to end.
    ///
    /// # Errors
    /// It did not end in time; it is killed then.
    pub fn stop(self) -> Result<(), Error> {
        self.process.stop().map(drop)
    }
}

impl Deref for Vmalert {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}
