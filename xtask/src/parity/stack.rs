//! One configuration: a server and a vmagent, an exporter that both scrape, and every path into it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Context as _;
use vmotel_exporter::Exporter;
use vmotel_model::{MetricSource as _, Snapshot, Timestamp, VisitConfig};
use vmotel_testkit::{ServerConfig, Version, VictoriaMetrics, Vmagent, fresh_time};

use super::{
    case::Case,
    corpus::Corpus,
    path::{Format, INSTANCE, JOB, Options, Path},
    recorded::Recorded,
    stored::{self, Stored},
};
use crate::step;

/// How long what was sent may take until it can be read.
const PATIENCE: Duration = Duration::from_secs(90);

/// A version of the servers and the flags that both of them get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Configuration {
    pub(crate) version: Version,
    pub(crate) flags: &'static [&'static str],
}

impl Configuration {
    /// Returns all of them.
    pub(crate) fn all() -> Vec<Self> {
        const FLAGS: [&[&str]; 4] = [
            &[],
            &["-opentelemetry.usePrometheusNaming"],
            &["-usePromCompatibleNaming"],
            &["-opentelemetry.convertMetricNamesToPrometheus"],
        ];
        let of = |version: Version| {
            // 1.112 does not know the last one.
            let known = if version == Version::Newest { 4 } else { 3 };
            FLAGS[..known].iter().map(move |&flags| Self { version, flags })
        };
        Version::BOTH.into_iter().flat_map(of).collect()
    }

    pub(crate) fn name(&self) -> String {
        let flags = if self.flags.is_empty() {
            "no flags".to_owned()
        } else {
            self.flags.join(" ")
        };
        format!("{} {flags}", self.version.tested())
    }

    pub(crate) fn start_server(&self, scrape: &[String]) -> anyhow::Result<VictoriaMetrics> {
        let flags = self.flags.iter().map(|flag| (*flag).to_owned());
        Ok(VictoriaMetrics::start_with(ServerConfig {
            version: self.version,
            flags: flags.chain(scrape.iter().cloned()).collect(),
            ..ServerConfig::default()
        })?)
    }
}

/// Everything that runs.
pub(crate) struct Stack {
    pub(crate) server: VictoriaMetrics,
    agent: Option<Vmagent>,
    exporter: Option<Exporter>,
    corpus: Arc<Corpus>,
    recorded: Recorded,
    visit: VisitConfig,
    _folder: tempfile::TempDir,
}

impl Stack {
    /// Starts it; the scrapes begin.
    pub(crate) fn start(
        configuration: Configuration,
        cases: &[Case],
        recorded: Recorded,
        agent: bool,
    ) -> anyhow::Result<Self> {
        let corpus = Arc::new(Corpus::new(cases)?);
        let exporter = Exporter::builder()
            .with_lookup(|_| None)
            .with_service_name(JOB)
            .with_port(0)
            .with_global(false)
            .with_target_info(false)
            .with_self_metrics(false)
            .with_source("corpus", Arc::<Corpus>::clone(&corpus))
            .with_source("recorded by the SDK", Arc::clone(&recorded.sources[0]))
            .with_source("recorded by the registry", Arc::clone(&recorded.sources[1]))
            .build()?;
        let address = exporter
            .listen()?
            .local_addr()
            .context("metrics are switched off")?;

        let folder = tempfile::tempdir()?;
        let file = folder.path().join("scrape.yml");
        let scrape = Path {
            format: Format::Scrape,
            agent: false,
        };
        std::fs::write(&file, scrape_config(scrape, &address.to_string()))?;
        let server = configuration.start_server(&[format!("-promscrape.config={}", file.display())])?;
        let flags: Vec<String> = configuration
            .flags
            .iter()
            .map(|flag| (*flag).to_owned())
            .collect();
        let agent = agent
            .then(|| {
                let scrape = Path {
                    agent: true,
                    ..scrape
                };
                let config = scrape_config(scrape, &address.to_string());
                Vmagent::start(configuration.version, &config, &server.url(), &flags)
            })
            .transpose()?;
        Ok(Self {
            server,
            agent,
            exporter: Some(exporter),
            corpus,
            recorded,
            visit: VisitConfig::default(),
            _folder: folder,
        })
    }

