//! Metrics as fields of a struct.

use vmotel_model::{Kind, LabelDef, MetricDef};

use super::{Instrument, LabelSet, Typed};
use crate::{Registry, RegistryError};

/// Metrics that are made together: a struct whose fields are handles or [`Typed`] metrics. `#[derive(MetricFamily)]` implements it.
pub trait MetricFamily: Sized {
    /// The definitions, in the order of the fields: the catalog's entries, from which dashboards, rules and documentation come.
    const DEFS: &'static [MetricDef];

    /// The most label sets of all metrics together, as the limits of the registry count them.
    const LABEL_SETS: usize;

    /// The most series of all metrics together, as the server counts them ([`MetricDef::series_per_label_set`]).
    const SERIES: usize;

    /// Registers the metrics, and makes at zero all series of each metric whose labels have known values, if they are at most
    /// [`PREREGISTERED`](Self::PREREGISTERED).
    ///
    /// Registered again in the same registry, these are the same metrics.
    ///
    /// # Errors
    /// Returns an error if the name of a metric or a label cannot be used, or if a metric of this name is here with values or bounds of
    /// another type. The metrics before it are registered then.
    fn register(registry: &Registry) -> Result<Self, RegistryError>;

    /// Up to how many series of one metric are made when it is registered: 256.
    const PREREGISTERED: usize = 256;
}

/// What can be a field of a [`MetricFamily`]: a handle, for a metric without labels, or a [`Typed`] metric.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "not a handle of the registry, and not `Typed<handle, labels>`"
)]
pub trait MetricField: Sized {
    /// How the values behave.
    const KIND: Kind;

    /// The labels.
    const LABELS: &'static [LabelDef];

    /// The most label sets.
    const LABEL_SETS: usize;

    /// Whether the definition has to state bounds of buckets.
    const HAS_BOUNDS: bool;

    /// Registers the metric; makes its series if they are known and at most `preregister`.
    ///
    /// # Errors
    /// As [`MetricFamily::register`].
    fn register(registry: &Registry, def: &MetricDef, preregister: usize) -> Result<Self, RegistryError>;
}

impl<I: Instrument> MetricField for I {
    const KIND: Kind = <I as Instrument>::KIND;
    const LABELS: &'static [LabelDef] = &[];
    const LABEL_SETS: usize = 1;
    const HAS_BOUNDS: bool = <I as Instrument>::HAS_BOUNDS;

    fn register(registry: &Registry, def: &MetricDef, _: usize) -> Result<Self, RegistryError> {
        Ok(I::source(registry, def)?.0.handle(&[]))
    }
}

impl<I: Instrument, L: LabelSet> MetricField for Typed<I, L> {
    const KIND: Kind = I::KIND;
    const LABELS: &'static [LabelDef] = L::LABELS;
    const LABEL_SETS: usize = L::COMBINATIONS;
    const HAS_BOUNDS: bool = I::HAS_BOUNDS;

    fn register(registry: &Registry, def: &MetricDef, preregister: usize) -> Result<Self, RegistryError> {
        let typed = Self::register(registry, def)?;
        if L::COMBINATIONS <= preregister {
            typed.preregister();
        }
        Ok(typed)
    }
}
