//! What was read, before anything is concluded from it.

use std::collections::BTreeSet;

use super::metrics::Metrics;

/// Everything that was read; an address that was not given is `None`.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    pub(crate) app: Option<Result<App, Unread>>,
    pub(crate) agent: Option<Result<Agent, Unread>>,
    pub(crate) storage: Option<Result<Storage, Unread>>,
    pub(crate) alert: Option<Result<Alert, Unread>>,
}

/// An address that gave no answer, or not the one expected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unread {
    pub(crate) url: String,
    pub(crate) cause: Cause,
    /// The whole message.
    pub(crate) message: String,
    /// Other addresses on the same host that answer with metrics, and what they are.
    pub(crate) instead: Vec<(String, Kind)>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Connect,
    Timeout,
    Credentials,
    NotFound,
    Status(u16),
    /// An answer, but not of metrics, or of another kind of server.
    Other,
}

/// What kind of program a set of metrics comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A VictoriaMetrics single node, or a node of a cluster.
    Storage,
    Agent,
    Alert,
    /// Anything else.
    App,
}

/// The endpoint of an application.
#[derive(Debug, Default)]
pub(crate) struct App {
    pub(crate) url: String,
    pub(crate) content_type: String,
    /// Of the body, decoded.
    pub(crate) bytes: usize,
    pub(crate) metrics: Metrics,
    /// How far its clock is ahead of ours, in seconds.
    pub(crate) ahead: Option<f64>,
    /// What its clock showed at the reading, in seconds since 1970; ours, if it does not tell.
    pub(crate) clock: Option<f64>,
}

/// A vmagent.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    pub(crate) url: String,
    pub(crate) metrics: Metrics,
    /// `None` if it does not tell.
    pub(crate) scraping: Option<Scraping>,
    pub(crate) ahead: Option<f64>,
}

/// A VictoriaMetrics.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    pub(crate) url: String,
    pub(crate) metrics: Metrics,
    /// What it scrapes itself.
    pub(crate) scraping: Option<Scraping>,
    pub(crate) ahead: Option<f64>,
    pub(crate) tsdb: Option<Tsdb>,
    /// The slowest queries of the last minutes.
    pub(crate) slow: Vec<SlowQuery>,
    /// Queries that run now: seconds and text.
    pub(crate) running: Vec<(f64, String)>,
    /// Which of the app's metrics that were asked for are stored.
    pub(crate) stored: Option<Stored>,
    /// Series with a sample in the last five minutes.
    pub(crate) active_series: Option<f64>,
    /// Samples of `up` by target.
    pub(crate) ups: Vec<Up>,
    /// Counters that fall again and again.
    pub(crate) falling: Vec<Falling>,
    /// Names of metrics, or as many as the server gave.
    pub(crate) names: Vec<String>,
}

/// A vmalert.
#[derive(Debug, Default)]
pub(crate) struct Alert {
    pub(crate) url: String,
    pub(crate) metrics: Metrics,
    /// `None` if it does not tell.
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) ahead: Option<f64>,
}

/// The targets of a scraper.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Scraping {
    pub(crate) targets: Vec<Target>,
    /// Targets that relabelling dropped.
    pub(crate) dropped: usize,
}

/// A target of a scraper.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) job: String,
    pub(crate) instance: String,
    pub(crate) url: String,
    pub(crate) up: bool,
    pub(crate) last_error: String,
    /// In seconds.
    pub(crate) interval: Option<f64>,
    pub(crate) timeout: Option<f64>,
    pub(crate) took: f64,
    pub(crate) samples: u64,
    /// Of a target that is down: what the doctor itself gets from it.
    pub(crate) probe: Option<Result<Kind, Unread>>,
}

/// The status of the index, for today.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Tsdb {
    pub(crate) series: u64,
    /// Metrics by series.
    pub(crate) by_metric: Vec<(String, u64)>,
    /// Labels by distinct values.
    pub(crate) values_by_label: Vec<(String, u64)>,
}

/// A query that took long.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct SlowQuery {
    pub(crate) query: String,
    pub(crate) seconds: f64,
    pub(crate) count: u64,
    pub(crate) range: i64,
}

