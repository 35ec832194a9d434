//! The exporter: the handle that all parts hang on.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize, mpsc},
    time::Duration,
};

use opentelemetry::{InstrumentationScope, metrics::Meter};
#[cfg(feature = "sdk")]
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::sync::watch;
use vmotel_cardinality::Limits as LabelLimits;
use vmotel_model::{Clock as _, MetricSource, Naming, VisitConfig};

#[cfg(feature = "push")]
use crate::push::{Encoder, FlushError, PushOutcome, PushStatus, Pusher, Pushing};
use crate::{
    BuildError, Config, ConfigError, ExporterBuilder, Format, ScrapeError, SourceError,
    builder::Given,
    clock::SystemClock,
    collector::{Collector, Limits},
    engine::{Engine, Meters},
    gather::{Gatherer, Views},
    identity,
    negotiate::Coding,
    resource,
    scraper::Scraper,
    self_metrics::SelfMetrics,
    shutdown::Progress,
    sources::{Sources, Warned},
    target_info::TargetInfo,
    wait,
};

/// Exports the metrics of a process: meters, further sources, scrapes and pushes.
///
/// A cheap clone of one shared state. When the last handle is dropped without [`Exporter::shutdown`], listeners end and
/// nothing is waited for.
///
/// ```
/// use vmotel_exporter::{Exporter, Format};
///
/// let exporter = Exporter::builder().with_service_name("shop").with_global(false).build()?;
/// let orders = exporter.meter("shop").u64_counter("orders").build();
/// orders.add(3, &[]);
/// let text = exporter.scrape(Format::Text)?;
/// assert!(text.contains("orders_total{otel_scope_name=\"shop\"} 3\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "VMExporter")]
#[derive(Clone)]
pub struct Exporter {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: Config,
    limits: LabelLimits,
    meters: Arc<Meters>,
    sources: Arc<Sources>,
    scraper: Arc<Scraper>,
    #[cfg(feature = "push")]
    pub(crate) pusher: Option<Pusher>,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) progress: Progress,
    /// One for each listener's thread, which ends when it is disconnected.
    pub(crate) threads: Mutex<Vec<mpsc::Receiver<()>>>,
}

/// Where an exporter is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// A shutdown has begun, scrapes are still served.
    Draining,
    /// Listeners end; what is under way may take this long.
    Stopped(Duration),
}

impl Phase {
    pub(crate) const fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("config", &self.inner.config)
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

impl Exporter {
    /// Returns a builder that starts from the defaults and the environment.
    pub fn builder() -> ExporterBuilder {
        ExporterBuilder::default()
    }

