//! The OpenTelemetry metrics API on a registry.

mod attributes;
mod instrument;
mod measure;
mod meter;
mod view;

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{
    InstrumentationScope,
    metrics::{Meter, MeterProvider},
};

pub use self::view::{Aggregation, InstrumentInfo, InstrumentKind, Stream};
use vmotel_model::attribute_text;

use self::{meter::RegistryMeter, view::View};
use crate::{Registry, definition::Scope};

/// A [`MeterProvider`] whose instruments record into a [`Registry`].
///
/// Programs written against the OpenTelemetry API run on it unchanged; nothing passes the SDK. All instruments are there: counters,
/// up-down counters, gauges and histograms of every number type, observable ones, and bound ones. Names, units and labels are exposed by the
/// rules of the specification, as the visitor asks for. Clones share everything.
///
/// - Equal instruments, of one scope, are one; of attributes with equal keys the last wins.
/// - What is not finite is refused and counted, and so is a negative number for a counter.
/// - Beyond [`RegistryConfig::per_metric`](crate::RegistryConfig::per_metric) sets, measurements are added up under
///   `otel_metric_overflow="true"`.
/// - A callback that panics is counted under its instrument's name ([`RegistryStats`](crate::RegistryStats)); the others still run. The
///   API cannot remove callbacks; [`Registry::on_collect`] can.
///
/// # Examples
/// ```
/// use opentelemetry::{KeyValue, global};
/// use vmotel_registry::{Registry, RegistryMeterProvider};
///
/// let registry = Registry::new();
/// global::set_meter_provider(RegistryMeterProvider::new(&registry)); // the one line to change
///
/// let orders = global::meter("shop").u64_counter("orders").build();
/// orders.add(1, &[KeyValue::new("method", "card")]);
/// orders.bind(&[KeyValue::new("method", "card")]).add(2);
/// assert_eq!(registry.stats().series, 1);
/// ```
#[derive(Clone)]
pub struct RegistryMeterProvider {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    views: Vec<View>,
    known: Mutex<HashMap<Identity, Arc<dyn Any + Send + Sync>>>,
}

/// What makes two instruments one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    scope: Arc<Scope>,
    /// Letters in lower case: names differ by more than case (specification, "Instrument name syntax").
    name: String,
    kind: InstrumentKind,
    /// The type of its numbers, which is identifying, too (specification, "Instrument").
    number: &'static str,
    unit: String,
    description: String,
    /// What the values are, such as "counter" or "float counter".
    values: &'static str,
}

impl RegistryMeterProvider {
    /// Creates a provider whose instruments record into this registry.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::with_views(registry, Vec::new())
    }

    fn with_views(registry: &Registry, views: Vec<View>) -> Self {
        Self {
            inner: Arc::new(Inner {
                registry: registry.clone(),
                views,
                known: Mutex::default(),
            }),
        }
    }

    /// Adds a view: it may rename an instrument that is made, keep some of its attributes, give it other boundaries, or drop it.
    ///
    /// The first view that returns a stream counts. Instruments that were made before keep what they have; add views first.
    ///
    /// # Examples
    /// ```
    /// use opentelemetry::metrics::MeterProvider;
    /// use vmotel_registry::{Aggregation, InstrumentKind, Registry, RegistryMeterProvider, Stream};
    ///
    /// let registry = Registry::new();
    /// let provider = RegistryMeterProvider::new(&registry).with_view(|instrument| {
    ///     (instrument.kind == InstrumentKind::Histogram && instrument.unit == "s").then(|| Stream {
    ///         aggregation: Aggregation::Explicit(vec![0.01, 0.1, 1.0, 10.0]),
    ///         ..Stream::default()
    ///     })
    /// });
    /// provider.meter("shop").f64_histogram("checkout").with_unit("s").build().record(0.2, &[]);
    /// assert_eq!(registry.stats().series, 1);
    /// ```
    #[must_use]
    pub fn with_view(
        self,
        view: impl Fn(&InstrumentInfo<'_>) -> Option<Stream> + Send + Sync + 'static,
    ) -> Self {
        let mut views = self.inner.views.clone();
        views.push(View(Arc::new(view)));
        Self::with_views(&self.inner.registry, views)
    }

    /// Returns the registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }
}

impl MeterProvider for RegistryMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let scope = Scope {
            name: scope.name().into(),
            version: scope.version().unwrap_or_default().into(),
            schema_url: scope.schema_url().unwrap_or_default().into(),
            attributes: scope
                .attributes()
                .map(|attribute| {
                    (
                        attribute.key.as_str().into(),
                        (&*attribute_text(&attribute.value)).into(),
                    )
                })
                .collect(),
        };
        Meter::new(Arc::new(RegistryMeter {
            provider: Arc::clone(&self.inner),
            scope: Arc::new(scope),
        }))
    }
}

impl Inner {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Identity, Arc<dyn Any + Send + Sync>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RegistryMeterProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryMeterProvider")
            .field("registry", &self.inner.registry)
            .field("views", &self.inner.views.len())
            .field("instruments", &self.inner.known().len())
            .finish()
    }
}