/// Which metrics are stored, of those that were asked for.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) asked: BTreeSet<String>,
    pub(crate) found: BTreeSet<String>,
}

/// The samples of `up` of one target in a window.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Up {
    pub(crate) job: String,
    pub(crate) instance: String,
    pub(crate) samples: f64,
    pub(crate) window: f64,
    pub(crate) interval: f64,
}

/// A counter that falls again and again.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Falling {
    pub(crate) series: String,
    /// Whether a label tells the process.
    pub(crate) has_instance: bool,
    pub(crate) resets: f64,
    pub(crate) samples: f64,
}

/// A rule of a vmalert.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) last_error: String,
    pub(crate) alerting: bool,
    /// Whether it was evaluated at all.
    pub(crate) evaluated: bool,
    /// The series that its expression selected.
    pub(crate) series_fetched: Option<u64>,
}

/// Whoever scrapes: a vmagent, or a single node with a scrape configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scraper<'a> {
    pub(crate) name: &'static str,
    pub(crate) url: &'a str,
    pub(crate) metrics: &'a Metrics,
    pub(crate) scraping: &'a Scraping,
}

/// What a check comes to: findings, or why it was not made.
pub(crate) type Verdict = Result<Vec<super::Finding>, String>;

impl Readings {
    pub(crate) fn app(&self) -> Result<&App, String> {
        needed(self.app.as_ref(), "app")
    }

    pub(crate) fn agent(&self) -> Result<&Agent, String> {
        needed(self.agent.as_ref(), "vmagent")
    }

    pub(crate) fn storage(&self) -> Result<&Storage, String> {
        needed(self.storage.as_ref(), "vm")
    }

    pub(crate) fn alert(&self) -> Result<&Alert, String> {
        needed(self.alert.as_ref(), "vmalert")
    }

    /// Returns the vmagent, else the single node if it scrapes.
    pub(crate) fn scraper(&self) -> Result<Scraper<'_>, String> {
        let (name, url, metrics, scraping) = match (self.agent(), self.storage()) {
            (Ok(agent), _) => ("vmagent", &agent.url, &agent.metrics, &agent.scraping),
            (_, Ok(it)) if it.metrics.flag("promscrape.config").is_some_and(|(_, set)| set) => {
                ("VictoriaMetrics", &it.url, &it.metrics, &it.scraping)
            }
            (Err(missing), _) => return Err(missing),
        };
        Ok(Scraper {
            name,
            url,
            metrics,
            scraping: scraping
                .as_ref()
                .ok_or_else(|| format!("{name} does not list its targets"))?,
        })
    }

    /// Returns all servers whose own metrics were read.
    pub(crate) fn servers(&self) -> Vec<(&'static str, &Metrics)> {
        let storage = self.storage().ok().map(|s| ("VictoriaMetrics", &s.metrics));
        let agent = self.agent().ok().map(|a| ("vmagent", &a.metrics));
        let alert = self.alert().ok().map(|a| ("vmalert", &a.metrics));
        [storage, agent, alert].into_iter().flatten().collect()
    }
}

fn needed<'a, T>(reading: Option<&'a Result<T, Unread>>, name: &str) -> Result<&'a T, String> {
    match reading {
        None => Err(format!("needs --{name}")),
        Some(Err(_)) => Err(format!("--{name} could not be read")),
        Some(Ok(reading)) => Ok(reading),
    }
}

impl Kind {
    /// Tells the program by the metrics that only it has.
    pub(crate) fn of(exposition: &super::exposition::Exposition) -> Self {
        let has = |prefix: &str| exposition.samples.iter().any(|s| s.name.starts_with(prefix));
        if has("vmagent_") {
            Self::Agent
        } else if has("vmalert_") {
            Self::Alert
        } else if has("vm_rows_inserted_total") || has("vm_cache_entries") || has("vmselect_") {
            Self::Storage
        } else {
            Self::App
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Storage => "VictoriaMetrics",
            Self::Agent => "vmagent",
            Self::Alert => "vmalert",
            Self::App => "an application",
        })
    }
}