    pub(crate) fn new(
        mut config: Config,
        given: Given,
        more: Vec<(String, Arc<dyn MetricSource>)>,
    ) -> Result<Self, BuildError> {
        #[cfg(feature = "push")]
        let pushing = Pushing::prepare(&config)?;
        let label_limits = LabelLimits::new(config.limits.clone()).map_err(ConfigError::from)?;
        let engine = Engine::of(&config, &given)?;
        config.engine = Some(engine);
        let attributes = resource::attributes(&config, engine.telemetry());
        let meters = Arc::new(Meters::new(engine, &config, &label_limits, &attributes, given)?);
        let sources = Arc::new(Sources::default());
        sources.add(meters.name(), meters.source())?;
        for (name, source) in more {
            sources.add(&name, source)?;
        }
        if config.enabled && config.global {
            meters.set_global();
            label_limits.set_global();
        }

        let metrics = SelfMetrics::new(Arc::clone(&sources), label_limits.clone(), Arc::clone(&meters));
        #[cfg(feature = "push")]
        let metrics = metrics.with_push(pushing.as_ref().map(|pushing| Arc::clone(&pushing.metrics)));
        let metrics = Arc::new(metrics);
        let clock = Arc::new(SystemClock::new());
        let visit = |naming| {
            let mut visit = VisitConfig::default();
            visit.naming = naming;
            visit.scope_labels = config.scope_labels;
            visit.constant_labels = resource::constant_labels(naming, &attributes, &config.resource_labels);
            if config.honor_labels {
                give(&mut visit.constant_labels, &identity::labels(&config));
            }
            visit
        };
        #[cfg(feature = "push")]
        let encoder = pushing.as_ref().map(|pushing| pushing.encoder(&config));
        let views = Views {
            classic: visit(classic(config.naming)),
            utf8: visit(config.naming),
            #[cfg(feature = "push")]
            push: {
                let mut visit = visit(config.naming);
                let labels = encoder.as_ref().map_or(&[][..], Encoder::labels);
                give(&mut visit.constant_labels, labels);
                visit
            },
        };
        let gatherer = Gatherer {
            views,
            #[cfg(feature = "push")]
            encoder,
            meters: Arc::clone(&meters),
            sources: Arc::clone(&sources),
            target_info: config.target_info.then(|| TargetInfo::new(attributes.clone())),
            metrics: Arc::clone(&metrics),
            self_metrics: config.self_metrics,
            fail_on_any_source: config.fail_on_any_source,
            warned: Warned::default(),
            exponential: config.exponential.clone(),
            merge: Mutex::default(),
            len: AtomicUsize::new(0),
        };
        let limits = Limits {
            pending: config.max_pending_scrapes,
            timeout: config.collect_timeout,
        };
        let scraper = Scraper {
            collector: Collector::new(Arc::new(gatherer), limits, Arc::clone(&clock)),
            metrics,
            serves: config.serves(),
            path: config.path.clone(),
            collect_timeout: config.collect_timeout,
        };
        let scraper = Arc::new(scraper);
        #[cfg(feature = "push")]
        let pusher = match pushing {
            Some(pushing) => Some(pushing.start(Arc::clone(&scraper), Arc::clone(&clock))?),
            None => None,
        };
        let inner = Inner {
            config,
            limits: label_limits,
            #[cfg(feature = "push")]
            pusher,
            meters,
            sources,
            scraper,
            clock,
            phase: watch::Sender::new(Phase::Running),
            progress: Progress::default(),
            threads: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns a meter, which makes instruments.
    #[doc(alias = "GetMeter")]
    #[must_use]
    pub fn meter(&self, name: &'static str) -> Meter {
        self.meter_with_scope(InstrumentationScope::builder(name).build())
    }

    /// Returns a meter of a scope with a version or attributes.
    #[must_use]
    pub fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        self.inner.meters.meter(scope)
    }

    /// Returns the registry that the instruments record into; none if that is the SDK.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn registry(&self) -> Option<&vmotel_registry::Registry> {
        self.inner.meters.registry()
    }

    /// Returns the SDK's meter provider; none with another engine than [`Engine::Sdk`](crate::Engine::Sdk).
    #[cfg(feature = "sdk")]
    #[must_use]
    pub fn provider(&self) -> Option<&SdkMeterProvider> {
        self.inner.meters.provider()
    }

    /// Returns the limits on labels that this exporter's configuration asks for.
    ///
    /// They are those of the process, too, unless [`Config::global`] is off: then give them to the instruments.
    #[must_use]
    pub fn limits(&self) -> &LabelLimits {
        &self.inner.limits
    }

    /// Returns the configuration as it was resolved.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Adds a source beside the engine: a registry, an aggregator, one of your own.
    ///
    /// Families of several sources with one name are merged.
    ///
    /// # Errors
    /// Returns an error if the name is empty, longer than 64 bytes or taken, or if there are 64 sources.
    pub fn add_source(&self, name: &str, source: Arc<dyn MetricSource>) -> Result<(), SourceError> {
        self.inner.sources.add(name, source)
    }

