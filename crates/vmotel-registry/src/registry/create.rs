//! Registering metrics and series.

use std::sync::Arc;

use vmotel_model::{Kind, validate_label_name};

use super::Registry;
use crate::{
    BucketHistogram, BucketHistogramFamily, Counter, CounterFamily, FloatCounter, FloatCounterFamily, Gauge,
    GaugeFamily, Histogram, HistogramFamily, Observation, RegistryError, SeriesName, Summary, SummaryConfig,
    SummaryFamily,
    definition::Definition,
    families::AnyFamily,
    family::Labelled,
    series::{Handle, Key, Limiter, Series},
    store::{Bounds, Store, Window},
};

/// Generates, for one kind of value, the four ways to register it.
macro_rules! register {
    ($what:literal, $kind:expr, $handle:ident, $family:ident, $get:ident, $new:ident, $labelled:ident) => {
        #[doc = concat!("Returns the ", $what, " of this name and these labels, made if it is not there.")]
        ///
        /// # Errors
        /// Returns an error if the name cannot be used, or if its metric is of another type.
        pub fn $get<'a>(&self, name: impl Into<SeriesName<'a>>) -> Result<$handle, RegistryError> {
            self.series(name.into(), $kind, (), false).map($handle)
        }

        #[doc = concat!("Makes the ", $what, " of this name and these labels.")]
        ///
        /// # Errors
        /// Returns an error if it is there already, if the name cannot be used, or if its metric is of another type.
        pub fn $new<'a>(&self, name: impl Into<SeriesName<'a>>) -> Result<$handle, RegistryError> {
            self.series(name.into(), $kind, (), true).map($handle)
        }

        #[doc = concat!("Returns the ", $what, "s of this name whose labels have these names.")]
        ///
        /// # Errors
        /// Returns an error if a name cannot be used, or if the metric is of another type.
        pub fn $labelled<const N: usize>(
            &self,
            name: &str,
            labels: [&str; N],
        ) -> Result<$family<N>, RegistryError> {
            self.labelled(name, labels, $kind, ()).map($family)
        }
    };
}

impl Registry {
    register!(
        "counter",
        Kind::Counter,
        Counter,
        CounterFamily,
        counter,
        new_counter,
        counter_family
    );
    register!(
        "float counter",
        Kind::Counter,
        FloatCounter,
        FloatCounterFamily,
        float_counter,
        new_float_counter,
        float_counter_family
    );
    register!(
        "gauge",
        Kind::Gauge,
        Gauge,
        GaugeFamily,
        gauge,
        new_gauge,
        gauge_family
    );
    register!(
        "histogram",
        Kind::Histogram,
        Histogram,
        HistogramFamily,
        histogram,
        new_histogram,
        histogram_family
    );

