//! Series whose values callbacks observe, anew at each collection.
//!
//! Specification, "Asynchronous instrument": no data for sets "which are not observed during a successful callback"; "Asynchronous
//! instrument cardinality limits": "prefer the first-observed attributes in the callback".

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use vmotel_cells::Pin;

use super::{Chunk, Key, Series, creation::Place, directory::first, limbo::Batch};
use crate::store::Store;

/// The series that callbacks have observed since the last collection.
#[derive(Debug, Default)]
pub(super) struct Observed(HashSet<u32>);

impl Observed {
    /// Notes that a series was observed, and shows it if it was hidden, as the overflow series can be.
    pub(super) fn see<S: Store>(&mut self, id: u32, chunk: &Chunk<S>, at: usize) {
        self.0.insert(id);
        if !chunk.set_live(at) {
            chunk.changes.fetch_add(1, Ordering::Release);
        }
    }
}

impl<S: Store> Series<S> {
    /// As [`Series::with`], for a callback: the first sets of a collection find room, whatever there was at the last one.
    pub(super) fn observe<R>(
        &self,
        pin: &Pin,
        key: &Key,
        hash: u64,
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        self.count_cut(key);
        let mut creation = self.creation();
        let found = self.find(pin, key, hash);
        let has_room = creation.observed.0.len() < self.limit();
        let place = match (found, &self.limiter) {
            (Some(found), _) if has_room || creation.observed.0.contains(&found.0) => Some(found),
            (None, Some(limiter)) => {
                drop(creation);
                let Place { id, chunk, at, .. } = self.create_bounded(pin, limiter, key);
                creation = self.creation();
                Some((id, chunk, at))
            }
            (None, None) if has_room => self.admit(pin, &mut creation, key, hash, self.shared.clock.now()),
            _ => None,
        };
        let (id, chunk, at) = place.unwrap_or_else(|| {
            self.shared.overflowed.add(1);
            self.overflow(pin, &mut creation)
        });
        creation.observed.see(id, chunk, at);
        drop(creation);
        f(chunk, at)
    }

    /// Removes the series that callbacks have not observed since the last collection, without a last word.
    pub(super) fn forget_unobserved(&self, pin: &Pin, batches: &mut Vec<Batch<S::Value>>) {
        let mut creation = self.creation();
        let mut observed = std::mem::take(&mut creation.observed.0);
        let mut leaving = Vec::new();
        for (number, chunk) in self.chunks().enumerate() {
            for at in 0..chunk.filled.load(Ordering::Acquire) as usize {
                let id = first(number) + at as u32;
                if !chunk.is_live(at) || observed.contains(&id) {
                    continue;
                }
                if self.overflow.get() == Some(&id) {
                    chunk.clear_live(at);
                    chunk.changes.fetch_add(1, Ordering::Release);
                } else {
                    leaving.push(id);
                }
            }
        }
        observed.clear();
        creation.observed.0 = observed;
        let mut gone = self.remove(pin, &mut creation, leaving);
        for series in &mut gone {
            series.hand_out = false;
        }
        if !gone.is_empty() {
            self.shared.removed.add(gone.len() as u64);
            batches.push(Batch::new(gone));
        }
    }
}
