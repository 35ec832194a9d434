//! The limits.

use std::time::Duration;

use crate::error::ControllerError;

/// The most labels that a metric can have.
pub(crate) const MAX_LABELS: usize = 64;

/// What a folded value is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fold {
    /// All folded values become one name.
    Other,
    /// A folded value becomes one of so many buckets (1 to 4,096) by its seeded SHA-256: `other-1f`.
    ///
    /// Equal seeds give equal buckets in every process. Keep the seed secret where clients choose values.
    Buckets {
        /// The number of buckets.
        count: u16,
        /// The seed.
        seed: [u8; 16],
    },
}

/// The limits of a [`Controller`](crate::Controller).
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerConfig {
    /// The most values of one label of one metric. Range: 1 to 1,000,000. Default: 1,000.
    pub per_label: usize,
    /// The most label sets of one metric, besides the one set that is folded whole. Range: 1 to 1,000,000.
    /// Default: 2,000, the limit of the OpenTelemetry specification.
    ///
    /// A quarter is kept for sets with a folded label, so that folding has room.
    pub per_metric: usize,
    /// The most label sets of all metrics, besides one folded set for each. Range: 1 to 10,000,000.
    /// Default: 100,000.
    pub total: usize,
    /// The most metrics. Range: 1 to 1,000,000. Default: 10,000.
    pub metrics: usize,
    /// The most label names of one metric; more are dropped. Range: 1 to 64. Default: 32.
    pub labels: usize,
    /// The longest label value in bytes; a longer one is cut and ends in a hash. Range: 24 and more.
    /// Default: 1,024.
    pub value_length: usize,
    /// What folded values become. Default: [`Fold::Other`].
    pub fold: Fold,
    /// The name of folded values, 1 to 64 characters. Default: `other`.
    pub fold_name: String,
    /// How much heavier than an admitted value a folded one must be to take its place. Range: 1 and more.
    /// Default: 1.5.
    pub hysteresis: f64,
    /// Epochs without use after which a set goes. 0 keeps sets for ever. Default: 0.
    pub idle_epochs: u32,
    /// The time between two calls of [`Controller::tick`](crate::Controller::tick); it scales rates in the report.
    /// Default: 10 s.
    pub epoch: Duration,
    /// Whether nothing is folded and the decisions only tell what would be. Default: `false`.
    pub dry_run: bool,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self {
            per_label: 1_000,
            per_metric: 2_000,
            total: 100_000,
            metrics: 10_000,
            labels: 32,
            value_length: 1_024,
            fold: Fold::Other,
            fold_name: "other".to_owned(),
            hysteresis: 1.5,
            idle_epochs: 0,
            epoch: Duration::from_secs(10),
            dry_run: false,
        }
    }
}

impl ControllerConfig {
    pub(crate) fn validate(&self) -> Result<(), ControllerError> {
        let limits = [
            ("per_label", self.per_label, 1..=1_000_000, "1 to 1000000"),
            ("per_metric", self.per_metric, 1..=1_000_000, "1 to 1000000"),
            ("total", self.total, 1..=10_000_000, "1 to 10000000"),
            ("metrics", self.metrics, 1..=1_000_000, "1 to 1000000"),
            ("labels", self.labels, 1..=MAX_LABELS, "1 to 64"),
            ("value_length", self.value_length, 24..=usize::MAX, "24 or more"),
        ];
        let refused = |name, value: String, expected| {
            Err(ControllerError::Limit {
                name,
                value,
                expected,
            })
        };
        for (name, value, range, expected) in limits {
            if !range.contains(&value) {
                return refused(name, value.to_string(), expected);
            }
        }
        if let Fold::Buckets { count, .. } = self.fold
            && !(1..=4_096).contains(&count)
        {
            return refused("fold.count", count.to_string(), "1 to 4096");
        }
        if !(self.hysteresis >= 1.0 && self.hysteresis.is_finite()) {
            return refused(
                "hysteresis",
                self.hysteresis.to_string(),
                "a finite number of 1 or more",
            );
        }
        if self.fold_name.is_empty() || self.fold_name.chars().count() > 64 {
            return Err(ControllerError::FoldName {
                value: self.fold_name.clone(),
            });
        }
        Ok(())
    }
}