    /// Returns the summary of this name and these labels, made if it is not there.
    ///
    /// # Errors
    /// Returns an error if the name, a quantile or the window cannot be used, or if the metric is of another type or has others.
    pub fn summary<'a>(
        &self,
        name: impl Into<SeriesName<'a>>,
        config: &SummaryConfig,
    ) -> Result<Summary, RegistryError> {
        self.series(name.into(), Kind::Summary, self.window(config), false)
            .map(Summary)
    }

    /// Makes the summary of this name and these labels.
    ///
    /// # Errors
    /// As [`Registry::summary`], and if it is there already.
    pub fn new_summary<'a>(
        &self,
        name: impl Into<SeriesName<'a>>,
        config: &SummaryConfig,
    ) -> Result<Summary, RegistryError> {
        self.series(name.into(), Kind::Summary, self.window(config), true)
            .map(Summary)
    }

    /// Returns the summaries of this name whose labels have these names.
    ///
    /// # Errors
    /// As [`Registry::summary`].
    pub fn summary_family<const N: usize>(
        &self,
        name: &str,
        labels: [&str; N],
        config: &SummaryConfig,
    ) -> Result<SummaryFamily<N>, RegistryError> {
        self.labelled(name, labels, Kind::Summary, self.window(config))
            .map(SummaryFamily)
    }

    pub(crate) fn window(&self, config: &SummaryConfig) -> Window {
        Window {
            quantiles: config.quantiles.as_slice().into(),
            window: config.window,
            clock: Arc::clone(&self.inner.shared.clock),
        }
    }

    /// Has a gauge set to what `read` returns, at each collection, as long as the observation lives.
    ///
    /// # Errors
    /// Returns an error if the name cannot be used, or if its metric is of another type.
    ///
    /// ```
    /// let registry = vmotel_registry::Registry::new();
    /// registry.gauge_callback("queue_length", || 3.0)?.keep();
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    pub fn gauge_callback<'a>(
        &self,
        name: impl Into<SeriesName<'a>>,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<Observation, RegistryError> {
        let name = name.into();
        let gauge = self.gauge(name)?;
        let (SeriesName::Text(text) | SeriesName::Parts(text, _)) = name;
        Ok(self.on_collect(text, move || gauge.set(read())))
    }

    /// Returns the histogram with these bounds, of this name and these labels, made if it is not there.
    ///
    /// # Errors
    /// Returns an error if the name or a bound cannot be used, or if the metric is of another type or has other bounds.
    ///
    /// ```
    /// let registry = vmotel_registry::Registry::new();
    /// let latency = registry.bucket_histogram("latency_seconds", [0.1, 1.0])?;
    /// [0.05, 0.1, 0.5, 7.0].map(|seconds| latency.record(seconds));
    /// assert_eq!(latency.counts(), [2, 1, 1]);
    /// # Ok::<(), vmotel_registry::RegistryError>(())
    /// ```
    pub fn bucket_histogram<'a>(
        &self,
        name: impl Into<SeriesName<'a>>,
        bounds: impl Into<Arc<[f64]>>,
    ) -> Result<BucketHistogram, RegistryError> {
        self.series(name.into(), Kind::Histogram, Bounds::new(bounds), false)
            .map(BucketHistogram)
    }

    /// Makes the histogram with these bounds, of this name and these labels.
    ///
    /// # Errors
    /// As [`Registry::bucket_histogram`], and if it is there already.
    pub fn new_bucket_histogram<'a>(
        &self,
        name: impl Into<SeriesName<'a>>,
        bounds: impl Into<Arc<[f64]>>,
    ) -> Result<BucketHistogram, RegistryError> {
        self.series(name.into(), Kind::Histogram, Bounds::new(bounds), true)
            .map(BucketHistogram)
    }

    /// Returns the histograms with these bounds, of this name, whose labels have these names.
    ///
    /// # Errors
    /// As [`Registry::bucket_histogram`].
    pub fn bucket_histogram_family<const N: usize>(
        &self,
        name: &str,
        labels: [&str; N],
        bounds: impl Into<Arc<[f64]>>,
    ) -> Result<BucketHistogramFamily<N>, RegistryError> {
        self.labelled(name, labels, Kind::Histogram, Bounds::new(bounds))
            .map(BucketHistogramFamily)
    }

    pub(crate) fn series<S: Store>(
        &self,
        name: SeriesName<'_>,
        kind: Kind,
        shape: S::Shape,
        must_be_new: bool,
    ) -> Result<Handle<S>, RegistryError> {
        let parsed = name.parse(kind)?;
        let family = self.family::<S>(Definition::as_given(&parsed.name, kind)?, shape)?;
        let keys: Vec<&str> = parsed.labels.iter().map(|(key, _)| key.as_str()).collect();
        let (schema, _) = family.schema(&keys);
        let Some(schema) = schema else {
            return Err(RegistryError::Schemas { name: parsed.name });
        };
        let key = Key::new(schema.number, keys.len(), |index| parsed.labels[index].1.as_str());
        if !must_be_new {
            return Ok(family.with(&key, Handle::new));
        }
        family.make(&key).ok_or_else(|| {
            let (SeriesName::Text(text) | SeriesName::Parts(text, _)) = name;
            RegistryError::Taken {
                name: text.to_owned(),
            }
        })
    }

    fn labelled<S: Store, const N: usize>(
        &self,
        name: &str,
        labels: [&str; N],
        kind: Kind,
        shape: S::Shape,
    ) -> Result<Labelled<S, N>, RegistryError> {
        let definition = Definition::as_given(name, kind)?;
        for (at, label) in labels.iter().enumerate() {
            validate_label_name(label, kind)?;
            if labels[..at].contains(label) {
                return Err(RegistryError::Twice {
                    name: name.to_owned(),
                    label: (*label).to_owned(),
                });
            }
        }
        let series = self.family::<S>(definition, shape)?;
        let (schema, order) = series.schema(&labels);
        let (Some(schema), Ok(order)) = (schema, order.try_into()) else {
            return Err(RegistryError::Schemas {
                name: name.to_owned(),
            });
        };
        Ok(Labelled::new(series, schema, order))
    }

    /// Returns a family, made if it is not there.
    pub(crate) fn family<S: Store>(
        &self,
        definition: Definition,
        shape: S::Shape,
    ) -> Result<Arc<Series<S>>, RegistryError> {
        let name = definition.name.to_string();
        S::check(&name, &shape)?;
        let mut families = self.families();
        let key = (self.set, definition.name.clone());
        if let Some(known) = families.all.get(&key) {
            let other = || RegistryError::OtherType {
                name: name.clone(),
                known: known.values(),
                given: S::NAME,
            };
            let family = Arc::clone(known).as_any().downcast::<Series<S>>();
            let family = family.map_err(|_| other())?;
            S::same(&name, &family.shape, &shape)?;
            return Ok(family);
        }
        // A metric of the same name in another scope or set is another one.
        let metric = match &definition.scope {
            Some(scope) => format!("{name} of {}", scope.name),
            None if self.set > 0 => format!("{name} of set {}", self.set),
            None => name,
        };
        let limiter = match self.controller().filter(|_| !definition.bounded) {
            Some(controller) => Some(controller.metric(&metric, &[])?),
            None => None,
        };
        let series = Arc::new(Series::new(
            definition,
            shape,
            Arc::clone(&self.inner.shared),
            limiter.map(Limiter::new),
        ));
        families
            .all
            .insert(key, Arc::<Series<S>>::clone(&series) as Arc<dyn AnyFamily>);
        families.version += 1;
        Ok(series)
    }
}
