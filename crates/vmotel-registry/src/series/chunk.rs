//! A chunk of a family's series.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use vmotel_model::Timestamp;

use super::{Series, starts::Starts};
use crate::{stats::Shared, store::Store};

/// The series of a chunk, column by column.
pub(crate) struct Chunk<S: Store> {
    pub(crate) store: S,
    pub(crate) shape: S::Shape,
    pub(super) shared: Arc<Shared>,
    /// Where the words of each key begin.
    pub(super) keys: Box<[AtomicU32]>,
    pub(super) starts: Starts,
    /// Handles of each series; made with the first one, as many families are used by labels alone.
    handles: OnceLock<Box<[AtomicU32]>>,
    /// A bit for each place that is that of a series that is handed out.
    live: Box<[AtomicU64]>,
    /// Places that have been given out so far.
    pub(super) filled: AtomicU32,
    /// Goes up when a place is emptied or given out again.
    pub(super) changes: AtomicU32,
}

impl<S: Store> Chunk<S> {
    pub(super) fn new(size: usize, series: &Series<S>, now: Timestamp) -> Self {
        let shape = &series.shape;
        Self {
            store: S::new(size, shape),
            shape: shape.clone(),
            shared: Arc::clone(&series.shared),
            keys: (0..size).map(|_| AtomicU32::new(0)).collect(),
            starts: Starts::new(size, now),
            handles: OnceLock::new(),
            live: (0..size.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            filled: AtomicU32::new(0),
            changes: AtomicU32::new(0),
        }
    }

    /// Returns the number of places.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.live[at / 64].load(Ordering::Acquire) >> (at % 64) & 1 == 1
    }

    /// Returns whether the place was live before. Who sees that it is sees its key and start.
    pub(super) fn set_live(&self, at: usize) -> bool {
        self.live[at / 64].fetch_or(1 << (at % 64), Ordering::AcqRel) >> (at % 64) & 1 == 1
    }

    /// Returns whether the place was live before.
    pub(super) fn clear_live(&self, at: usize) -> bool {
        self.live[at / 64].fetch_and(!(1 << (at % 64)), Ordering::AcqRel) >> (at % 64) & 1 == 1
    }

    pub(super) fn handles(&self, at: usize) -> &AtomicU32 {
        let make = || (0..self.len()).map(|_| AtomicU32::new(0)).collect();
        &self.handles.get_or_init(make)[at]
    }

    /// Returns true if there is a handle of the series. What handles that have gone recorded is seen then.
    pub(super) fn is_held(&self, at: usize) -> bool {
        let handles = self.handles.get();
        handles.is_some_and(|handles| handles[at].load(Ordering::Acquire) > 0)
    }
}
