//! Handles of counters.

use std::fmt;

use crate::{series::Handle, store::Sums};

/// A counter of whole numbers that wraps at 2^64. Clones share the value.
///
/// While a handle lives, its series is not forgotten: even if it is removed because it is idle, what is added later goes to a new
/// series with the same labels.
///
/// # Examples
/// ```
/// let registry = vmotel_registry::Registry::new();
/// let requests = registry.counter("http_requests_total{service=\"api\"}")?;
/// requests.inc();
/// requests.add(2);
/// assert_eq!(requests.get(), 3);
/// # Ok::<(), vmotel_registry::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Counter(pub(crate) Handle<Sums<u64>>);

impl Counter {
    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.store().add(self.0.at(), n);
    }

    /// Returns the sum of all that was added.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.store().get(self.0.at())
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get()).finish()
    }
}

/// A counter of doubles. Clones share the value.
#[derive(Clone)]
pub struct FloatCounter(pub(crate) Handle<Sums<f64>>);

impl FloatCounter {
    /// Adds `n`; returns false, and adds nothing, if it is negative, infinite or NaN, which the registry counts.
    #[inline]
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that their values are numbers"
    )]
    pub fn add(&self, n: f64) -> bool {
        let usable = (0.0..f64::INFINITY).contains(&n);
        if usable {
            self.0.store().add(self.0.at(), n);
        } else {
            self.0.refuse();
        }
        usable
    }

    /// Returns the sum of all that was added.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.0.store().get(self.0.at())
    }
}

impl fmt::Debug for FloatCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FloatCounter").field(&self.get()).finish()
    }
}
