//! The sources of an exporter: named, and how each of them does.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use vmotel_model::{Family, MetricSink, MetricSource, Snapshot, VisitConfig};

use crate::error::{SourceError, cut};

/// The most sources of an exporter.
const MAX_SOURCES: usize = 64;

/// The sources, in the order in which they were added.
///
/// None is ever taken out, so that a snapshot of all of them may borrow them.
#[derive(Debug)]
pub(crate) struct Sources {
    slots: [OnceLock<NamedSource>; MAX_SOURCES],
    adding: Mutex<()>,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            slots: [const { OnceLock::new() }; MAX_SOURCES],
            adding: Mutex::default(),
        }
    }
}

impl Sources {
    pub(crate) fn add(&self, name: &str, source: Arc<dyn MetricSource>) -> Result<(), SourceError> {
        if name.is_empty() || name.len() > 64 {
            return Err(SourceError::Name { name: cut(name) });
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if self.iter().any(|known| known.name == name) {
            return Err(SourceError::Duplicate { name: name.into() });
        }
        let added = NamedSource {
            name: name.into(),
            source,
            health: Health::default(),
            calls: AtomicUsize::new(0),
        };
        let free = self.slots.iter().find(|slot| slot.get().is_none());
        match free.map(|slot| slot.set(added)) {
            Some(Ok(())) => Ok(()),
            _ => Err(SourceError::TooMany {
                name: name.into(),
                max: MAX_SOURCES,
            }),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &NamedSource> {
        self.slots.iter().map_while(OnceLock::get)
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }
}

/// A source under its name.
#[derive(Debug)]
pub(crate) struct NamedSource {
    pub(crate) name: String,
    source: Arc<dyn MetricSource>,
    pub(crate) health: Health,
    /// The calls of it that have not returned.
    calls: AtomicUsize,
}

/// Counts a call of a source for as long as it lives.
struct Call<'a>(Option<&'a AtomicUsize>);

impl<'a> Call<'a> {
    fn begin(calls: Option<&'a AtomicUsize>) -> Self {
        if let Some(calls) = calls {
            calls.fetch_add(1, Ordering::Relaxed);
        }
        Self(calls)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(calls) = self.0 {
            calls.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl NamedSource {
    /// Takes a snapshot; a panic is caught and becomes the source's fault.
    pub(crate) fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Option<Guarded<'a>> {
        self.guarded(config, Some(&self.calls))
    }

    /// As [`NamedSource::snapshot`], beside the collections: the source does not count as being called meanwhile, or a push would take
    /// it for one that hangs.
    pub(crate) fn look<'a>(&'a self, config: &'a VisitConfig) -> Option<Guarded<'a>> {
        self.guarded(config, None)
    }

    fn guarded<'a>(&'a self, config: &'a VisitConfig, calls: Option<&'a AtomicUsize>) -> Option<Guarded<'a>> {
        let call = Call::begin(calls);
        let result = catch_unwind(AssertUnwindSafe(|| self.source.snapshot(config)));
        drop(call);
        match result {
            Ok(inner) => Some(Guarded {
                inner,
                health: &self.health,
                calls,
                faulty: AtomicBool::new(false),
            }),
            Err(panic) => {
                self.health.fault(&message(panic.as_ref()));
                None
            }
        }
    }

    /// Returns true while a call of it has not returned; of a collection that hangs, that is the one at fault.
    pub(crate) fn is_called(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }
}

/// How a source does.
#[derive(Debug, Default)]
pub(crate) struct Health {
    down: AtomicBool,
    faults: AtomicU64,
    last: Mutex<Option<String>>,
}

impl Health {
    /// Takes note of a fault in the collection under way.
    pub(crate) fn fault(&self, what: &str) {
        self.down.store(true, Ordering::Relaxed);
        self.faults.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut(what));
    }

    /// Takes note of a collection without a fault.
    pub(crate) fn good(&self) {
        self.down.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_up(&self) -> bool {
        !self.down.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    pub(crate) fn last(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A snapshot whose visits cannot panic; one that does is the source's fault.
pub(crate) struct Guarded<'a> {
    inner: Box<dyn Snapshot + 'a>,
    health: &'a Health,
    calls: Option<&'a AtomicUsize>,
    faulty: AtomicBool,
}

impl Snapshot for Guarded<'_> {
    fn len(&self) -> usize {
        self.inner.len()
    }

    fn family(&self, index: usize) -> Family<'_> {
        self.inner.family(index)
    }

    fn visit(&self, index: usize, sink: &mut dyn MetricSink) {
        let call = Call::begin(self.calls);
        let result = catch_unwind(AssertUnwindSafe(|| self.inner.visit(index, sink)));
        drop(call);
        if let Err(panic) = result
            && !self.faulty.swap(true, Ordering::Relaxed)
        {
            self.health.fault(&message(panic.as_ref()));
        }
    }

    fn distinct(&self, index: usize) -> bool {
        self.inner.distinct(index)
    }
}

/// Returns what a panic said.
pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.map_or_else(|| "no message".to_owned(), cut))
}

/// Warnings, each once in the life of an exporter, at most 256.
#[derive(Debug, Default)]
pub(crate) struct Warned {
    known: Mutex<VecDeque<String>>,
}

impl Warned {
    /// Logs `what`, unless it was logged before.
    pub(crate) fn warn(&self, what: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < 256 && !known.iter().any(|known| known == what) {
            known.push_back(what.to_owned());
            drop(known);
            tracing::warn!(target: "vmotel_exporter", "{what}");
        }
    }

    /// Returns what was logged, the oldest first.
    pub(crate) fn list(&self) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().cloned().collect()
    }
}
