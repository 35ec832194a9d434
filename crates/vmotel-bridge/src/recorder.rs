//! The `metrics` facade on a registry.

mod handles;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use foldhash::fast::RandomState;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use vmotel_model::{Kind, escape_label_name, escape_metric_name};
use vmotel_registry::{Registry, RegistryError};

use self::handles::{AbsoluteCounter, AnyHistogram, SharedGauge};

/// The most handles that are kept by their keys; the macros of the facade ask for one at each call.
const MAX_KEPT: usize = 100_000;

/// A recorder for `metrics::set_global_recorder` that records into a registry. Clones share all of it.
///
/// Counters, gauges and histograms are series of the registry, and bounded by its limits. The name of a metric is the one given, with `_`
/// for what is not allowed; nothing is appended. Histograms have VictoriaMetrics' `vmrange` buckets; [`Recorder::with_buckets`] gives
/// one bounds of its own. What cannot be registered, such as a gauge of the name of a counter, records nothing: [`Recorder::refused`]
/// counts it, and a warning names the first ones.
///
/// # Examples
/// ```
/// use vmotel_bridge::Recorder;
/// use vmotel_registry::Registry;
///
/// let registry = Registry::new();
/// let recorder = Recorder::new(&registry).with_buckets("job.seconds", [0.1, 1.0]);
/// metrics::with_local_recorder(&recorder, || {
///     metrics::counter!("jobs", "queue" => "mail").increment(2);
///     metrics::counter!("jobs", "queue" => "mail").absolute(5);
///     metrics::gauge!("queue_length").decrement(1.5);
///     metrics::histogram!("job.seconds").record(0.4);
/// });
/// assert_eq!(registry.counter("jobs{queue=\"mail\"}")?.get(), 5);
/// assert_eq!(registry.gauge("queue_length")?.get(), -1.5);
/// assert_eq!(registry.bucket_histogram("job_seconds", [0.1, 1.0])?.counts(), [0, 1, 0]);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    buckets: HashMap<String, Arc<[f64]>>,
    counters: Kept<AbsoluteCounter>,
    gauges: Kept<SharedGauge>,
    histograms: Kept<AnyHistogram>,
    kept: AtomicUsize,
    refused: AtomicU64,
}

/// Handles by their keys.
type Kept<H> = papaya::HashMap<Key, Arc<H>, RandomState>;

impl Recorder {
    /// Makes a recorder that records into a registry.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::with(registry.clone(), HashMap::new())
    }

    /// Gives the histogram of this name buckets with these upper bounds, ascending and finite, instead of `vmrange` buckets.
    ///
    /// To be called before the recorder is used: what was recorded by it before keeps its series, but not its handles.
    #[must_use]
    pub fn with_buckets(self, name: &str, bounds: impl Into<Arc<[f64]>>) -> Self {
        let mut buckets = self.inner.buckets.clone();
        buckets.insert(name.to_owned(), bounds.into());
        Self::with(self.inner.registry.clone(), buckets)
    }

    fn with(registry: Registry, buckets: HashMap<String, Arc<[f64]>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                registry,
                buckets,
                counters: Kept::default(),
                gauges: Kept::default(),
                histograms: Kept::default(),
                kept: AtomicUsize::new(0),
                refused: AtomicU64::new(0),
            }),
        }
    }

    /// Returns how many handles were asked for that record nothing, as their metric could not be registered.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.inner.refused.load(Ordering::Relaxed)
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        let unit = unit.filter(|unit| *unit != Unit::Count);
        let word = unit.map_or("", |unit| unit.as_str());
        let name = escape_metric_name(name.as_str());
        self.inner.registry.describe_with_unit(&name, help, word);
    }
}

impl Inner {
    /// Returns the handle of a key, made if it is not there; none if it cannot be.
    fn get<H: Send + Sync>(
        &self,
        kept: &Kept<H>,
        key: &Key,
        kind: Kind,
        make: impl FnOnce(&Registry, &str, &[(&str, &str)]) -> Result<H, RegistryError>,
    ) -> Option<Arc<H>> {
        let kept = kept.pin();
        if let Some(handle) = kept.get(key) {
            return Some(Arc::clone(handle));
        }
        let name = escape_metric_name(key.name());
        // Of equal labels the last wins, as in the peer.
        let mut labels: Vec<(String, &str)> = Vec::new();
        for label in key.labels() {
            let name = escape_label_name(label.key()).into_owned();
            labels.retain(|(known, _)| *known != name);
            labels.push((name, label.value()));
        }
        let labels: Vec<(&str, &str)> = labels
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        match make(&self.registry, &name, &labels) {
            Ok(handle) => {
                let handle = Arc::new(handle);
                // What is beyond finds its series each time: a map without a bound would grow with the keys.
                if self.kept.load(Ordering::Relaxed) < MAX_KEPT {
                    self.kept.fetch_add(1, Ordering::Relaxed);
                    return Some(Arc::clone(kept.get_or_insert(key.clone(), handle)));
                }
                Some(handle)
            }
            Err(error) => {
                if self.refused.fetch_add(1, Ordering::Relaxed) < 10 {
                    tracing::warn!(target: "vmotel_bridge", ?kind, "{name:?} records nothing: {error}");
                }
                None
            }
        }
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let make = |registry: &Registry, name: &str, labels: &[(&str, &str)]| {
            registry.counter((name, labels)).map(AbsoluteCounter::new)
        };
        let handle = self.inner.get(&self.inner.counters, key, Kind::Counter, make);
        handle.map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let make = |registry: &Registry, name: &str, labels: &[(&str, &str)]| {
            registry.gauge((name, labels)).map(SharedGauge)
        };
        let handle = self.inner.get(&self.inner.gauges, key, Kind::Gauge, make);
        handle.map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let make = |registry: &Registry, name: &str, labels: &[(&str, &str)]| match self
            .inner
            .buckets
            .get(key.name())
        {
            Some(bounds) => registry
                .bucket_histogram((name, labels), Arc::clone(bounds))
                .map(AnyHistogram::Explicit),
            None => registry.histogram((name, labels)).map(AnyHistogram::Vmrange),
        };
        let handle = self.inner.get(&self.inner.histograms, key, Kind::Histogram, make);
        handle.map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("registry", &self.inner.registry)
            .field("buckets", &self.inner.buckets)
            .field("kept", &self.inner.kept)
            .field("refused", &self.inner.refused)
            .finish()
    }
}
