//! What is observed under a name, for as long as its owner wants.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use opentelemetry::StringValue;

/// The observed things of one kind.
#[derive(Debug)]
pub(crate) struct Sources<T: ?Sized>(Arc<RwLock<List<T>>>);

#[derive(Debug)]
struct List<T: ?Sized> {
    next: u64,
    entries: Vec<(u64, StringValue, Arc<T>)>,
}

impl<T: ?Sized> Clone for Sources<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Default for Sources<T> {
    fn default() -> Self {
        let entries = Vec::new();
        Self(Arc::new(RwLock::new(List { next: 0, entries })))
    }
}

impl<T: ?Sized + Send + Sync + 'static> Sources<T> {
    /// Adds one; it goes when the observation is dropped. Another one of this name goes now.
    pub(crate) fn add(&self, name: StringValue, source: Arc<T>) -> Observation {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        list.entries.retain(|(_, other, _)| *other != name);
        let id = list.next;
        list.next += 1;
        list.entries.push((id, name, source));
        let list = Arc::downgrade(&self.0);
        Observation(Some(Box::new(move || {
            if let Some(list) = list.upgrade() {
                let mut list = list.write().unwrap_or_else(PoisonError::into_inner);
                list.entries.retain(|(other, _, _)| *other != id);
            }
        })))
    }

    /// Calls `each` with all of them.
    pub(crate) fn for_each(&self, mut each: impl FnMut(&StringValue, &T)) {
        // Not under the lock: what is asked may add another one.
        let entries = {
            let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
            list.entries.clone()
        };
        for (_, name, source) in &entries {
            each(name, source);
        }
    }
}

/// An observation, which ends when this is dropped.
#[must_use = "the observation ends once this is dropped"]
pub struct Observation(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Observation {
    /// Observes for as long as there are instruments.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").finish_non_exhaustive()
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}
