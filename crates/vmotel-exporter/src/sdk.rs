//! The metrics of an `SdkMeterProvider` as a [`MetricSource`].
//!
//! ```text
//! SdkMeterProvider -- pipeline -- SdkReader == SdkSource -- snapshot -- visit -- an encoder
//! ```
//!
//! A snapshot collects once, on the calling thread: the SDK runs the callbacks of observable instruments there and clones
//! every point. Names and labels are worked out once per metric and sequence of keys, not per point, and the ready texts of the
//! points are kept for the next snapshot.

mod attributes;
mod limits;
mod pipeline;
mod plans;
mod points;
mod reader;
mod snapshot;
mod status;
mod texts;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry_sdk::metrics::{ManualReader, data::ResourceMetrics, reader::MetricReader};
use vmotel_model::{MetricSource, Snapshot, VisitConfig};

pub(crate) use self::pipeline::Pipeline;
pub use self::{
    reader::SdkReader,
    status::{SdkNotice, SdkStatus},
};
use self::{
    snapshot::SdkSnapshot,
    status::{Notices, panic_message},
    texts::Texts,
};

/// The most buffers that are kept for further collections; more are in use only while scrapes overlap.
const MAX_BUFFERS: usize = 2;

/// Reads the metrics of one `SdkMeterProvider`; a cheap clone of one shared state.
///
/// # What happens when
///
/// - **Before a provider has the reader**: snapshots are empty, the status is [`SdkStatus::Unregistered`].
/// - **A callback panics**: the SDK runs callbacks under the lock of its pipeline, which the panic poisons. It then never
///   collects again and drops instruments that are made later; there is no way to revive it but a new provider. The panic is
///   caught, the process goes on, snapshots are empty from then on, and the status is [`SdkStatus::Panicked`] for good.
///   (Where panics abort, the process dies: nothing can catch them.)
/// - **After the provider's shutdown**: snapshots show what was collected last, at the shutdown; the status is
///   [`SdkStatus::ShutDown`].
///
/// # Examples
///
/// ```
/// use opentelemetry::metrics::MeterProvider;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
/// use vmotel_exporter::SdkSource;
/// use vmotel_model::{MetricSource, VisitConfig};
///
/// let source = SdkSource::new();
/// let provider = SdkMeterProvider::builder().with_reader(source.reader()).build();
/// provider.meter("shop").u64_counter("orders").build().add(1, &[]);
///
/// let config = VisitConfig::default();
/// let snapshot = source.snapshot(&config);
/// assert_eq!(snapshot.family(0).name, "orders_total");
/// ```
#[derive(Debug, Clone)]
pub struct SdkSource {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    manual: ManualReader,
    status: Mutex<SdkStatus>,
    /// What was collected at the provider's shutdown.
    last: Mutex<Option<Arc<ResourceMetrics>>>,
    /// What was collected before the pipeline was lost, until it is asked for.
    parting: Mutex<Option<Arc<ResourceMetrics>>>,
    /// Results of former collections, whose memory the next one fills again.
    buffers: Mutex<Vec<ResourceMetrics>>,
    notices: Mutex<Notices>,
    /// The texts of the collection before.
    texts: Mutex<Texts>,
}

impl SdkSource {
    /// Creates a source; it has something to show once a provider was built with its [`SdkSource::reader`].
    #[must_use]
    pub fn new() -> Self {
        let shared = Shared {
            manual: ManualReader::builder().build(),
            status: Mutex::new(SdkStatus::Unregistered),
            last: Mutex::new(None),
            parting: Mutex::new(None),
            buffers: Mutex::new(Vec::new()),
            notices: Mutex::new(Notices::default()),
            texts: Mutex::new(Texts::default()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the reader for `SdkMeterProvider::builder().with_reader(...)`.
    ///
    /// A source reads one provider: the first that registers.
    #[must_use]
    pub fn reader(&self) -> SdkReader {
        SdkReader::new(Arc::clone(&self.shared))
    }

    /// Returns how the source stands. Does not wait for a collection that is under way.
    #[must_use]
    pub fn status(&self) -> SdkStatus {
        lock(&self.shared.status).clone()
    }

    /// Returns, once, a view of what was collected last before the pipeline was lost.
    #[cfg_attr(not(feature = "push"), expect(dead_code, reason = "for the feature"))]
    pub(crate) fn parting<'a>(&'a self, config: &'a VisitConfig) -> Option<Box<dyn Snapshot + 'a>> {
        let metrics = lock(&self.shared.parting).take()?;
        Some(Box::new(SdkSnapshot::new(
            &self.shared,
            Collected::Last(metrics),
            config,
        )))
    }

    /// Returns what has been noticed since the last call and should be logged: each matter once, at most 1000 in all.
    #[must_use]
    pub fn take_notices(&self) -> Vec<SdkNotice> {
        lock(&self.shared.notices).take()
    }
}

impl Default for SdkSource {
    fn default() -> Self {
        Self::new()
    }
}

impl MetricSource for SdkSource {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(SdkSnapshot::new(&self.shared, self.shared.collect(), config))
    }
}

/// The result of a collection.
#[derive(Debug)]
enum Collected {
    /// A buffer that goes back to the source.
    Fresh(ResourceMetrics),
    /// What the provider left at its shutdown.
    Last(Arc<ResourceMetrics>),
}

impl Collected {
    fn metrics(&self) -> &ResourceMetrics {
        match self {
            Self::Fresh(metrics) => metrics,
            Self::Last(metrics) => metrics,
        }
    }
}

impl Shared {
    /// Collects, or returns what there is to show instead.
    fn collect(&self) -> Collected {
        if let Some(last) = &*lock(&self.last) {
            return Collected::Last(Arc::clone(last));
        }
        if *lock(&self.status) != SdkStatus::Ok {
            return Collected::Fresh(ResourceMetrics::default());
        }
        let buffer = lock(&self.buffers).pop().unwrap_or_default();
        match self.collect_into(buffer) {
            Some(metrics) => Collected::Fresh(metrics),
            // Another thread may have shut the provider down in between.
            None => match &*lock(&self.last) {
                Some(last) => Collected::Last(Arc::clone(last)),
                None => Collected::Fresh(ResourceMetrics::default()),
            },
        }
    }

    fn collect_into(&self, mut buffer: ResourceMetrics) -> Option<ResourceMetrics> {
        let result = catch_unwind(AssertUnwindSafe(|| self.manual.collect(&mut buffer)));
        let status = match result {
            Ok(Ok(())) => return Some(buffer),
            Ok(Err(error)) => SdkStatus::Lost {
                reason: error.to_string(),
            },
            Err(payload) => SdkStatus::Panicked {
                message: panic_message(payload.as_ref()),
            },
        };
        let mut current = lock(&self.status);
        if *current == SdkStatus::Ok {
            // The SDK calls the callbacks before it fills the buffer, which still holds an earlier collection.
            *lock(&self.parting) = Some(Arc::new(buffer));
            lock(&self.notices).add(SdkNotice::Status(status.clone()));
            *current = status;
        }
        None
    }

    /// Returns the texts of the collection before; none while another snapshot has them.
    fn take_texts(&self) -> Texts {
        std::mem::take(&mut *lock(&self.texts))
    }

    fn give_back_texts(&self, texts: Texts) {
        *lock(&self.texts) = texts;
    }

    fn give_back(&self, metrics: ResourceMetrics) {
        let mut buffers = lock(&self.buffers);
        if buffers.len() < MAX_BUFFERS {
            buffers.push(metrics);
        }
    }
}

/// Locks, also where another thread panicked: none of the states here is left half changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
