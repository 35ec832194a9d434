//! One attribute set and its cell.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use opentelemetry::KeyValue;
use vmotel_cardinality::SetId;
use vmotel_model::{Timestamp, attribute_text};

use super::accumulator::Accumulator;

/// Adds that reached a series after its eviction, until they are admitted again.
pub(crate) type Late<A> = Mutex<Vec<(Vec<KeyValue>, Box<dyn FnOnce(&A) + Send>)>>;

/// That a value has changed since the snapshot before.
pub(crate) struct Changed<A: Accumulator> {
    /// What that snapshot had; none if this is the first.
    pub(crate) before: Option<A::Value>,
}

/// A series of a family.
pub(crate) struct Series<A: Accumulator> {
    pub(crate) cell: A,
    pub(crate) attributes: Vec<KeyValue>,
    /// The values of `attributes` as text.
    pub(crate) values: Box<[String]>,
    /// The number of the family's key sequence.
    pub(crate) keys: usize,
    /// The controller's name of the set, none without a controller.
    pub(crate) set: Option<SetId>,
    pub(crate) start: Timestamp,
    /// The newest value that a snapshot has handed out.
    pub(crate) handed_out: Mutex<Option<A::Value>>,
    /// Nanoseconds of the clock when the value was last seen to change.
    pub(crate) changed: AtomicU64,
    evicted: AtomicBool,
    late: Weak<Late<A>>,
}

impl<A: Accumulator> Series<A> {
    pub(crate) fn new(
        cell: A,
        attributes: Vec<KeyValue>,
        keys: usize,
        set: Option<SetId>,
        now: Timestamp,
        late: &Arc<Late<A>>,
    ) -> Self {
        Self {
            cell,
            values: attributes
                .iter()
                .map(|attribute| attribute_text(&attribute.value).into_owned())
                .collect(),
            attributes,
            keys,
            set,
            start: now,
            handed_out: Mutex::new(None),
            changed: AtomicU64::new(now.0),
            evicted: AtomicBool::new(false),
            late: Arc::downgrade(late),
        }
    }

    /// Reads the value for a snapshot, and notes whether it has changed since the one before: then that one comes along.
    pub(crate) fn hand_out(&self, now: Timestamp) -> (A::Value, Option<Changed<A>>) {
        let value = self.cell.read();
        let mut handed_out = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner);
        if handed_out.as_ref() == Some(&value) {
            return (value, None);
        }
        self.changed.store(now.0, Ordering::Relaxed);
        let before = handed_out.replace(value.clone());
        (value, Some(Changed { before }))
    }

    /// Returns what was added since the last snapshot, and what that one had; the next call returns what comes later.
    pub(crate) fn take_difference(&self) -> Option<(A::Value, A::Value)> {
        let now = self.cell.read();
        let mut handed_out = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner);
        let before = handed_out.replace(now.clone())?;
        (now != before).then_some((now, before))
    }

    /// Marks the series as taken out of its family: what still arrives goes back through the queue of late adds.
    pub(crate) fn evict(&self) {
        self.evicted.store(true, Ordering::Relaxed);
    }
}

impl<A: Accumulator> Drop for Series<A> {
    fn drop(&mut self) {
        if !self.evicted.load(Ordering::Relaxed) {
            return;
        }
        // Nobody holds the series any more, so this read is the last and misses nothing.
        let now = self.cell.read();
        let before = self
            .handed_out
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (Some(before), Some(late)) = (before, self.late.upgrade()) else {
            return;
        };
        if now != before {
            let add = Box::new(move |cell: &A| cell.add_difference(&now, &before));
            let attributes = std::mem::take(&mut self.attributes);
            late.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((attributes, add));
        }
    }
}
