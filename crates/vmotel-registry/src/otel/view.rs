//! Views: what becomes of an instrument when it is made.

use std::{borrow::Cow, sync::Arc};

/// What an instrument is, by the OpenTelemetry specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstrumentKind {
    /// A sum that only grows.
    Counter,
    /// A sum that grows and shrinks.
    UpDownCounter,
    /// A value that is set.
    Gauge,
    /// A distribution.
    Histogram,
    /// A sum that only grows, read by a callback.
    ObservableCounter,
    /// A sum that grows and shrinks, read by a callback.
    ObservableUpDownCounter,
    /// A value that is read by a callback.
    ObservableGauge,
}

/// An instrument that is about to be made, as a view sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct InstrumentInfo<'a> {
    /// The name of the instrumented library.
    pub scope: &'a str,
    /// The name of the instrument.
    pub name: &'a str,
    /// What it is.
    pub kind: InstrumentKind,
    /// Its unit in UCUM; empty if there is none.
    pub unit: &'a str,
    /// Its description; empty if there is none.
    pub description: &'a str,
}

/// What a view makes of an instrument. The default changes nothing.
///
/// # Examples
/// ```
/// use vmotel_registry::{Aggregation, Stream};
///
/// let renamed = Stream { name: Some("http.server.requests".into()), ..Stream::default() };
/// assert_eq!(renamed.aggregation, Aggregation::Default);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stream {
    /// Another name. Default: the instrument's.
    pub name: Option<Cow<'static, str>>,
    /// Another unit in UCUM. Default: the instrument's.
    pub unit: Option<Cow<'static, str>>,
    /// Another description. Default: the instrument's.
    pub description: Option<Cow<'static, str>>,
    /// The keys of the attributes that are kept; measurements that differ in others only are added up. Default: all.
    pub attributes: Option<Vec<Cow<'static, str>>>,
    /// How measurements are added up. Default: by the kind of the instrument.
    pub aggregation: Aggregation,
    /// The most sets of attributes, the one for what is beyond not counted. Default: that of
    /// [`RegistryConfig::per_metric`](crate::RegistryConfig::per_metric). The limit of all series holds besides.
    pub cardinality_limit: Option<usize>,
    /// Whether its attributes are bounded before they come here, so that the controller of the registry
    /// ([`Registry::with_controller`](crate::Registry::with_controller)) passes it over. Default: false.
    pub bounded: bool,
}

/// How the measurements of an instrument are added up.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Aggregation {
    /// By the kind of the instrument.
    #[default]
    Default,
    /// Not at all: the instrument records nothing.
    Drop,
    /// A histogram with these upper bounds, finite and ascending. For histograms only; others keep their default.
    Explicit(Vec<f64>),
    /// A base-2 exponential histogram, whose buckets follow the values (specification, "Base2 Exponential Bucket Histogram
    /// Aggregation"). For histograms only; others keep their default.
    ///
    /// Over OTLP it goes out as it is; texts and remote write, which have no such type, carry its buckets as `vmrange`, or as the
    /// visitor asks for. Minimum and maximum are not kept.
    ///
    /// ```
    /// use opentelemetry::metrics::MeterProvider;
    /// use vmotel_registry::{Aggregation, Registry, RegistryMeterProvider, Stream};
    ///
    /// let registry = Registry::new();
    /// let provider = RegistryMeterProvider::new(&registry).with_view(|_| {
    ///     let aggregation = Aggregation::Exponential { max_size: 160, max_scale: 20 };
    ///     Some(Stream { aggregation, ..Stream::default() })
    /// });
    /// provider.meter("shop").f64_histogram("checkout").build().record(0.2, &[]);
    /// assert_eq!(registry.stats().series, 1);
    /// ```
    Exponential {
        /// The most buckets of positive values, and of negative ones; 2 to 4096, by the specification 160.
        max_size: u32,
        /// The finest resolution, -10 to 20, by the specification 20. It goes down as far as values need it.
        max_scale: i8,
    },
    /// A histogram in VictoriaMetrics' `vmrange` buckets, 18 for each power of ten. Negative values are refused and counted. For
    /// histograms only; others keep their default.
    Vmrange,
}

/// A view.
#[derive(Clone)]
pub(super) struct View(pub(super) Arc<ViewFn>);

type ViewFn = dyn Fn(&InstrumentInfo<'_>) -> Option<Stream> + Send + Sync;
