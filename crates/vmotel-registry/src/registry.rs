//! The registry.

mod create;
mod snapshot;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use vmotel_cardinality::Controller;
use vmotel_model::{Clock, NameNotice};

use self::snapshot::Scrape;
use crate::{
    Observation, RegistryConfig, RegistryStats, clock::SystemClock, families::AnyFamily,
    observation::Observations, stats::Shared,
};

/// Holds metrics, hands out handles that record into them, and hands all of them to whoever collects: it is a
/// [`MetricSource`](vmotel_model::MetricSource). Clones share everything.
///
/// # Examples
/// ```
/// use vmotel_registry::Registry;
///
/// let registry = Registry::new();
/// let requests = registry.counter("http_requests_total{service=\"api\"}")?;
/// requests.inc();
///
/// let errors = registry.counter_family("http_errors_total", ["service", "status"])?;
/// errors.add(["api", "500"], 1);
/// assert_eq!(registry.stats().series, 2);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
#[doc(alias = "VMNativeMetrics")]
pub struct Registry {
    inner: Arc<Inner>,
    /// Which set of metrics new ones belong to.
    set: u64,
}

struct Inner {
    shared: Arc<Shared>,
    families: Mutex<Families>,
    observations: Arc<Observations>,
    scrape: Mutex<Scrape>,
    notices: Mutex<Vec<NameNotice>>,
    limits: Option<Limits>,
    /// The threads that hold a snapshot.
    collecting: Mutex<Vec<u64>>,
    next_set: AtomicU64,
}

/// What bounds the series, beside the configuration.
struct Limits {
    controller: Controller,
    /// When the last epoch ended.
    ended: Mutex<Duration>,
}

/// All families, by set and name: those of younger instruments come later, and win where gauges have equal labels.
#[derive(Default)]
struct Families {
    all: BTreeMap<(u64, Box<str>), Arc<dyn AnyFamily>>,
    /// Help and unit.
    descriptions: HashMap<Box<str>, (Box<str>, Box<str>)>,
    /// Goes up with each change.
    version: u64,
}

