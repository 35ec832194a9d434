//! Thread slots: which of a chunk's cell arrays the current thread may write.

use crate::sync::{AtomicU64, Ordering};

/// The number of threads that can hold a slot at one time.
pub(crate) const SLOTS: usize = 64;

/// The index of a thread without a slot; a chunk has a null pointer there for ever.
pub(crate) const NO_SLOT: usize = SLOTS;

/// Gives out slots 0 to 63, each to one owner at a time.
#[derive(Debug)]
pub(crate) struct SlotTable {
    taken: AtomicU64,
}

impl SlotTable {
    /// Returns a table with all slots free.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self {
            taken: AtomicU64::new(0),
        }
    }

    #[cfg(not(loom))]
    const fn new() -> Self {
        Self {
            taken: AtomicU64::new(0),
        }
    }

    /// Takes the lowest free slot, or returns `None` if all are taken.
    pub(crate) fn acquire(&self) -> Option<usize> {
        let mut taken = self.taken.load(Ordering::Relaxed);
        loop {
            let slot = taken.trailing_ones() as usize;
            if slot >= SLOTS {
                return None;
            }
            // Acquire: the former owner's cells (its relaxed stores) are visible before we go on with them.
            match self.taken.compare_exchange_weak(
                taken,
                taken | (1 << slot),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(slot),
                Err(now) => taken = now,
            }
        }
    }

    /// Gives `slot` back; the caller writes no cell of it afterwards.
    pub(crate) fn release(&self, slot: usize) {
        self.taken.fetch_and(!(1 << slot), Ordering::Release);
    }
}

#[cfg(not(loom))]
pub(crate) use current::{current, enter};

#[cfg(not(loom))]
mod current {
    use std::cell::Cell;

    use super::{NO_SLOT, SlotTable};

    static TABLE: SlotTable = SlotTable::new();

    /// A thread without a slot asks again after so many writes: slots come free when threads end.
    const ASK_AGAIN: u16 = 4096;

    #[derive(Clone, Copy, PartialEq)]
    enum State {
        /// Has no slot; asks for one when the counter is at zero.
        Waiting(u16),
        /// Has a slot, and the guard that returns it.
        Holding,
        /// Its local storage is gone; it never asks again.
        Ended,
    }

    struct Guard;

    impl Drop for Guard {
        fn drop(&mut self) {
            let slot = SLOT.replace(NO_SLOT);
            STATE.set(State::Ended);
            if slot != NO_SLOT {
                TABLE.release(slot);
            }
        }
    }

    thread_local! {
        // Neither of these two has a destructor, so that both can be used until the thread's very end.
        static SLOT: Cell<usize> = const { Cell::new(NO_SLOT) };
        static STATE: Cell<State> = const { Cell::new(State::Waiting(0)) };
        static GUARD: Guard = const { Guard };
    }

    /// Returns the current thread's slot, or [`NO_SLOT`]. Always less than or equal to [`NO_SLOT`].
    #[inline(always)]
    pub(crate) fn current() -> usize {
        SLOT.get()
    }

    /// Returns the current thread's slot; takes one if it has none and one may be free.
    #[cold]
    pub(crate) fn enter() -> usize {
        match STATE.get() {
            State::Holding => SLOT.get(),
            State::Ended => NO_SLOT,
            State::Waiting(0) => acquire(),
            State::Waiting(n) => {
                STATE.set(State::Waiting(n - 1));
                NO_SLOT
            }
        }
    }

    fn acquire() -> usize {
        // Registers the destructor; an error means that it has run already, in a thread that first writes while it ends.
        if GUARD.try_with(|_| ()).is_err() {
            STATE.set(State::Ended);
            return NO_SLOT;
        }
        match TABLE.acquire() {
            Some(slot) => {
                SLOT.set(slot);
                STATE.set(State::Holding);
                slot
            }
            None => {
                STATE.set(State::Waiting(ASK_AGAIN));
                NO_SLOT
            }
        }
    }
}

#[cfg(loom)]
pub(crate) fn current() -> usize {
    NO_SLOT
}

#[cfg(loom)]
pub(crate) fn enter() -> usize {
    NO_SLOT
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{SLOTS, SlotTable};

    #[test]
    fn slots_are_given_once_and_again_after_release() {
        let table = SlotTable::new();
        let given: Vec<_> = (0..SLOTS).map(|_| table.acquire()).collect();
        assert_eq!(given, (0..SLOTS).map(Some).collect::<Vec<_>>());
        assert_eq!(table.acquire(), None);
        table.release(17);
        assert_eq!(table.acquire(), Some(17));
        assert_eq!(table.acquire(), None);
    }
}
