//! Handles of gauges.

use std::fmt;

use crate::{series::Handle, store::Lasts};

/// A value that is set: the last write wins. Clones share it.
///
/// # Examples
/// ```
/// let registry = vmotel_registry::Registry::new();
/// let connections = registry.gauge("http_active_connections{service=\"api\"}")?;
/// connections.set(10.0);
/// connections.inc();
/// connections.sub(3.0);
/// assert_eq!(connections.get(), 8.0);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Gauge(pub(crate) Handle<Lasts<f64>>);

impl Gauge {
    /// Sets the value. A value of NaN is not exposed.
    #[inline]
    pub fn set(&self, value: f64) {
        self.0.store().set(self.0.at(), value);
    }

    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: f64) {
        self.0.store().add(self.0.at(), n);
    }

    /// Subtracts `n`.
    #[inline]
    pub fn sub(&self, n: f64) {
        self.add(-n);
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Subtracts 1.
    #[inline]
    pub fn dec(&self) {
        self.add(-1.0);
    }

    /// Returns the value.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.0.store().get(self.0.at())
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.get()).finish()
    }
}
