//! Families of any kind, as the registry sees them.

use std::{any::Any, sync::Arc};

use vmotel_cardinality::Evicted;
use vmotel_model::{MetricSink, Timestamp, VisitConfig};

use crate::{definition::Definition, series::Series, store::Store};

/// A family of any kind of values.
pub(crate) trait AnyFamily: Send + Sync {
    fn definition(&self) -> &Definition;
    fn collect(&self, config: &VisitConfig, now: Timestamp, evicted: Option<&[Evicted]>);
    fn visit(&self, config: &VisitConfig, sink: &mut dyn MetricSink);
    fn is_distinct(&self, config: &VisitConfig) -> bool;
    fn is_empty(&self) -> bool;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// Returns what its values are, for an error.
    fn values(&self) -> &'static str;
    /// Takes leave of the registry: its series are not counted any more, and what is recorded from now on is not kept.
    fn detach(&self);
}

impl<S: Store> AnyFamily for Series<S> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn collect(&self, config: &VisitConfig, now: Timestamp, evicted: Option<&[Evicted]>) {
        self.collect(config, now, evicted);
    }

    fn visit(&self, config: &VisitConfig, sink: &mut dyn MetricSink) {
        self.visit(config, sink);
    }

    fn is_distinct(&self, config: &VisitConfig) -> bool {
        self.is_distinct(config)
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn values(&self) -> &'static str {
        S::NAME
    }

    fn detach(&self) {
        self.detach();
    }
}