impl Registry {
    /// Creates a registry with the default limits and the clock of the system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_config(RegistryConfig::default())
    }

    /// Creates a registry with these limits and the clock of the system.
    #[must_use]
    pub fn with_config(config: RegistryConfig) -> Self {
        Self::with_clock(config, Arc::new(SystemClock::new()))
    }

    /// Creates a registry with these limits and a clock, from which series have their start time and idle ones their age.
    #[must_use]
    pub fn with_clock(config: RegistryConfig, clock: Arc<dyn Clock>) -> Self {
        Self::limited(config, clock, None)
    }

    /// Creates a registry whose series are bounded by a controller, too.
    ///
    /// Beyond the controller's limits only the offending label is folded (into `other` or a hashed bucket), and all labels only at last,
    /// under `otel_metric_overflow="true"`; sums are conserved. Give each registry a controller of its own: a collection ends the
    /// controller's epoch once it is over. Then heavier values take the places of lighter ones, whose series are handed out a last time.
    ///
    /// ```
    /// use vmotel_cardinality::{Controller, ControllerConfig};
    /// use vmotel_registry::{Registry, RegistryConfig};
    ///
    /// let controller = Controller::new(ControllerConfig { per_label: 2, ..ControllerConfig::default() })?;
    /// let registry = Registry::with_controller(RegistryConfig::default(), controller);
    /// let logins = registry.counter_family("logins_total", ["ok", "user"])?;
    /// ["ann", "bob", "eve", "joe"].map(|user| logins.add(["true", user], 1));
    /// assert_eq!(logins.with(["true", "zoe"]).get(), 2, "eve and joe are folded into `other`, as zoe is");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_controller(config: RegistryConfig, controller: Controller) -> Self {
        Self::with_controller_and_clock(config, controller, Arc::new(SystemClock::new()))
    }

    /// As [`Registry::with_controller`], with a clock.
    #[must_use]
    pub fn with_controller_and_clock(
        config: RegistryConfig,
        controller: Controller,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ended = Mutex::new(clock.monotonic());
        Self::limited(config, clock, Some(Limits { controller, ended }))
    }

    /// Returns the limits.
    #[must_use]
    pub fn config(&self) -> RegistryConfig {
        self.inner.shared.config
    }

    /// Returns the controller that bounds the series, for its report and statistics.
    #[must_use]
    pub fn controller(&self) -> Option<&Controller> {
        self.inner.limits.as_ref().map(|limits| &limits.controller)
    }

    fn limited(config: RegistryConfig, clock: Arc<dyn Clock>, limits: Option<Limits>) -> Self {
        Self {
            inner: Arc::new(Inner {
                shared: Arc::new(Shared::new(config, clock)),
                families: Mutex::default(),
                observations: Arc::default(),
                scrape: Mutex::default(),
                notices: Mutex::default(),
                limits,
                collecting: Mutex::default(),
                next_set: AtomicU64::new(1),
            }),
            set: 0,
        }
    }

    /// Returns a set: a registry whose metrics are handed out together with those of this one, and removed together.
    ///
    /// A metric of the same name in another set is another one; equal series of several sets are merged when they are encoded.
    ///
    /// ```
    /// let registry = vmotel_registry::Registry::new();
    /// let plugin = registry.new_set();
    /// plugin.counter("plugin_calls_total")?.inc();
    /// assert_eq!(registry.stats().series, 1);
    /// plugin.unregister_all();
    /// assert_eq!(registry.stats().series, 0);
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    #[must_use]
    pub fn new_set(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            set: self.inner.next_set.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Removes a metric of this set with all its series. Returns false if there is none.
    ///
    /// Handles that are left record into the void.
    #[expect(clippy::must_use_candidate, reason = "whether there was one matters to few")]
    pub fn unregister(&self, name: &str) -> bool {
        let mut families = self.families();
        let removed = families.all.remove(&(self.set, name.into()));
        families.version += 1;
        if let Some(family) = &removed {
            family.detach();
        }
        removed.is_some()
    }

    /// Removes all metrics of this set.
    pub fn unregister_all(&self) {
        let mut families = self.families();
        families.version += 1;
        families.all.retain(|(set, _), family| {
            if *set == self.set {
                family.detach();
            }
            *set != self.set
        });
    }

    /// Describes a metric of this name, in whatever set.
    pub fn describe(&self, name: &str, help: &str) {
        self.describe_with_unit(name, help, "");
    }

    /// As [`Registry::describe`], with a unit as a word, such as `seconds`; empty if there is none. The name stays as it is.
    pub fn describe_with_unit(&self, name: &str, help: &str, unit: &str) {
        let mut families = self.families();
        families.version += 1;
        families
            .descriptions
            .insert(name.into(), (help.into(), unit.into()));
    }

    /// Has `callback` called at the beginning of each collection, to set gauges and the like.
    ///
    /// `name` tells it apart in [`RegistryStats`]. A callback that panics is counted there; the collection goes on.
    pub fn on_collect(&self, name: &str, callback: impl Fn() + Send + Sync + 'static) -> Observation {
        self.inner.observations.add(name, Box::new(callback))
    }

    /// Returns what is held, and what was refused and folded so far.
    #[must_use]
    pub fn stats(&self) -> RegistryStats {
        let shared = &self.inner.shared;
        let (callback_panics, last_panic) = shared.panics();
        RegistryStats {
            series: shared.series(),
            overflowed: shared.overflowed.get(),
            refused: shared.refused.get(),
            cut: shared.cut.get(),
            removed: shared.removed.get(),
            callback_panics,
            last_panic,
        }
    }

    /// Returns what the last collection found about the names of OpenTelemetry instruments that a user should be told: which are not
    /// exposed, and which under another name than the specification's. The same again once metrics were added.
    ///
    /// ```
    /// use opentelemetry::metrics::MeterProvider;
    /// use vmotel_model::{MetricSource, VisitConfig};
    /// use vmotel_registry::{Registry, RegistryMeterProvider};
    ///
    /// let registry = Registry::new();
    /// RegistryMeterProvider::new(&registry).meter("shop").u64_gauge("up").build().record(1, &[]);
    /// assert_eq!(registry.snapshot(&VisitConfig::default()).len(), 0);
    /// let notice = registry.take_notices().remove(0).to_string();
    /// assert!(notice.contains("\"up\", which the scraping server writes itself"));
    /// ```
    #[must_use]
    pub fn take_notices(&self) -> Vec<NameNotice> {
        std::mem::take(&mut *self.inner.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn families(&self) -> MutexGuard<'_, Families> {
        self.inner.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("config", &self.inner.shared.config)
            .field("metrics", &self.families().all.len())
            .field("stats", &self.stats())
            .finish()
    }
}
