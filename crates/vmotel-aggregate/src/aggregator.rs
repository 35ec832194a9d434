//! Aggregation in the process, without contention.

mod accumulator;
mod definition;
mod family;
mod instrument;
mod limiter;
mod replay;
mod series;
mod snapshot;
mod typed;

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use definition::Definition;
pub use instrument::{
    Counter, CounterHandle, FloatCounter, FloatCounterHandle, Gauge, GaugeHandle, Histogram, HistogramHandle,
    UpDownCounter, UpDownCounterHandle,
};
use opentelemetry::metrics::Meter;
pub use replay::Replay;
pub use typed::{Instrument as TypedInstrument, LabelSet, LabelValue, Typed};
use vmotel_cardinality::{Controller, ControllerError, Evicted, SetId};
use vmotel_cells::{BoundsError, Cells};
use vmotel_model::{Clock, Kind, MetricSource, NameError, Naming, Snapshot, Timestamp, VisitConfig};

use self::{
    accumulator::Accumulator,
    family::{Family, Shared},
    instrument::Instrument,
    limiter::Limiter,
    snapshot::{Collect, Families},
};

/// How an [`Aggregator`] bounds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AggregatorConfig {
    /// The most attribute sets per metric; further ones are added up under `otel.metric.overflow="true"`. Default: 2000, as
    /// in the OpenTelemetry specification. At 0, everything goes there.
    pub limit: usize,
    /// After how long without a change a series is no longer handed out and its place is free. Default: never. A series
    /// that comes back begins at zero with a new start time; series with live handles stay.
    pub idle: Option<Duration>,
}

impl Default for AggregatorConfig {
    fn default() -> Self {
        Self {
            limit: 2000,
            idle: None,
        }
    }
}

/// A metric cannot be aggregated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AggregatorError {
    /// The name cannot be exposed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The bounds of a histogram cannot be used.
    #[error("metric {name}: {source}")]
    Bounds {
        /// The metric.
        name: String,
        /// What is wrong with them.
        source: BoundsError,
    },
    /// The controller has no room for the metric.
    #[error(transparent)]
    Controller(#[from] ControllerError),
    /// Two typed labels have one name.
    #[error("metric {name}: the label {label:?} is there twice, expected a name of its own for each label")]
    Label {
        /// The metric.
        name: String,
        /// The label.
        label: String,
    },
    /// Typed labels have no values, or too many.
    #[error("metric {name}: the labels have {combinations} combinations, expected 1 to 65536")]
    Combinations {
        /// The metric.
        name: String,
        /// Combinations of values.
        combinations: usize,
    },
    /// The name is taken.
    #[error("metric {name}: expected a name that is not aggregated here yet")]
    Taken {
        /// The metric.
        name: String,
    },
    /// The kind has no replay: the API of OpenTelemetry takes single measurements of it, no sums.
    #[error("metric {name}: kind {kind:?} cannot be replayed, expected a counter or an up-down counter")]
    NoReplay {
        /// The metric.
        name: String,
        /// Its kind.
        kind: Kind,
    },
    /// The aggregator is replayed already.
    #[error("the aggregator is replayed into a meter already, expected one replay")]
    Replayed,
    /// The interval of a replay is zero.
    #[error("replay interval 0: expected a positive duration")]
    Interval,
    /// The thread of a replay cannot be started.
    #[error("the thread of a replay cannot be started: {reason}")]
    Thread {
        /// What the system says.
        reason: String,
    },
    /// The aggregator is closed.
    #[error("metric {name}: the aggregator is closed")]
    Closed {
        /// The metric.
        name: String,
    },
}

/// What an [`Aggregator`] has refused and folded so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AggregatorStats {
    /// Measurements refused: after `close`, or not a usable number.
    pub refused: u64,
    /// Measurements that went to an overflow series.
    pub overflowed: u64,
    /// Series evicted because they were idle.
    pub evicted: u64,
}

/// Adds up measurements per attribute set and hands the totals to whoever collects: it is a [`MetricSource`].
///
/// Registered with the exporter it is read by each scrape or push; there is no flush of its own and no second timer, and
/// nothing passes the SDK. Totals are cumulative and exact. Clones share everything.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use opentelemetry::KeyValue;
/// use vmotel_aggregate::{Aggregator, AggregatorConfig, Definition};
/// # #[derive(Debug)] struct At(u64);
/// # impl vmotel_model::Clock for At {
/// #     fn now(&self) -> vmotel_model::Timestamp { vmotel_model::Timestamp(self.0) }
/// #     fn monotonic(&self) -> std::time::Duration { std::time::Duration::from_nanos(self.0) }
/// # }
/// # let clock = Arc::new(At(0));
///
/// let aggregator = Aggregator::new(AggregatorConfig::default(), clock);
/// let jobs = aggregator.counter(Definition::new("jobs").with_help("Finished jobs"))?;
///
/// jobs.add(1, &[KeyValue::new("queue", "mail"), KeyValue::new("ok", "true")]);
/// let mail = jobs.with(&[KeyValue::new("ok", "true"), KeyValue::new("queue", "mail")]);
/// mail.add(2);
/// assert!(format!("{mail:?}").ends_with("value: 3 }"));
/// # Ok::<(), vmotel_aggregate::AggregatorError>(())
/// ```
#[doc(alias = "MetricsAggregator")]
#[derive(Clone)]
pub struct Aggregator {
    config: AggregatorConfig,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    cells: Cells,
    /// Sorted by name.
    families: Arc<Mutex<Vec<Arc<dyn Collect>>>>,
    limits: Option<Arc<Limits>>,
    /// Where the sums go if they are replayed; then no snapshot hands them out.
    replayed_into: Arc<OnceLock<Meter>>,
}

