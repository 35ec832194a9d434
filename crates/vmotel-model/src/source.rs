//! The seam of everything that can be visited.

use std::fmt;

use crate::{Family, MetricSink, Naming};

/// Holds what a visit must know before names and labels are rendered.
///
/// One value serves all sources of an exporter, so that every path sees the same names and labels.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VisitConfig {
    /// The naming strategy. Default: [`Naming::Parity`].
    pub naming: Naming,
    /// Whether series carry `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url` and `otel_scope_<attribute>`.
    /// Default: true, as the specification demands.
    pub scope_labels: bool,
    /// Labels that every series gets, already translated. A label of the series itself wins. Default: none.
    pub constant_labels: Vec<(String, String)>,
}

impl Default for VisitConfig {
    fn default() -> Self {
        Self {
            naming: Naming::default(),
            scope_labels: true,
            constant_labels: Vec::new(),
        }
    }
}

/// Something that can be visited: the SDK's pipeline, a registry, an aggregator, self-metrics, a user's own.
///
/// A source never opens a socket and never blocks for longer than a collection takes.
pub trait MetricSource: fmt::Debug + Send + Sync {
    /// Collects once and returns a view of the result. Its families and series stay the same while it lives; values may be read at each
    /// visit, and then only move on.
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a>;
}

/// One collection of one source: families by index, each visited on demand and as often as needed.
pub trait Snapshot {
    /// Returns the number of families. Families of one exposed name may occur several times (one per scope).
    fn len(&self) -> usize;

    /// Returns true if there is no family.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the head of family `index`, with its exposed name.
    ///
    /// # Panics
    /// May panic if `index >= self.len()`.
    fn family(&self, index: usize) -> Family<'_>;

    /// Hands every series of family `index` to `sink` ([`MetricSink::series`] only; the caller has announced the family).
    ///
    /// Repeated visits of one snapshot hand over the same series in the same order.
    ///
    /// # Panics
    /// May panic if `index >= self.len()`.
    fn visit(&self, index: usize, sink: &mut dyn MetricSink);

    /// Returns true if no two series of family `index` can have equal labels; the merge then skips its check.
    ///
    /// The default, false, is always right.
    fn distinct(&self, index: usize) -> bool {
        let _ = index;
        false
    }
}
