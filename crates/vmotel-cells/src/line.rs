//! The word by which the owner of a slot says that it holds a pin: odd while it does; each pin and its end count one.

use crate::sync::{AtomicU64, Ordering};

/// One line of the cache each, so that pins of different threads do not disturb each other.
#[repr(align(128))]
pub(crate) struct Line(AtomicU64);

impl Line {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Holds a pin, unless there is one; a barrier has to follow. For the owner.
    #[inline(always)]
    pub(crate) fn hold(&self) -> bool {
        let count = self.0.load(Ordering::Relaxed);
        let is_free = count & 1 == 0;
        if is_free {
            // Release, for who waits for an earlier pin, and sees this one instead of its end.
            self.0.store(count.wrapping_add(1), Ordering::Release);
        }
        is_free
    }

    /// Lets it go. For the owner.
    #[inline(always)]
    pub(crate) fn release(&self) {
        // Release: what was done under the pin happens before whoever sees that it has gone.
        let count = self.0.load(Ordering::Relaxed);
        self.0.store(count.wrapping_add(1), Ordering::Release);
    }

    /// Returns the count if a pin is held. A barrier of all threads has to come before.
    pub(crate) fn held(&self) -> Option<u64> {
        let count = self.0.load(Ordering::Acquire);
        (count & 1 == 1).then_some(count)
    }

    /// Returns true once the pin of this count has gone.
    pub(crate) fn has_gone(&self, count: u64) -> bool {
        self.0.load(Ordering::Acquire) != count
    }
}
