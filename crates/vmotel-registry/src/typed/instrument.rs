//! The handles that metrics of a struct and typed labels are made of.

use std::{fmt, sync::Arc};

use vmotel_cells::pin;
use vmotel_model::{Kind, MetricDef, Naming, validate_label_name};

use crate::{
    BucketHistogram, Counter, FloatCounter, Gauge, Histogram, Registry, RegistryError, Summary,
    SummaryConfig,
    definition::Definition,
    series::{Handle, Key, Schema, Series},
    store::{Bounds, Explicit, Lasts, Store, Summaries, Sums, Vmranges},
};

/// Makes the handles of one metric.
pub(super) trait Source<I>: Send + Sync {
    /// Returns the handle of the series with these values, in the order of the labels.
    fn handle(&self, values: &[&str]) -> I;

    /// Returns the handle of the series for what is beyond the limit.
    fn overflow(&self) -> I;

    /// Counts what went to `other`.
    fn folded(&self);
}

pub(super) mod sealed {
    use vmotel_model::MetricDef;

    use super::AnySource;
    use crate::{Registry, RegistryError};

    #[expect(unnameable_types, reason = "nobody else is to implement the trait")]
    pub trait Sealed: Sized {
        /// Registers the metric of a definition under its exposed name.
        fn source(registry: &Registry, def: &MetricDef) -> Result<AnySource<Self>, RegistryError>;
    }
}

/// What makes the handles of a metric, whatever its values are.
#[expect(unnameable_types, reason = "it is seen by a sealed trait alone")]
pub struct AnySource<I>(pub(super) Box<dyn Source<I>>);

impl<I> fmt::Debug for AnySource<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnySource")
    }
}

/// A handle of one series: [`Counter`], [`FloatCounter`], [`Gauge`], [`Histogram`], [`BucketHistogram`] or [`Summary`].
pub trait Instrument: Clone + fmt::Debug + Send + Sync + sealed::Sealed + 'static {
    /// How its values behave.
    const KIND: Kind;

    /// Whether it has bounds of buckets to choose.
    const HAS_BOUNDS: bool;
}

/// A metric by its definition.
struct Own<S: Store, I> {
    series: Arc<Series<S>>,
    schema: Arc<Schema>,
    /// For each key of the schema the index of its label.
    order: Vec<usize>,
    wrap: fn(Handle<S>) -> I,
}

impl<S: Store, I> Source<I> for Own<S, I> {
    fn handle(&self, values: &[&str]) -> I {
        let value = |index: usize| values.get(self.order[index]).copied().unwrap_or_default();
        let key = Key::new(self.schema.number, self.order.len(), value);
        (self.wrap)(self.series.with(&key, Handle::new))
    }

    fn overflow(&self) -> I {
        (self.wrap)(self.series.with_overflow(&pin(), Handle::new))
    }

    fn folded(&self) {
        self.series.shared.overflowed.add(1);
    }
}

fn own<S: Store, I: 'static>(
    registry: &Registry,
    def: &MetricDef,
    shape: S::Shape,
    wrap: fn(Handle<S>) -> I,
) -> Result<AnySource<I>, RegistryError> {
    let name = def.exposed_name(Naming::default())?;
    let mut definition = Definition::as_given(&name, def.kind)?;
    definition.unit = Naming::unit_word(def.unit).into();
    definition.help = def.help.into();
    let labels: Vec<&str> = def.labels.iter().map(|label| label.name).collect();
    for (at, label) in labels.iter().enumerate() {
        validate_label_name(label, def.kind)?;
        if labels[..at].contains(label) {
            return Err(RegistryError::Twice {
                name,
                label: (*label).to_owned(),
            });
        }
    }
    let series = registry.family::<S>(definition, shape)?;
    let (schema, order) = series.schema(&labels);
    let Some(schema) = schema else {
        return Err(RegistryError::Schemas { name });
    };
    Ok(AnySource(Box::new(Own {
        series,
        schema,
        order,
        wrap,
    })))
}

macro_rules! instrument {
    ($($handle:ident, $store:ty, $kind:ident, bounds: $bounds:literal, $shape:expr;)*) => {$(
        impl sealed::Sealed for $handle {
            fn source(registry: &Registry, def: &MetricDef) -> Result<AnySource<Self>, RegistryError> {
                let shape: fn(&Registry, &MetricDef) -> <$store as Store>::Shape = $shape;
                own::<$store, Self>(registry, def, shape(registry, def), $handle)
            }
        }

        impl Instrument for $handle {
            const KIND: Kind = Kind::$kind;
            const HAS_BOUNDS: bool = $bounds;
        }
    )*};
}

instrument! {
    Counter, Sums<u64>, Counter, bounds: false, |_, _| ();
    FloatCounter, Sums<f64>, Counter, bounds: false, |_, _| ();
    Gauge, Lasts<f64>, Gauge, bounds: false, |_, _| ();
    Histogram, Vmranges, Histogram, bounds: false, |_, _| ();
    BucketHistogram, Explicit, Histogram, bounds: true, |_, def| Bounds::new(def.buckets);
    Summary, Summaries, Summary, bounds: false, |registry, _| registry.window(&SummaryConfig::default());
}
