//! The samplers' own metrics.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use vmotel_model::{
    Clock, Family, Kind, LabelDef, LabelPlan, MetricDef, MetricSink, MetricSource, Number, Point, Series,
    Snapshot, VisitConfig,
};

use super::{AdaptiveSampler, BlockSampler, RateSampler, SamplerError, SamplerStats, ThresholdSampler};

/// The most samplers of one [`SamplerMetrics`].
const MAX_SAMPLERS: usize = 256;

const LABELS: &[LabelDef] = &[LabelDef {
    name: "sampler",
    help: "The name under which the sampler was added",
    values: &[],
}];

const fn def(name: &'static str, kind: Kind, unit: &'static str, help: &'static str) -> MetricDef {
    MetricDef {
        name,
        kind,
        unit,
        help,
        labels: LABELS,
        buckets: &[],
    }
}

/// What [`SamplerMetrics`] exposes: for each sampler how many events it kept, what it estimates, and how exact that is.
pub static SAMPLER_METRICS: &[MetricDef] = &[
    def(
        "vmotel_sampler_estimated_events_total",
        Kind::Counter,
        "{events}",
        "Estimate of all events: the sum of the weights of those that were kept",
    ),
    def(
        "vmotel_sampler_kept_events_total",
        Kind::Counter,
        "{events}",
        "Events that were kept",
    ),
    def(
        "vmotel_sampler_keeping_rate",
        Kind::Gauge,
        "",
        "Share of the events that was kept, from 0 to 1",
    ),
    def(
        "vmotel_sampler_standard_error",
        Kind::Gauge,
        "{events}",
        "Standard error of the estimate of all events",
    ),
    def(
        "vmotel_sampler_variance",
        Kind::Gauge,
        "",
        "Estimated variance of the estimate of all events",
    ),
];

/// A sampler as [`SamplerMetrics`] sees it.
pub trait Sampler: fmt::Debug + Send + Sync {
    /// Returns what was kept so far.
    fn stats(&self) -> SamplerStats;

    /// Takes note of a collection at this time since any fixed moment. Default: nothing.
    fn collected(&self, now: Duration) {
        let _ = now;
    }
}

macro_rules! sampler {
    ($($sampler:ty),*) => {$(
        impl Sampler for $sampler {
            fn stats(&self) -> SamplerStats {
                self.stats()
            }
        }
    )*};
}

sampler!(BlockSampler, RateSampler, ThresholdSampler);

impl Sampler for AdaptiveSampler {
    fn stats(&self) -> SamplerStats {
        self.stats()
    }

    /// Ends the interval if it is over: see [`AdaptiveSampler::tick`].
    fn collected(&self, now: Duration) {
        self.tick(now);
    }
}

/// The samplers of a program as a [`MetricSource`]: rate, estimate, variance and error bar of each, under its name.
///
/// Give it to the exporter as a source. Each collection also lets the adaptive samplers end their intervals, so that they need
/// no timer. Clones share everything.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use vmotel_aggregate::{BlockSampler, SamplerMetrics};
/// use vmotel_model::{MetricSource, VisitConfig};
/// # #[derive(Debug)] struct At(u64);
/// # impl vmotel_model::Clock for At {
/// #     fn now(&self) -> vmotel_model::Timestamp { vmotel_model::Timestamp(self.0) }
/// #     fn monotonic(&self) -> std::time::Duration { std::time::Duration::from_nanos(self.0) }
/// # }
/// # let clock = Arc::new(At(0));
///
/// let requests = Arc::new(BlockSampler::new(10)?);
/// let metrics = SamplerMetrics::new(clock);
/// metrics.add("requests", requests.clone())?;
/// let config = VisitConfig::default();
/// assert_eq!(metrics.snapshot(&config).family(0).name, "vmotel_sampler_estimated_events_total");
/// # Ok::<(), vmotel_aggregate::SamplerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SamplerMetrics {
    clock: Arc<dyn Clock>,
    /// Sorted by name.
    samplers: Arc<Mutex<Vec<Named>>>,
}

type Named = (String, Arc<dyn Sampler>);

impl SamplerMetrics {
    /// Creates a source without samplers.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            samplers: Arc::default(),
        }
    }

    /// Adds a sampler under a name, which becomes its label.
    ///
    /// # Errors
    /// Returns an error if the name is empty or taken, or if there are 256 samplers already.
    pub fn add(&self, name: impl Into<String>, sampler: Arc<dyn Sampler>) -> Result<(), SamplerError> {
        let name = name.into();
        let mut samplers = self.samplers.lock().unwrap_or_else(PoisonError::into_inner);
        match samplers.binary_search_by(|(known, _)| known.cmp(&name)) {
            Err(at) if !name.is_empty() && samplers.len() < MAX_SAMPLERS => {
                samplers.insert(at, (name, sampler));
                Ok(())
            }
            Err(_) if !name.is_empty() => Err(SamplerError::TooMany {
                name,
                max: MAX_SAMPLERS,
            }),
            _ => Err(SamplerError::Name { name }),
        }
    }
}

impl MetricSource for SamplerMetrics {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let samplers = self
            .samplers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let now = self.clock.monotonic();
        let read = |(name, sampler): Named| {
            let stats = sampler.stats();
            sampler.collected(now);
            ([name], stats)
        };
        Box::new(SamplerSnapshot {
            config,
            samplers: samplers.into_iter().map(read).collect(),
            families: SAMPLER_METRICS
                .iter()
                .filter_map(|def| Some((def, def.exposed_name(config.naming).ok()?)))
                .collect(),
        })
    }
}

struct SamplerSnapshot<'a> {
    config: &'a VisitConfig,
    samplers: Vec<([String; 1], SamplerStats)>,
    families: Vec<(&'static MetricDef, String)>,
}

impl Snapshot for SamplerSnapshot<'_> {
    fn len(&self) -> usize {
        if self.samplers.is_empty() {
            0
        } else {
            self.families.len()
        }
    }

    fn family(&self, index: usize) -> Family<'_> {
        let (def, name) = &self.families[index];
        Family {
            name,
            kind: def.kind,
            unit: "",
            help: def.help,
        }
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        let (def, _) = self.families[index];
        let keys = def.labels.iter().map(|label| label.name);
        let plan = LabelPlan::new(
            self.config.naming,
            def.kind,
            keys,
            &[],
            &self.config.constant_labels,
        );
        for (name, stats) in &self.samplers {
            let number = match def.name.trim_start_matches("vmotel_sampler_") {
                "estimated_events_total" => Number::U64(stats.estimated),
                "kept_events_total" => Number::U64(stats.kept),
                "keeping_rate" => Number::F64(stats.rate()),
                "standard_error" => Number::F64(stats.standard_error()),
                _ => Number::F64(stats.variance),
            };
            sink.series(&Series {
                labels: &plan.labels(name.as_slice()),
                text: None,
                point: Point::Number(number),
                start: None,
            });
        }
    }

    fn distinct(&self, _: usize) -> bool {
        true
    }
}
