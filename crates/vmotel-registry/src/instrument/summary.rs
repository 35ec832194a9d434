//! Handles of summaries.

use std::{fmt, time::Duration};

use vmotel_model::Quantile;

use crate::{
    series::Handle,
    store::{Store as _, Summaries},
};

/// What a summary keeps, beside sum and count.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryConfig {
    /// The quantiles, ascending, 0 to 1. Default: 0.5, 0.9, 0.97, 0.99, 1, as in VictoriaMetrics/metrics for Go.
    pub quantiles: Vec<f64>,
    /// Over how long quantiles are taken: values of the last half to whole window. Default: 5 minutes. Not zero.
    pub window: Duration,
}

impl Default for SummaryConfig {
    fn default() -> Self {
        Self {
            quantiles: vec![0.5, 0.9, 0.97, 0.99, 1.0],
            window: Duration::from_secs(300),
        }
    }
}

/// Quantiles over a window, with the sum and number of all observations. Clones share the values.
///
/// Quantiles of up to 1000 values are exact; of more, they are those of an even choice. They cannot be aggregated over instances: where
/// that matters, take a histogram. Recording takes a lock of the series' own, as in the client for Go, whose quantiles these are.
///
/// # Examples
/// ```
/// let registry = vmotel_registry::Registry::new();
/// let duration = registry.summary("http_request_duration_seconds{service=\"api\"}", &Default::default())?;
/// (1..=100).for_each(|n| assert!(duration.record(f64::from(n))));
/// assert_eq!(duration.quantiles()[0].value, 51.0);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Summary(pub(crate) Handle<Summaries>);

impl Summary {
    /// Records an observation; returns false, and records nothing, if it is NaN, which the registry counts.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, value: f64) -> bool {
        let usable = !value.is_nan();
        if usable {
            self.0.store().record(self.0.shape(), self.0.at(), value);
        } else {
            self.0.refuse();
        }
        usable
    }

    /// Returns the quantiles over the window; none if nothing was recorded in it.
    #[must_use]
    pub fn quantiles(&self) -> Vec<Quantile> {
        self.0.store().read(self.0.shape(), self.0.at()).quantiles
    }

    /// Returns the number of all observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.store().read(self.0.shape(), self.0.at()).count
    }

    /// Returns the sum of all observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.store().read(self.0.shape(), self.0.at()).sum
    }
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.0.store().read(self.0.shape(), self.0.at());
        f.debug_struct("Summary")
            .field("quantiles", &read.quantiles)
            .field("sum", &read.sum)
            .field("count", &read.count)
            .finish()
    }
}
