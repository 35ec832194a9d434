//! A VictoriaMetrics single node.

use std::ops::Deref;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::percent_encoded;
use crate::sample::{exported, samples};
use crate::tools::{Finder, Tool};
use crate::{Error, ExportedSeries, Kept, Process, Sample, Version, fresh_time};

/// The folder of the data within the folder of the server.
const DATA: &str = "data";

/// How a [`VictoriaMetrics`] is started.
#[derive(Debug, Default)]
pub struct ServerConfig {
    /// Which version. Default: [`Version::Stable`].
    pub version: Version,
    /// Further flags, as in `-opentelemetry.usePrometheusNaming`. Default: none.
    pub flags: Vec<String>,
    /// Where it listens. Default: empty, which stands for `127.0.0.1:0`, any free port.
    pub listen: String,
    /// The folder with its data, from [`Process::stop`] of an earlier one. Default: a new one.
    pub dir: Option<TempDir>,
}

/// A running VictoriaMetrics single node; derefs to its [`Process`].
///
/// All methods block. In an async test they may be called directly unless they wait for something that the test's own runtime does:
/// then they go through [`off_thread`](crate::off_thread).
///
/// # Examples
/// ```no_run
/// use vmotel_testkit::{Version, VictoriaMetrics};
///
/// let server = VictoriaMetrics::start(Version::Stable)?;
/// server.import_text("up{job=\"a\"} 1\n")?;
/// assert_eq!(server.query("up")?[0].value, 1.0);
/// # Ok::<(), vmotel_testkit::Error>(())
/// ```
#[derive(Debug)]
pub struct VictoriaMetrics {
    process: Process,
    version: Version,
}

impl VictoriaMetrics {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// The program cannot be had (the error names the command that installs it), or it does not start (the error shows its log).
    pub fn start(version: Version) -> Result<Self, Error> {
        Self::start_with(ServerConfig {
            version,
            ..ServerConfig::default()
        })
    }

