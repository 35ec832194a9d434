//! What an explorer looks at.

use std::{fmt, sync::Arc};

use vmotel_cardinality::Controller;
use vmotel_model::{MetricSource, VisitConfig};

use crate::{Exemplars, Status};

/// Reads the state of whoever exports.
pub(crate) type ReadStatus = Arc<dyn Fn() -> Status + Send + Sync>;

/// What an explorer looks at: a source, the controllers of its labels, the state of the exporter, exemplars.
///
/// With the feature `exporter`, `Watched::from(&exporter)` fills in all of it.
///
/// ```
/// use std::sync::Arc;
/// use vmotel_explorer::Watched;
/// use vmotel_registry::Registry;
///
/// let registry = Registry::default();
/// let watched = Watched::new("shop", Arc::new(registry));
/// assert_eq!(watched.name, "shop");
/// ```
#[derive(Clone)]
pub struct Watched {
    /// The name that the page shows as its title.
    pub name: String,
    /// Where the families come from.
    pub source: Arc<dyn MetricSource>,
    /// How the source is visited; best as whoever else visits it does. Default: [`VisitConfig::default`].
    pub visit: VisitConfig,
    /// The controllers of labels, each under a name. Default: none.
    pub controllers: Vec<(String, Controller)>,
    /// Exemplars to show beside the buckets. Default: none are kept.
    pub exemplars: Exemplars,
    pub(crate) status: Option<ReadStatus>,
}

impl Watched {
    /// Watches a source: a registry, an aggregator, one of your own.
    #[must_use]
    pub fn new(name: impl Into<String>, source: Arc<dyn MetricSource>) -> Self {
        Self {
            name: name.into(),
            source,
            visit: VisitConfig::default(),
            controllers: Vec::new(),
            exemplars: Exemplars::default(),
            status: None,
        }
    }

    /// Shows the state that `read` returns; it is called for each request of the page's data.
    #[must_use]
    pub fn with_status(mut self, read: impl Fn() -> Status + Send + Sync + 'static) -> Self {
        self.status = Some(Arc::new(read));
        self
    }

    /// Shows these exemplars.
    #[must_use]
    pub fn with_exemplars(mut self, exemplars: Exemplars) -> Self {
        self.exemplars = exemplars;
        self
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
