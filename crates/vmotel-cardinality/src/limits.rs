//! What the instruments of a process share: one controller, one normaliser, and which instruments they bound.

mod config;
mod environment;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

pub use config::LimitsConfig;

use crate::{Controller, UrlNormalizer, error::LimitsError};

/// Bounds the labels of the ready-made instruments of a process: a [`Controller`] and a [`UrlNormalizer`] for request paths.
///
/// The exporter makes one from its configuration and environment and sets it as the process's; instruments take that
/// one unless they are given another. A cheap clone of one shared state.
///
/// # Examples
/// ```
/// use vmotel_cardinality::{Limits, LimitsConfig};
///
/// let mut config = LimitsConfig::default();
/// config.labels.per_label = 100;
/// let limits = Limits::new(config)?;
/// assert_eq!(limits.urls().normalize("/users/42"), "/users/:id");
/// assert_eq!(limits.controller().config().per_label, 100);
/// # Ok::<(), vmotel_cardinality::LimitsError>(())
/// ```
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    controller: Controller,
    urls: UrlNormalizer,
    /// Names of instruments whose label sets are bounded here.
    instruments: RwLock<HashSet<Box<str>>>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("config", self.0.controller.config())
            .field("stats", &self.0.controller.stats())
            .finish_non_exhaustive()
    }
}

/// The limits of the process.
fn global() -> &'static RwLock<Option<Limits>> {
    static GLOBAL: OnceLock<RwLock<Option<Limits>>> = OnceLock::new();
    GLOBAL.get_or_init(RwLock::default)
}

impl Default for Limits {
    /// Returns limits with the default configuration.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a test holds the defaults to their ranges")]
        Self::new(LimitsConfig::default()).expect("the defaults are in range")
    }
}

impl Limits {
    /// Returns limits with the given configuration.
    ///
    /// # Errors
    /// Returns an error that names the limit that is not in its range.
    pub fn new(config: LimitsConfig) -> Result<Self, LimitsError> {
        let urls = UrlNormalizer::new(&config.paths)?;
        Ok(Self(Arc::new(Inner {
            controller: Controller::new(config.labels)?,
            urls,
            instruments: RwLock::default(),
        })))
    }

    /// Returns the limits of the process: those set last, or else ones with the default configuration.
    #[must_use]
    pub fn global() -> Self {
        if let Some(limits) = &*global().read().unwrap_or_else(PoisonError::into_inner) {
            return limits.clone();
        }
        let mut global = global().write().unwrap_or_else(PoisonError::into_inner);
        global.get_or_insert_with(Self::default).clone()
    }

    /// Makes these the limits of the process, for instruments that are made from now on.
    pub fn set_global(&self) {
        *global().write().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
    }

    /// Returns the controller of label sets.
    #[must_use]
    pub fn controller(&self) -> &Controller {
        &self.0.controller
    }

    /// Returns the normaliser of request paths.
    #[must_use]
    pub fn urls(&self) -> &UrlNormalizer {
        &self.0.urls
    }

    /// Notes that the label sets of an instrument are bounded here, so that no limit behind it need be lower.
    ///
    /// Call it before the instrument is made.
    pub fn add_instrument(&self, name: &str) {
        self.0
            .instruments
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.into());
    }

    /// Tells whether the label sets of an instrument are bounded here.
    #[must_use]
    pub fn bounds(&self, instrument: &str) -> bool {
        self.0
            .instruments
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(instrument)
    }

    /// Returns the most label sets that an instrument can get: the limit, and the one set that is folded whole.
    #[must_use]
    pub fn most_sets(&self) -> usize {
        self.0.controller.config().per_metric + 1
    }

    /// Returns true if both are clones of one.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests;
