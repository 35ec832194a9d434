//! What each thread keeps for each of many values: written by the owner of its slot only.

use std::ptr;

use crate::{
    slot::SLOTS,
    sync::{AtomicPtr, AtomicU16, AtomicU64, Ordering},
};

/// For each slot, when it has written often enough, one part per value.
pub(crate) struct Parts<P> {
    /// Null, or the first of `len` parts that this owns. The last entry is null for ever.
    private: [AtomicPtr<P>; SLOTS + 1],
    /// A bit for each slot with parts, so that a read visits no others.
    present: AtomicU64,
    /// Writes of each slot that went elsewhere; only the slot's owner writes it.
    warm_up: [AtomicU16; SLOTS],
    len: usize,
    /// So many writes of a slot go elsewhere before it gets parts.
    patience: u16,
}

impl<P: Send + Sync> Parts<P> {
    pub(crate) fn new(len: usize, patience: u16) -> Self {
        Self {
            private: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            present: AtomicU64::new(0),
            warm_up: std::array::from_fn(|_| AtomicU16::new(0)),
            len,
            patience,
        }
    }

    /// Returns a part of a slot, if it has any.
    #[inline(always)]
    pub(crate) fn get(&self, slot: usize, at: usize) -> Option<&P> {
        let parts = self.private.get(slot)?.load(Ordering::Acquire);
        if parts.is_null() || at >= self.len {
            return None;
        }
        // SAFETY: a pointer that is not null points to `len` parts.
        let part = unsafe { parts.add(at) };
        // SAFETY: they live, in place, until `self` is dropped.
        Some(unsafe { &*part })
    }

    /// Returns the parts of all slots for one value.
    pub(crate) fn all(&self, at: usize) -> impl Iterator<Item = &P> {
        let mut present = self.present.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            let slot = present.trailing_zeros() as usize;
            // Without a bit left it is that of no slot, whose pointer is null for ever.
            let part = self.get(slot, at)?;
            present &= present - 1;
            Some(part)
        })
    }

    /// Counts a write of `slot`, whose owner the caller is; makes its parts when there were enough, and it has none yet.
    pub(crate) fn warm(&self, slot: usize, make: impl Fn() -> P) {
        let Some(warm_up) = self.warm_up.get(slot) else {
            return;
        };
        let seen = warm_up.load(Ordering::Relaxed);
        if seen < self.patience {
            warm_up.store(seen + 1, Ordering::Relaxed);
        } else if self.private[slot].load(Ordering::Relaxed).is_null() {
            let parts: Box<[P]> = (0..self.len).map(|_| make()).collect();
            // Release: a reader that sees the pointer sees parts as they were made. Only the slot's owner stores here.
            self.private[slot].store(Box::into_raw(parts).cast(), Ordering::Release);
            self.present.fetch_or(1 << slot, Ordering::Release);
        }
    }
}

impl<P> Drop for Parts<P> {
    fn drop(&mut self) {
        for pointer in &self.private {
            let parts = pointer.load(Ordering::Acquire);
            if parts.is_null() {
                continue;
            }
            let parts = ptr::slice_from_raw_parts_mut(parts, self.len);
            // SAFETY: the pointer came from `Box::into_raw` of a slice of this length and is dropped once, here.
            drop(unsafe { Box::from_raw(parts) });
        }
    }
}