/// What bounds the sets of an aggregator.
struct Limits {
    controller: Controller,
    /// When the last epoch ended, by the clock.
    ended: Mutex<Duration>,
}

impl Aggregator {
    /// Creates an aggregator without metrics.
    #[must_use]
    pub fn new(config: AggregatorConfig, clock: Arc<dyn Clock>) -> Self {
        let cells = Cells::new();
        let shared = Shared {
            closed: AtomicBool::new(false),
            refused: cells.counter(),
            overflowed: cells.counter(),
            evicted: cells.counter(),
        };
        Self {
            config,
            clock,
            shared: Arc::new(shared),
            cells,
            families: Arc::default(),
            limits: None,
            replayed_into: Arc::default(),
        }
    }

    /// Creates an aggregator whose attribute sets are bounded by a controller.
    ///
    /// Beyond its limits only the offending attribute is folded (into `other` or a hashed bucket), and the whole set only at
    /// last, under `otel.metric.overflow="true"`; sums are conserved. [`AggregatorConfig::limit`] then counts in a dry run only.
    /// Give each aggregator a controller of its own: a collection ends the controller's epoch once it is over. Then heavier
    /// values take the places of lighter ones, whose series are handed out a last time; one that comes back is a new series
    /// with a new start time. What still comes in through a handle of such a series is added, at the next collection, to where
    /// it then belongs. A folded gauge shows the value that was set last.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use opentelemetry::KeyValue;
    /// use vmotel_aggregate::{Aggregator, AggregatorConfig};
    /// use vmotel_cardinality::{Controller, ControllerConfig};
    /// # #[derive(Debug)] struct At(u64);
    /// # impl vmotel_model::Clock for At {
    /// #     fn now(&self) -> vmotel_model::Timestamp { vmotel_model::Timestamp(self.0) }
    /// #     fn monotonic(&self) -> std::time::Duration { std::time::Duration::from_nanos(self.0) }
    /// # }
    /// # let clock = Arc::new(At(0));
    ///
    /// let controller = Controller::new(ControllerConfig { per_label: 2, ..ControllerConfig::default() })?;
    /// let aggregator = Aggregator::with_controller(AggregatorConfig::default(), clock, controller);
    /// let logins = aggregator.counter("logins")?;
    /// for user in ["ann", "bob", "eve", "joe"] {
    ///     logins.add(1, &[KeyValue::new("ok", "true"), KeyValue::new("user", user)]);
    /// }
    /// let folded = logins.with(&[KeyValue::new("ok", "true"), KeyValue::new("user", "zoe")]);
    /// assert!(format!("{folded:?}").contains("other") && format!("{folded:?}").ends_with("value: 2 }"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_controller(config: AggregatorConfig, clock: Arc<dyn Clock>, controller: Controller) -> Self {
        let ended = Mutex::new(clock.monotonic());
        Self {
            limits: Some(Arc::new(Limits { controller, ended })),
            ..Self::new(config, clock)
        }
    }

    /// Returns the controller that bounds the attribute sets, for its report and statistics.
    #[must_use]
    pub fn controller(&self) -> Option<&Controller> {
        self.limits.as_ref().map(|limits| &limits.controller)
    }

    /// Adds a counter of `u64`.
    ///
    /// # Errors
    /// Returns an error if the name cannot be exposed or is taken, or if the aggregator is closed.
    pub fn counter(&self, definition: impl Into<Definition>) -> Result<Counter, AggregatorError> {
        self.family(definition.into(), ()).map(Counter)
    }

    /// Adds a counter of `f64`.
    ///
    /// # Errors
    /// Returns an error if the name cannot be exposed or is taken, or if the aggregator is closed.
    pub fn float_counter(&self, definition: impl Into<Definition>) -> Result<FloatCounter, AggregatorError> {
        self.family(definition.into(), ()).map(FloatCounter)
    }

    /// Adds an up-down counter of `i64`.
    ///
    /// # Errors
    /// Returns an error if the name cannot be exposed or is taken, or if the aggregator is closed.
    pub fn up_down_counter(
        &self,
        definition: impl Into<Definition>,
    ) -> Result<UpDownCounter, AggregatorError> {
        self.family(definition.into(), ()).map(UpDownCounter)
    }

    /// Adds a gauge of `f64`.
    ///
    /// # Errors
    /// Returns an error if the name cannot be exposed or is taken, or if the aggregator is closed.
    pub fn gauge(&self, definition: impl Into<Definition>) -> Result<Gauge, AggregatorError> {
        self.family(definition.into(), ()).map(Gauge)
    }

    /// Adds a histogram with the given upper bounds; a last bucket, up to +Inf, is added.
    ///
    /// # Errors
    /// Returns an error if the bounds are not finite and ascending, if the name cannot be exposed or is taken, or if the
    /// aggregator is closed.
    pub fn histogram(
        &self,
        definition: impl Into<Definition>,
        bounds: impl Into<Arc<[f64]>>,
    ) -> Result<Histogram, AggregatorError> {
        let (definition, bounds) = (definition.into(), bounds.into());
        if let Err(source) = self.cells.histogram(Arc::clone(&bounds)) {
            return Err(AggregatorError::Bounds {
                name: definition.name.into_owned(),
                source,
            });
        }
        self.family(definition, bounds).map(Histogram)
    }

    fn family<A: Accumulator>(
        &self,
        definition: Definition,
        shape: A::Shape,
    ) -> Result<Instrument<A>, AggregatorError> {
        Naming::Parity.metric_name(&definition.name, &definition.unit, A::KIND)?;
        let name = definition.name.clone().into_owned();
        if self.shared.closed.load(Ordering::Relaxed) {
            return Err(AggregatorError::Closed { name });
        }
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = self.replayed_into.get();
        if meter.is_some() && !replay::has_replay(A::KIND) {
            return Err(AggregatorError::NoReplay { name, kind: A::KIND });
        }
        let Err(at) = families.binary_search_by(|family| family.name().cmp(&name)) else {
            return Err(AggregatorError::Taken { name });
        };
        let limiter = match &self.limits {
            None => None,
            Some(limits) => {
                let dry_run = limits.controller.config().dry_run;
                Some(Limiter::new(limits.controller.metric(&name, &[])?, dry_run))
            }
        };
        let (limit, shared) = (self.config.limit, Arc::clone(&self.shared));
        let family = Arc::new(Family::new(
            definition,
            shape,
            limit,
            self.cells.clone(),
            shared,
            self.clock.now(),
            limiter,
        ));
        if let Some(meter) = meter {
            family.begin_replay(meter);
        }
        families.insert(at, Arc::<Family<A>>::clone(&family));
        Ok(Instrument {
            family,
            clock: Arc::clone(&self.clock),
        })
    }

    /// Ends recording: later measurements are refused and counted. Idempotent.
    ///
    /// What was recorded before stays readable, so that a last scrape or push delivers it.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
    }

    /// Returns what was refused and folded so far.
    #[must_use]
    pub fn stats(&self) -> AggregatorStats {
        AggregatorStats {
            refused: self.shared.refused.get(),
            overflowed: self.shared.overflowed.get(),
            evicted: self.shared.evicted.get(),
        }
    }
}