    /// Starts a server with settings and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(config: ServerConfig) -> Result<Self, Error> {
        let found = Finder::from_env().find(Tool::VictoriaMetrics, config.version)?;
        let dir = config.dir.map_or_else(new_dir, Ok)?;
        let listen = if config.listen.is_empty() {
            "127.0.0.1:0"
        } else {
            &config.listen
        };
        // The retention keeps tests free to write any time since 1970.
        let mut flags = vec![
            format!("-storageDataPath={}", dir.path().join(DATA).display()),
            "-retentionPeriod=100y".to_owned(),
        ];
        flags.extend(config.flags);
        Ok(Self {
            process: Process::start(&found, dir, listen, &flags)?,
            version: config.version,
        })
    }

    /// Returns the version that was asked for.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the folder of its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.process.dir().join(DATA)
    }

    /// Makes everything written so far visible to queries.
    ///
    /// # Errors
    /// The server does not answer with a success.
    pub fn flush(&self) -> Result<(), Error> {
        self.process.get("/internal/force_flush").map(drop)
    }

    /// Stores samples in the Prometheus text format and flushes.
    ///
    /// # Errors
    /// The server does not answer with a success. Lines that it cannot parse are no error: it skips them.
    pub fn import_text(&self, text: &str) -> Result<(), Error> {
        self.process
            .send("POST", "/api/v1/import/prometheus", &[], text.as_bytes())?;
        self.flush()
    }

    /// Stores JSON lines (`{"metric":{..},"values":[..],"timestamps":[..]}`) and flushes.
    ///
    /// # Errors
    /// As [`Self::import_text`].
    pub fn import_json(&self, lines: &str) -> Result<(), Error> {
        self.process
            .send("POST", "/api/v1/import", &[], lines.as_bytes())?;
        self.flush()
    }

    /// Flushes, then evaluates a query at [`fresh_time`] past every cache; returns the series sorted by labels.
    ///
    /// # Errors
    /// The server does not answer with a success, or a matrix was asked for.
    pub fn query(&self, expression: &str) -> Result<Vec<Sample>, Error> {
        let time = fresh_time()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        self.query_at(expression, time)
    }

    /// Flushes, then evaluates a query at a time in seconds since 1970 past every cache; returns the series sorted by labels.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn query_at(&self, expression: &str, time: f64) -> Result<Vec<Sample>, Error> {
        self.flush()?;
        let target = format!(
            "/api/v1/query?query={}&time={time:.3}&nocache=1&latency_offset=1ms",
            percent_encoded(expression)
        );
        let text = self.process.get(&target)?.text();
        let json: Result<Value, _> = serde_json::from_str(&text);
        let parsed = json.as_ref().ok().and_then(samples);
        let mut series = parsed.ok_or_else(|| Error::Answer {
            url: format!("{}{target}", self.process.url()),
            reason: json
                .err()
                .map_or_else(|| "expected an instant vector".to_owned(), |e| e.to_string()),
            body: text,
        })?;
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }

    /// Flushes, then returns every stored sample of the series that a selector matches, sorted by labels; a series may come in pieces.
    ///
    /// # Errors
    /// The server does not answer with a success.
    pub fn export(&self, selector: &str) -> Result<Vec<ExportedSeries>, Error> {
        self.export_as(selector, "&reduce_mem_usage=1")
    }

    /// As [`Self::export`], after deduplication by the server's flag `-dedup.minScrapeInterval`, and each series in one piece.
    ///
    /// # Errors
    /// The server does not answer with a success.
    pub fn export_deduplicated(&self, selector: &str) -> Result<Vec<ExportedSeries>, Error> {
        self.export_as(selector, "")
    }

    fn export_as(&self, selector: &str, arguments: &str) -> Result<Vec<ExportedSeries>, Error> {
        self.flush()?;
        // The default range ends now, rounded down, and begins with the retention.
        let end = fresh_time()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
            + 172_800;
        let target = format!(
            "/api/v1/export?match[]={}&start=0&end={end}{arguments}",
            percent_encoded(selector)
        );
        let text = self.process.get(&target)?.text();
        let mut series = exported(&text).ok_or_else(|| Error::Answer {
            url: format!("{}{target}", self.process.url()),
            reason: "expected JSON lines".to_owned(),
            body: text.chars().take(2000).collect(),
        })?;
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }

    /// Repeats a query until its result is as wanted; returns that result.
    ///
    /// # Errors
    /// The result is still another after `within` (the error shows the last one), or a query fails.
    pub fn wait_for(
        &self,
        expression: &str,
        within: Duration,
        wanted: impl Fn(&[Sample]) -> bool,
    ) -> Result<Vec<Sample>, Error> {
        let pause = Duration::from_millis(50);
        let mut last = Vec::new();
        let mut waited = Duration::ZERO;
        while waited <= within {
            last = self.query(expression)?;
            if wanted(&last) {
                return Ok(last);
            }
            thread::sleep(pause);
            waited += pause;
        }
        Err(Error::Waited {
            seconds: within.as_secs_f64(),
            what: format!("the result of {expression} is still {last:?}"),
        })
    }

    /// Sums a metric of the server's own `/metrics` over all its series, for example `vm_rows_ignored_total`.
    ///
    /// # Errors
    /// The server does not answer with a success.
    pub fn own_metric(&self, name: &str) -> Result<f64, Error> {
        let text = self.process.get("/metrics")?.text();
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        Ok(lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }

    /// Asks the server to end, waits until it has written its data, and gives back its folder.
    ///
    /// # Errors
    /// The server did not end in time; it is killed then.
    pub fn stop(self) -> Result<TempDir, Error> {
        self.process.stop()
    }

    /// Kills the server without a chance to write its data, and gives back its folder.
    ///
    /// # Errors
    /// The server could not be killed.
    pub fn kill(self) -> Result<TempDir, Error> {
        self.process.kill()
    }

    /// Leaves the server running when this process ends.
    #[must_use]
    pub fn keep(self) -> Kept {
        self.process.keep()
    }
}

impl Deref for VictoriaMetrics {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

pub(crate) fn new_dir() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("vmotel-")
        .tempdir()
        .map_err(|source| Error::File {
            path: std::env::temp_dir(),
            source,
        })
}