    fn snapshots(&self) -> Vec<Box<dyn Snapshot + '_>> {
        let recorded = self.recorded.sources.iter();
        std::iter::once(self.corpus.snapshot(&self.visit))
            .chain(recorded.map(|source| source.snapshot(&self.visit)))
            .collect()
    }

    /// Sends everything by all paths but the scrapes; returns how many samples each reports.
    pub(crate) fn send(
        &self,
        paths: &[Path],
        time: Timestamp,
        stale: bool,
    ) -> anyhow::Result<BTreeMap<Path, u64>> {
        let snapshots = self.snapshots();
        let mut sent = BTreeMap::new();
        for &path in paths.iter().filter(|path| path.format != Format::Scrape) {
            let address = match &self.agent {
                Some(agent) if path.agent => agent.address(),
                _ => self.server.address(),
            };
            let samples = if path.format == Format::Import {
                if stale {
                    continue;
                }
                path.import(address, &snapshots, "")?
            } else {
                let options = Options {
                    stale,
                    ..Options::default()
                };
                path.push(address, &snapshots, time, options)?.samples
            };
            sent.insert(path, samples);
        }
        Ok(sent)
    }

    /// Ends the exporter: the scrapers find nothing more and end its series.
    pub(crate) fn end_scrapes(&mut self) {
        drop(self.exporter.take());
    }

    /// Waits until the number of living series of every path is as wanted, or for too long: the comparison tells then what differs.
    pub(crate) fn wait(&self, paths: &[Path], wanted: impl Fn(Path, usize) -> bool) -> anyhow::Result<()> {
        let begin = step::now();
        while begin.elapsed() < PATIENCE {
            let counts = self.counts()?;
            let count = |path: Path| counts.get(&path.name()).copied().unwrap_or(0);
            if paths.iter().all(|path| wanted(*path, count(*path))) {
                break;
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Returns the paths that have living series.
    pub(crate) fn living(&self, paths: &[Path]) -> anyhow::Result<Vec<Path>> {
        let counts = self.counts()?;
        let lives = |path: &&Path| counts.get(&path.name()).is_some_and(|count| *count > 0);
        Ok(paths.iter().filter(lives).copied().collect())
    }

    /// Counts living series by path, without those that the scraper itself writes.
    fn counts(&self) -> anyhow::Result<BTreeMap<String, usize>> {
        let query = "count by (path) ({path!=\"\", __name__!~\"up|scrape_(duration_seconds|samples_.+|series_added|\
                     response_size_bytes|timeout_seconds)\"})";
        let samples = self.server.query(query)?;
        let pair = |sample: &vmotel_testkit::Sample| (sample.label("path").to_owned(), sample.value as usize);
        Ok(samples.iter().map(pair).collect())
    }

    /// Reads what each path has stored.
    pub(crate) fn stored(&self, paths: &[Path]) -> anyhow::Result<BTreeMap<Path, Stored>> {
        let read = |&path: &Path| Ok((path, stored::read(&self.server, &path.name())?));
        paths.iter().map(read).collect()
    }
}

/// Returns the time of pushes: a moment ahead, as that of queries.
pub(crate) fn push_time() -> anyhow::Result<Timestamp> {
    let since = fresh_time().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp(u64::try_from(since.as_nanos())?))
}

/// The stated scrape configuration: all labels of the target are given.
fn scrape_config(path: Path, target: &str) -> String {
    format!(
        "scrape_configs:\n\
         - job_name: {JOB}\n\
         \x20 scrape_interval: 2s\n\
         \x20 scrape_timeout: 2s\n\
         \x20 static_configs:\n\
         \x20 - targets: ['{target}']\n\
         \x20   labels: {{instance: {INSTANCE}, path: {}}}\n",
        path.name()
    )
}
