//! What is read when metrics are collected.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, Weak},
};

type Callback = dyn Fn() + Send + Sync;

/// The callbacks of a registry.
#[derive(Default)]
pub(crate) struct Observations(Mutex<Vec<Arc<Entry>>>);

struct Entry {
    name: String,
    callback: Box<Callback>,
}

impl Observations {
    pub(crate) fn add(self: &Arc<Self>, name: &str, callback: Box<Callback>) -> Observation {
        let entry = Arc::new(Entry {
            name: name.to_owned(),
            callback,
        });
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&entry));
        Observation {
            all: Arc::downgrade(self),
            entry: Some(entry),
        }
    }

    /// Calls all of them; returns the names of those that panicked.
    pub(crate) fn run(&self) -> Vec<String> {
        // A callback may add or remove others, so none is called under the lock.
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fails = |entry: &&Arc<Entry>| catch_unwind(AssertUnwindSafe(|| (entry.callback)())).is_err();
        entries
            .iter()
            .filter(fails)
            .map(|entry| entry.name.clone())
            .collect()
    }
}

impl fmt::Debug for Observations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_list()
            .entries(entries.iter().map(|entry| &entry.name))
            .finish()
    }
}

/// A callback that runs at each collection, as long as this lives.
#[must_use = "the callback is removed when this is dropped"]
pub struct Observation {
    all: Weak<Observations>,
    entry: Option<Arc<Entry>>,
}

impl Observation {
    /// Keeps the callback as long as the registry lives.
    pub fn keep(mut self) {
        self.entry = None;
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if let (Some(all), Some(entry)) = (self.all.upgrade(), &self.entry) {
            let mut entries = all.0.lock().unwrap_or_else(PoisonError::into_inner);
            entries.retain(|other| !Arc::ptr_eq(other, entry));
        }
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.entry.as_ref().map(|entry| &entry.name);
        f.debug_tuple("Observation").field(&name).finish()
    }
}
