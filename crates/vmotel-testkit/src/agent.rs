//! A vmagent that scrapes and writes to a VictoriaMetrics.

use std::ops::Deref;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::server::new_dir;
use crate::tools::{Finder, Tool};
use crate::{Error, Kept, Process, Version};

/// A running vmagent; derefs to its [`Process`].
#[derive(Debug)]
pub struct Vmagent {
    process: Process,
}

impl Vmagent {
    /// Starts a vmagent with a scrape configuration (YAML) that writes to a server's address, and waits until it is ready.
    ///
    /// It forwards what it has scraped every 100 ms. `flags` come in addition.
    ///
    /// # Errors
    /// The program cannot be had, or it does not start (the error shows its log, also for a bad configuration).
    pub fn start(
        version: Version,
        scrape_config: &str,
        remote_write_to: &str,
        flags: &[String],
    ) -> Result<Self, Error> {
        let found = Finder::from_env().find(Tool::Vmagent, version)?;
        let dir = new_dir()?;
        let config = dir.path().join("scrape.yml");
        std::fs::write(&config, scrape_config).map_err(|source| Error::File {
            path: config.clone(),
            source,
        })?;
        let mut all = vec![
            format!("-promscrape.config={}", config.display()),
            format!(
                "-remoteWrite.url={}/api/v1/write",
                remote_write_to.trim_end_matches('/')
            ),
            format!("-remoteWrite.tmpDataPath={}", dir.path().join("queue").display()),
            "-remoteWrite.flushInterval=100ms".to_owned(),
        ];
        all.extend_from_slice(flags);
        Ok(Self {
            process: Process::start(&found, dir, "127.0.0.1:0", &all)?,
        })
    }

    /// Waits until every target of a job was scraped at least once, all with success.
    ///
    /// # Errors
    /// It is not so after `within`; the error shows the targets.
    pub fn wait_until_up(&self, job: &str, within: Duration) -> Result<(), Error> {
        let pause = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        let mut last = String::new();
        while waited <= within {
            last = self.process.get("/api/v1/targets")?.text();
            if all_up(&last, job) {
                return Ok(());
            }
            thread::sleep(pause);
            waited += pause;
        }
        Err(Error::Waited {
            seconds: within.as_secs_f64(),
            what: format!("the targets of {job} are not up: {last}"),
        })
    }

    /// Asks the vmagent to end; it delivers what it has scraped before it goes.
    ///
    /// # Errors
    /// It did not end in time; it is killed then.
    pub fn stop(self) -> Result<(), Error> {
        self.process.stop().map(drop)
    }

    /// Leaves the vmagent running when this process ends.
    #[must_use]
    pub fn keep(self) -> Kept {
        self.process.keep()
    }
}

impl Deref for Vmagent {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn all_up(targets: &str, job: &str) -> bool {
    let Ok(answer) = serde_json::from_str::<Value>(targets) else {
        return false;
    };
    let active = answer["data"]["activeTargets"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut ours = active
        .iter()
        .filter(|target| target["scrapePool"] == job || target["labels"]["job"] == job)
        .peekable();
    ours.peek().is_some() && ours.all(|target| target["health"] == "up")
}
