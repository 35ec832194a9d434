//! An instrument: a family, and how its callers' attributes become series.

use std::{borrow::Cow, sync::Arc};

use opentelemetry::{
    KeyValue,
    metrics::{AsyncInstrument, BoundSyncInstrument, SyncInstrument},
};
use vmotel_cells::pin;
use vmotel_model::Kind;

use super::{attributes::Sequences, measure::Measure};
use crate::{
    series::{Chunk, Handle, Series},
    store::Store,
};

/// An instrument; equal ones share it.
pub(super) struct Instrument<S: Store> {
    series: Arc<Series<S>>,
    sequences: Sequences,
    /// The keys of the attributes that count; none if all do.
    keep: Option<Vec<Cow<'static, str>>>,
    only_grows: bool,
}

impl<S: Store> Instrument<S> {
    pub(super) fn new(series: Arc<Series<S>>, keep: Option<Vec<Cow<'static, str>>>) -> Self {
        Self {
            only_grows: series.definition.kind == Kind::Counter,
            series,
            sequences: Sequences::new(),
            keep,
        }
    }

    #[inline(always)]
    fn with<R>(&self, attributes: &[KeyValue], f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R) -> R {
        let pin = pin();
        self.sequences.with(&pin, &self.series, &self.keep, attributes, f)
    }

    #[inline(always)]
    fn record<T: Copy>(&self, value: T, attributes: &[KeyValue])
    where
        S: Measure<T>,
    {
        if S::is_usable(value, self.only_grows) {
            self.with(attributes, |chunk, at| {
                chunk.store.measure(&chunk.shape, at, value)
            });
        } else {
            self.series.shared.refused.add(1);
        }
    }
}

impl<S: Measure<T>, T: Copy + Send + Sync + 'static> SyncInstrument<T> for Instrument<S> {
    fn measure(&self, value: T, attributes: &[KeyValue]) {
        self.record(value, attributes);
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        Box::new(Bound {
            handle: self.with(attributes, Handle::new),
            only_grows: self.only_grows,
        })
    }
}

/// Callbacks observe the state as it is: sums are set, not added to.
impl<S: Measure<T>, T: Copy + Send + Sync + 'static> AsyncInstrument<T> for Instrument<S> {
    fn observe(&self, value: T, attributes: &[KeyValue]) {
        self.record(value, attributes);
    }
}

/// An instrument with its attributes.
struct Bound<S: Store> {
    handle: Handle<S>,
    only_grows: bool,
}

impl<S: Measure<T>, T: Copy> BoundSyncInstrument<T> for Bound<S> {
    #[inline]
    fn measure(&self, value: T) {
        if S::is_usable(value, self.only_grows) {
            let handle = &self.handle;
            handle.store().measure(handle.shape(), handle.at(), value);
        } else {
            self.handle.refuse();
        }
    }
}
