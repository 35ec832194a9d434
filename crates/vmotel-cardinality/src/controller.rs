//! The cardinality controller: decides under which label set a measurement is exported.

mod admission;
mod config;
mod decision;
mod label;
mod metric;
mod report;
mod table;
mod tick;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use dashmap::DashMap;

pub use config::{ControllerConfig, Fold};
pub use decision::{Decision, SetId};
pub use metric::Metric;
pub use report::{ControllerStats, LabelCount, LabelReport, MetricReport, Report};
pub use tick::Evicted;

use crate::error::ControllerError;

/// Bounds the label sets of all metrics of a process.
///
/// A known set passes; one that would break a limit has its guilty label folded into `other`, the one with the most
/// distinct values first, and the whole set only as the last resort. Cheap to clone; reads no clock.
///
/// # Examples
/// ```
/// use vmotel_cardinality::{Controller, ControllerConfig};
///
/// let controller = Controller::new(ControllerConfig { per_label: 2, ..ControllerConfig::default() })?;
/// let requests = controller.metric("http_requests_total", &["method", "user"])?;
/// assert!(requests.check(&["GET", "ann"]).is_admitted());
/// assert!(requests.check(&["GET", "bob"]).is_admitted());
///
/// let decision = requests.check(&["GET", "eve"]);
/// assert_eq!(requests.text(&decision, 0, "GET"), "GET");
/// assert_eq!(requests.text(&decision, 1, "eve"), "other");
/// assert!(requests.check(&["GET", "ann"]).is_admitted(), "known values keep passing");
/// # Ok::<(), vmotel_cardinality::ControllerError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "CardinalityController")]
pub struct Controller {
    shared: Arc<Shared>,
    metrics: Arc<DashMap<Box<str>, Metric, ahash::RandomState>>,
}

/// What all metrics share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: ControllerConfig,
    pub(crate) random: ahash::RandomState,
    epoch: AtomicU32,
    pub(crate) charged: AtomicUsize,
    metrics: AtomicUsize,
}

impl Shared {
    #[inline]
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch.load(Relaxed)
    }

    /// Takes room for one set, unless all is taken.
    pub(crate) fn charge(&self) -> bool {
        take(&self.charged, self.config.total)
    }
}

fn take(count: &AtomicUsize, limit: usize) -> bool {
    count
        .fetch_update(Relaxed, Relaxed, |count| (count < limit).then_some(count + 1))
        .is_ok()
}

impl Controller {
    /// Returns a controller with the given limits.
    ///
    /// # Errors
    /// Returns an error that names the limit that is not in its range.
    pub fn new(config: ControllerConfig) -> Result<Self, ControllerError> {
        config.validate()?;
        let shared = Shared {
            config,
            random: ahash::RandomState::new(),
            epoch: AtomicU32::new(0),
            charged: AtomicUsize::new(0),
            metrics: AtomicUsize::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
            metrics: Arc::default(),
        })
    }

    /// Returns the gate of a metric, made at the first call. Labels may be none where sets come as pairs.
    ///
    /// # Errors
    /// Returns an error when the metric is there with other labels, or is beyond the limit on metrics.
    pub fn metric(&self, name: &str, labels: &[&str]) -> Result<Metric, ControllerError> {
        if let Some(metric) = self.metrics.get(name) {
            let known: Vec<String> = metric
                .0
                .known_labels()
                .map(|label| label.name.to_string())
                .collect();
            let same = known.iter().zip(labels).all(|(known, label)| known == label);
            if !same || labels.len().min(self.shared.config.labels) > known.len() {
                return Err(ControllerError::OtherLabels {
                    name: name.to_owned(),
                    known,
                    given: labels.iter().map(|label| (*label).to_owned()).collect(),
                });
            }
            return Ok(metric.clone());
        }
        if !take(&self.shared.metrics, self.shared.config.metrics) {
            let limit = self.shared.config.metrics;
            return Err(ControllerError::TooManyMetrics {
                name: name.to_owned(),
                limit,
            });
        }
        let mut made = false;
        let metric = self
            .metrics
            .entry(name.into())
            .or_insert_with(|| {
                made = true;
                Metric::new(name, labels, &self.shared)
            })
            .clone();
        if !made {
            self.shared.metrics.fetch_sub(1, Relaxed);
        }
        Ok(metric)
    }

    /// Ends an epoch: weights fade, heavier values take the places of lighter ones, idle sets go.
    ///
    /// Returns what is evicted. Call it at an even interval, such as every 10 seconds, from one place.
    #[must_use]
    pub fn tick(&self) -> Vec<Evicted> {
        self.shared.epoch.fetch_add(1, Relaxed);
        let metrics: Vec<Metric> = self.metrics.iter().map(|entry| entry.value().clone()).collect();
        metrics
            .iter()
            .map(tick::tick)
            .filter(|evicted| !evicted.sets().is_empty())
            .collect()
    }

    /// Returns the limits in force.
    #[must_use]
    pub fn config(&self) -> &ControllerConfig {
        &self.shared.config
    }

    /// Returns counts for self-metrics.
    #[must_use]
    pub fn stats(&self) -> ControllerStats {
        let mut stats = ControllerStats {
            metrics: self.shared.metrics.load(Relaxed),
            sets: self.shared.charged.load(Relaxed),
            ..ControllerStats::default()
        };
        for entry in self.metrics.iter() {
            let state = &entry.value().0;
            stats.admissions += state.counts.admissions.load(Relaxed);
            stats.evictions += state.counts.evictions.load(Relaxed);
            stats.overflows += state.counts.overflows.load(Relaxed);
            stats.cut_values += state.counts.cuts.load(Relaxed);
            stats.dropped_labels += state.counts.dropped.load(Relaxed);
            stats.folded_values += state.known_labels().map(label::Label::folded).sum::<u64>();
        }
        stats
    }

    /// Returns what is known of each label of each metric, sorted by name: cheaper than [`report`](Self::report), as no
    /// value is copied.
    #[must_use]
    pub fn label_counts(&self) -> Vec<LabelCount> {
        let metrics: Vec<Metric> = self.metrics.iter().map(|entry| entry.value().clone()).collect();
        let mut counts: Vec<LabelCount> = metrics
            .iter()
            .flat_map(|metric| LabelCount::all(&metric.0))
            .collect();
        counts.sort_by(|a, b| (&a.metric, &a.label).cmp(&(&b.metric, &b.label)));
        counts
    }

    /// Returns a value as it is exported: one beyond [`ControllerConfig::value_length`] is cut and ends in a hash.
    #[must_use]
    pub fn cut<'a>(&self, value: &'a str) -> std::borrow::Cow<'a, str> {
        value::cut(value, self.shared.config.value_length)
    }

    /// Returns the `top` metrics with the most distinct values, and the `top` values of each of their labels.
    #[must_use]
    pub fn report(&self, top: usize) -> Report {
        let mut metrics: Vec<MetricReport> = self
            .metrics
            .iter()
            .map(|entry| MetricReport::new(&entry.value().0, top))
            .collect();
        metrics.sort_by(|a, b| {
            b.distinct()
                .total_cmp(&a.distinct())
                .then_with(|| a.name.cmp(&b.name))
        });
        metrics.truncate(top);
        Report { metrics }
    }
}
