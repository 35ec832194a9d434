//! Handles of histograms in VictoriaMetrics' buckets.

use std::fmt;

use crate::{
    series::Handle,
    store::{Store as _, Vmranges, is_usable},
};

/// A histogram in VictoriaMetrics' `vmrange` buckets: 18 for each power of ten from 1e-9 to 1e18, and one below and one above. Clones
/// share the values.
///
/// Buckets need not be chosen, and only those that were hit are exposed and take memory. The server works with them in
/// `histogram_quantile` and its like; `prometheus_buckets` makes `le` of them. The buckets are exactly those of VictoriaMetrics/metrics
/// for Go.
///
/// # Examples
/// ```
/// let registry = vmotel_registry::Registry::new();
/// let size = registry.histogram("http_request_size_bytes{service=\"api\"}")?;
/// [100.0, 110.0, 5000.0].map(|bytes| size.record(bytes));
/// assert_eq!((size.count(), size.sum()), (3, 5210.0));
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Histogram(pub(crate) Handle<Vmranges>);

impl Histogram {
    /// Records an observation; returns false, and records nothing, if it is NaN or negative, which the registry counts.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn record(&self, value: f64) -> bool {
        let usable = is_usable(value);
        if usable {
            self.0.store().record(self.0.at(), value);
        } else {
            self.0.refuse();
        }
        usable
    }

    /// Returns the number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.store().read(&(), self.0.at()).count()
    }

    /// Returns the sum of all observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.store().read(&(), self.0.at()).sum
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("sum", &self.sum())
            .finish()
    }
}
