//! How a registry bounds itself.

use std::time::Duration;

/// How a [`Registry`](crate::Registry) bounds itself and what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryConfig {
    /// The most series per metric; further ones are added up under `otel_metric_overflow="true"`. Default: 10,000. At 0,
    /// everything goes there.
    pub per_metric: usize,
    /// The most series of all metrics; further ones are added up in the same way, metric by metric. Default: 100,000.
    pub total: usize,
    /// After how long without a record a series goes. Default: never. A series that comes back begins at zero with a new start
    /// time. Whether it is idle is looked at when metrics are collected.
    pub idle: Option<Duration>,
    /// Whether the text of each series is kept from scrape to scrape. Default: true. At false it is rendered at each scrape, which
    /// saves about the length of a line of text per series and makes a scrape seven to ten times as long.
    pub ready_text: bool,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            per_metric: 10_000,
            total: 100_000,
            idle: None,
            ready_text: true,
        }
    }
}