    /// Collects all sources and returns the exposition. Blocks until it is there; needs no runtime.
    ///
    /// For tests, and for a last look during a shutdown. In async code use a route or the listener.
    ///
    /// # Errors
    /// Returns an error if metrics are switched off, the exporter is shut down or busy, or a collection hangs or panics. Sources
    /// that fail are no error here; see [`Exporter::status`].
    pub fn scrape(&self, format: Format) -> Result<String, ScrapeError> {
        let (scraper, clock) = (&self.inner.scraper, &self.inner.clock);
        let end = clock.monotonic().saturating_add(scraper.collect_timeout);
        let patience = wait::until(|| clock.monotonic() > end);
        let scraped = wait::block_on(scraper.scrape(format, Coding::Identity, patience))?;
        Ok(String::from_utf8_lossy(&scraped.body).into_owned())
    }

    /// Returns how the sources did in their last collections.
    #[must_use]
    pub fn status(&self) -> Vec<SourceStatus> {
        let sources = self.inner.sources.iter();
        sources
            .map(|source| SourceStatus {
                name: source.name.clone(),
                up: source.health.is_up(),
                faults: source.health.faults(),
                last_fault: source.health.last(),
            })
            .collect()
    }

    /// Returns how pushes do; none if nothing is pushed. It tells also after a shutdown.
    #[cfg(feature = "push")]
    #[must_use]
    pub fn push_status(&self) -> Option<PushStatus> {
        let pusher = self.inner.pusher.as_ref()?;
        Some(pusher.metrics.status())
    }

    /// Collects and pushes now, and waits until nothing waits any more, at most for `timeout`. The future needs no runtime.
    ///
    /// # Errors
    /// Returns an error if nothing is pushed, the exporter is shut down, or the deadline passes; what waits is sent later then.
    #[cfg(feature = "push")]
    pub async fn flush(&self, timeout: Duration) -> Result<PushOutcome, FlushError> {
        match &self.inner.pusher {
            Some(pusher) => pusher.flush(timeout).await,
            None => Err(FlushError::Disabled),
        }
    }

    /// As [`Exporter::flush`], and blocks the calling thread for it.
    ///
    /// # Errors
    /// As [`Exporter::flush`].
    #[cfg(feature = "push")]
    pub fn flush_blocking(&self, timeout: Duration) -> Result<PushOutcome, FlushError> {
        wait::block_on(self.flush(timeout))
    }

    pub(crate) fn scraper(&self) -> &Arc<Scraper> {
        &self.inner.scraper
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.inner.phase.borrow()
    }

    #[cfg_attr(
        not(any(feature = "listener", feature = "signal")),
        expect(dead_code, reason = "for the features")
    )]
    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.inner.phase.subscribe()
    }

    /// Has the shutdown wait for a thread.
    #[cfg_attr(not(feature = "listener"), expect(dead_code, reason = "for the feature"))]
    pub(crate) fn joins(&self, end: mpsc::Receiver<()>) {
        let mut threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.push(end);
    }
}

impl Inner {
    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    #[cfg(feature = "sdk")]
    pub(crate) fn provider(&self) -> Option<&SdkMeterProvider> {
        self.meters.provider()
    }

    pub(crate) const fn scraper(&self) -> &Arc<Scraper> {
        &self.scraper
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.phase.send_replace(Phase::Stopped(Duration::ZERO));
        self.scraper.collector.close();
    }
}

/// How a source does, see [`Exporter::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// The source's name; `vmotel_registry` or `opentelemetry_sdk` is the engine.
    pub name: String,
    /// Whether its last collection succeeded.
    pub up: bool,
    /// The collections in which it failed.
    pub faults: u64,
    /// What went wrong last.
    pub last_fault: Option<String>,
}

/// Adds labels, in the place of those that have their names.
fn give(labels: &mut Vec<(String, String)>, more: &[(String, String)]) {
    labels.retain(|(name, _)| more.iter().all(|(known, _)| known != name));
    labels.extend_from_slice(more);
}

/// Returns the strategy whose names are the escaped ones (`escaping=underscores`) of `naming`.
const fn classic(naming: Naming) -> Naming {
    match naming {
        Naming::NoUtf8EscapingWithSuffixes => Naming::UnderscoreEscapingWithSuffixes,
        Naming::NoTranslation => Naming::UnderscoreEscapingWithoutSuffixes,
        other => other,
    }
}
