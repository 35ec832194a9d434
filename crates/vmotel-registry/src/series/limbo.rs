//! Removed series, until nobody can record into them any more.
//!
//! A thread that found a series before it was removed may still record into it, and a handle may for ever. What comes in so late
//! moves on to the series that then has these labels, which is a new one with a new start; so nothing is lost and nothing counted
//! twice.

use vmotel_cells::{Grace, Pin};

use super::{Series, creation::Creation};
use crate::store::Store;

/// Series that were removed at one collection.
pub(super) struct Batch<V> {
    grace: Grace,
    over: bool,
    pub(super) series: Vec<Gone<V>>,
}

pub(super) struct Gone<V> {
    pub(super) id: u32,
    /// The value that was handed out last.
    pub(super) last: V,
    /// Whether it still has to be handed out.
    pub(super) hand_out: bool,
}

impl<V> Batch<V> {
    /// Takes series that cannot be found any more.
    pub(super) fn new(series: Vec<Gone<V>>) -> Self {
        Self {
            grace: Grace::begin(),
            over: false,
            series,
        }
    }
}

impl<S: Store> Series<S> {
    /// Moves late records on and recycles what nobody can reach. What still has to be handed out stays unless it was, which `handed_out`
    /// tells.
    pub(super) fn settle(&self, pin: &Pin, batches: &mut Vec<Batch<S::Value>>, handed_out: bool) {
        for batch in &mut *batches {
            batch.over = batch.over || batch.grace.is_over();
            let over = batch.over;
            let waits = |gone: &Gone<S::Value>| gone.hand_out && !handed_out;
            batch
                .series
                .retain_mut(|gone| waits(gone) || self.keeps(pin, gone, over));
        }
        batches.retain(|batch| !batch.series.is_empty());
    }

    fn keeps(&self, pin: &Pin, gone: &mut Gone<S::Value>, over: bool) -> bool {
        let Some((chunk, at)) = self.chunks.get(gone.id) else {
            return false;
        };
        gone.hand_out = false;
        // Handles are taken under a pin only, or from handles.
        let unreachable = over && !chunk.is_held(at);
        if chunk.store.is_new(&self.shape, at, &gone.last) {
            let key = self.key(chunk, at);
            let hash = key.hash(&self.seed);
            let (to, to_at) = match self.find(pin, &key, hash) {
                Some((_, to, to_at)) => (to, to_at),
                None => {
                    let made = self.create(pin, &key, hash);
                    (made.chunk, made.at)
                }
            };
            chunk
                .store
                .move_on(&self.shape, at, &mut gone.last, &to.store, to_at);
        }
        if unreachable {
            self.recycle(&mut self.creation(), gone.id);
        }
        !unreachable
    }

    /// Removes series; returns those that were still there, with their values.
    pub(super) fn remove(
        &self,
        pin: &Pin,
        creation: &mut Creation,
        ids: impl IntoIterator<Item = u32>,
    ) -> Vec<Gone<S::Value>> {
        let unlinked = ids.into_iter().filter(|&id| self.unlink(pin, creation, id));
        let mut gone: Vec<Gone<S::Value>> = Vec::new();
        for id in unlinked.collect::<Vec<_>>() {
            if let Some((chunk, at)) = self.chunks.get(id) {
                let mut last = chunk.store.read(&self.shape, at);
                chunk.store.changed(&self.shape, at, &mut last);
                gone.push(Gone {
                    id,
                    last,
                    hand_out: true,
                });
            }
        }
        gone
    }
}
