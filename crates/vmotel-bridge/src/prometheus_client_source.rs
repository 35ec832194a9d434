//! A registry of the crate `prometheus-client`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{encoding::text, registry::Registry};
use vmotel_model::{MetricSource, Snapshot, VisitConfig};

use crate::{collected::Collected, openmetrics};

type Write = dyn Fn(&mut String) -> fmt::Result + Send + Sync;

/// A registry of the crate `prometheus-client` as a source: its metrics under the names that it writes, read at each collection.
///
/// # Examples
/// A registry behind a lock:
/// ```
/// use std::sync::{Arc, Mutex};
/// use prometheus_client::{encoding::text, metrics::gauge::Gauge, registry::{Registry, Unit}};
/// use vmotel_bridge::PrometheusClientSource;
/// use vmotel_exporter::{Exporter, Format};
///
/// let registry = Arc::new(Mutex::new(Registry::default()));
/// let memory = Gauge::<i64>::default();
/// memory.set(64);
/// registry.lock().unwrap().register_with_unit("memory", "Memory in use", Unit::Bytes, memory);
///
/// let source = PrometheusClientSource::from_fn(move |out| match registry.lock() {
///     Ok(registry) => text::encode_registry(out, &registry),
///     Err(_) => Err(std::fmt::Error),
/// });
/// let exporter = Exporter::builder().with_global(false).with_source("client", Arc::new(source)).build()?;
/// assert!(exporter.scrape(Format::Text)?.contains("\nmemory_bytes 64\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PrometheusClientSource {
    write: Box<Write>,
    faults: AtomicU64,
}

impl PrometheusClientSource {
    /// Makes a source of a registry.
    #[must_use]
    pub fn new(registry: Arc<Registry>) -> Self {
        Self::from_fn(move |out| text::encode_registry(out, &registry))
    }

    /// Makes a source of what writes OpenMetrics text by this crate's encoder, such as a registry behind a lock.
    #[must_use]
    pub fn from_fn(write: impl Fn(&mut String) -> fmt::Result + Send + Sync + 'static) -> Self {
        Self {
            write: Box::new(write),
            faults: AtomicU64::new(0),
        }
    }

    /// Returns how many lines could not be read and how many texts could not be written, so far; what a text has before that counts.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for PrometheusClientSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusClientSource")
            .field("faults", &self.faults())
            .finish_non_exhaustive()
    }
}

impl MetricSource for PrometheusClientSource {
    fn snapshot<'a>(&'a self, _: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        let mut out = String::new();
        let written = (self.write)(&mut out);
        let (families, faults) = openmetrics::read(&out);
        self.faults
            .fetch_add(faults + u64::from(written.is_err()), Ordering::Relaxed);
        Box::new(Collected(families))
    }
}
