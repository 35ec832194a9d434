//! What the pinned servers know: their flags and metrics, recorded from the programs themselves, for the parts of a cluster from the
//! documentation.

use std::collections::{BTreeMap, BTreeSet};

use crate::topology::Program;

const FLAGS: [(Program, &str); 8] = [
    (
        Program::VictoriaMetrics,
        include_str!("../inventory/victoria-metrics.flags"),
    ),
    (Program::Vminsert, include_str!("../inventory/vminsert.flags")),
    (Program::Vmselect, include_str!("../inventory/vmselect.flags")),
    (Program::Vmstorage, include_str!("../inventory/vmstorage.flags")),
    (Program::Vmagent, include_str!("../inventory/vmagent.flags")),
    (Program::Vmalert, include_str!("../inventory/vmalert.flags")),
    (Program::Vmauth, include_str!("../inventory/vmauth.flags")),
    (
        Program::Alertmanager,
        include_str!("../inventory/alertmanager.flags"),
    ),
];

const METRICS: [&str; 6] = [
    include_str!("../inventory/victoria-metrics.metrics"),
    include_str!("../inventory/vmagent.metrics"),
    include_str!("../inventory/vmalert.metrics"),
    include_str!("../inventory/vmauth.metrics"),
    include_str!("../inventory/alertmanager.metrics"),
    include_str!("../inventory/cluster.metrics"),
];

/// What the scraper adds for every target.
const SCRAPE: [&str; 10] = [
    "up",
    "scrape_duration_seconds",
    "scrape_response_size_bytes",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_series_current",
    "scrape_series_limit",
    "scrape_series_limit_samples_dropped",
    "scrape_timeout_seconds",
];

/// Tells whether a program has a flag; true for programs that have none recorded.
pub(crate) fn has_flag(program: Program, flag: &str) -> bool {
    FLAGS
        .iter()
        .find(|(known, _)| *known == program)
        .is_none_or(|(_, flags)| lines(flags).any(|line| line == flag))
}

/// Returns the metrics of all servers with their labels.
pub(crate) fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let mut metrics: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in METRICS.into_iter().flat_map(lines) {
        let mut words = line.split(' ').map(str::to_owned);
        if let Some(name) = words.next() {
            metrics.entry(name).or_default().extend(words);
        }
    }
    for name in SCRAPE {
        metrics.entry(name.to_owned()).or_default();
    }
    metrics
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}
