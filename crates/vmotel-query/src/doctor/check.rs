//! The checks: each takes what was read and says what is wrong. No IO, no clock.

mod app;
mod cardinality;
mod disk;
mod identity;
mod ingest;
mod memory;
mod push;
mod queries;
mod reach;
mod remote_write;
mod rules;
mod scrape;
mod scrape_error;

use super::reading::{Readings, Verdict};
use super::{Checked, Outcome, Problem, Report};

/// A check: its name, what it looks at, and itself.
type Check = (&'static str, &'static str, fn(&Readings) -> Verdict);

const METRICS_MISSING: &[Check] = &[
    (
        "app_reachable",
        "the app's endpoint answers with metrics",
        reach::app,
    ),
    (
        "app_format",
        "no bad lines, duplicates, timestamps or labels that the server refuses",
        app::format,
    ),
    ("app_sources", "every source of the exporter is up", app::sources),
    ("app_dropped", "the exporter leaves no series out", app::dropped),
    ("agent_reachable", "vmagent answers", reach::agent),
    ("storage_reachable", "VictoriaMetrics answers", reach::storage),
    (
        "scrape_config",
        "the scrape configuration is loaded",
        scrape::config,
    ),
    (
        "targets",
        "there are targets, and the app is one",
        scrape::targets,
    ),
    ("target_up", "the targets are up", scrape::up),
    ("target_empty", "targets that are up give samples", scrape::empty),
    (
        "scrape_limits",
        "scrapes keep within size, samples, labels and series",
        scrape::limits,
    ),
    (
        "scrape_time",
        "scrapes end well before their timeout",
        scrape::time,
    ),
    ("app_stored", "the app's metrics are in the server", app::stored),
    (
        "naming",
        "metrics have one name whatever way they come",
        identity::naming,
    ),
    ("alert_reachable", "vmalert answers", reach::alert),
    (
        "rules",
        "rules are evaluated and select something",
        rules::evaluated,
    ),
    ("alert_delivery", "alerts are delivered", rules::delivered),
];

const SLOW_QUERIES: &[Check] = &[
    ("query_slots", "queries find a free slot", queries::slots),
    ("slow_queries", "queries are quick", queries::slow),
    ("running_queries", "no query runs for long", queries::running),
    (
        "query_limits",
        "queries keep within the server's limits",
        queries::refused,
    ),
    ("query_cache", "the cache of query results is on", queries::cache),
    ("churn", "series live long", cardinality::churn),
];

const DATA_LOST: &[Check] = &[
    ("rows_ignored", "the server stores what it gets", ingest::ignored),
    ("rows_invalid", "what is sent can be parsed", ingest::invalid),
    (
        "rows_dropped",
        "OTLP points are of a kind that is stored",
        ingest::dropped,
    ),
    (
        "unknown_paths",
        "nobody sends to a path that does not exist",
        ingest::unknown_paths,
    ),
    ("insert_slots", "writes find a free slot", ingest::slots),
    (
        "series_limits",
        "the limits on series are not near",
        ingest::series_limits,
    ),
    ("disk", "there is room on disk", disk::room),
    (
        "retention",
        "samples are kept as long as intended",
        disk::retention,
    ),
    ("push_delivery", "the app's pushes succeed", push::delivery),
    ("push_queue", "the app's queue of pushes has room", push::queue),
    ("push_losses", "the app's pushes lose nothing", push::losses),
    (
        "remote_write_delivery",
        "vmagent delivers what it scrapes",
        remote_write::delivery,
    ),
    (
        "remote_write_queue",
        "vmagent's queue is empty",
        remote_write::queue,
    ),
    ("remote_write_drops", "vmagent drops nothing", remote_write::drops),
    (
        "duplicate_scrapers",
        "each target is scraped once",
        identity::duplicate_scrapers,
    ),
    (
        "replicas",
        "each process has series of its own",
        identity::replicas,
    ),
    ("clock", "the clocks agree", identity::clock),
];

const MEMORY_HIGH: &[Check] = &[
    ("memory_use", "memory in use leaves room", memory::in_use),
    ("memory_share", "the share for caches leaves room", memory::share),
    ("caches", "the caches hold the working set", memory::caches),
    (
        "cardinality",
        "no label has endless values",
        cardinality::offenders,
    ),
    (
        "app_cardinality",
        "the app's labels are within their limits",
        app::cardinality,
    ),
    ("open_files", "there are file descriptors left", memory::files),
];

/// Makes all checks.
pub(super) fn all(readings: &Readings) -> Report {
    let problems = [
        (Problem::MetricsMissing, METRICS_MISSING),
        (Problem::SlowQueries, SLOW_QUERIES),
        (Problem::DataLost, DATA_LOST),
        (Problem::MemoryHigh, MEMORY_HIGH),
    ];
    let checks = problems
        .into_iter()
        .flat_map(|(problem, checks)| checks.iter().map(move |check| checked(problem, *check, readings)));
    Report {
        checks: checks.collect(),
    }
}

fn checked(problem: Problem, (check, about, run): Check, readings: &Readings) -> Checked {
    let (outcome, mut findings) = match run(readings) {
        Ok(findings) if findings.is_empty() => (Outcome::Ok, findings),
        Ok(findings) => (Outcome::Found, findings),
        Err(reason) => (Outcome::NotChecked(reason), Vec::new()),
    };
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Checked {
        check,
        about,
        problem,
        outcome,
        findings,
    }
}