/// One look at all families.
struct Collection {
    families: Vec<Arc<dyn Collect>>,
    now: Timestamp,
    /// Dropped at the end: only then, with the cells of evicted sets gone, is there room for others.
    evicted: Vec<Evicted>,
}

impl Collection {
    fn evicted(&self, name: &str) -> &[SetId] {
        let mut evicted = self.evicted.iter();
        let found = evicted.find(|evicted| evicted.metric().name() == name);
        found.map_or(&[][..], Evicted::sets)
    }
}

impl Aggregator {
    fn begin_collection(&self) -> Collection {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = self.limits.as_ref();
        Collection {
            families: families.clone(),
            now: self.clock.now(),
            evicted: limits.map_or_else(Vec::new, |limits| limits.tick(&*self.clock)),
        }
    }
}

impl MetricSource for Aggregator {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        if self.replayed_into.get().is_some() {
            return Box::new(Families(Vec::new()));
        }
        let collection = self.begin_collection();
        let collect = |family: &Arc<dyn Collect>| {
            let evicted = collection.evicted(family.name());
            family.collect(config, collection.now, self.config.idle, evicted)
        };
        Box::new(Families(collection.families.iter().filter_map(collect).collect()))
    }
}

impl Limits {
    /// Ends the epoch if it is over, and returns the sets that go.
    fn tick(&self, clock: &dyn Clock) -> Vec<Evicted> {
        let now = clock.monotonic();
        let config = self.controller.config();
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*ended) < config.epoch {
            return Vec::new();
        }
        *ended = now;
        let mut evicted = self.controller.tick();
        if config.dry_run {
            evicted.clear();
        }
        evicted
    }
}

impl fmt::Debug for Aggregator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<_> = families.iter().map(|family| family.name()).collect();
        f.debug_struct("Aggregator")
            .field("config", &self.config)
            .field("metrics", &names)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
