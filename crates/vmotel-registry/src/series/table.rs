//! The table from keys to series: read without a lock, changed by one at a time.
//!
//! A slot holds 32 bits of the hash and the number of the series. A reader compares the whole key of what it finds, so that it may
//! miss a series while slots are moved, but never takes another one; who misses asks again under the lock.

use std::sync::atomic::{AtomicU64, Ordering};

use vmotel_cells::{Guarded, Pin};

const FIRST: usize = 32;

pub(crate) struct Table(Guarded<Slots>);

struct Slots {
    slots: Box<[AtomicU64]>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self(Guarded::new(Slots::new(FIRST)))
    }

    /// Returns what `is_it` returns for the series of this hash that it accepts.
    #[inline(always)]
    pub(crate) fn find<T>(&self, pin: &Pin, hash: u64, is_it: impl Fn(u32) -> Option<T>) -> Option<T> {
        self.0.get(pin).find(hash, is_it).map(|(_, found)| found)
    }

    /// Adds a series; there are `len` before. One at a time.
    pub(crate) fn insert(&self, pin: &Pin, hash: u64, id: u32, len: usize) {
        let mut slots = self.0.get(pin);
        if (len + 1) * 8 > slots.slots.len() * 7 {
            let larger = Slots::new(slots.slots.len() * 2);
            for slot in &slots.slots {
                let entry = slot.load(Ordering::Relaxed);
                if entry != 0 {
                    larger.put(entry);
                }
            }
            self.0.replace(larger);
            slots = self.0.get(pin);
        }
        slots.put(entry(hash, id));
    }

    /// Removes a series. One at a time, and no insertion meanwhile.
    pub(crate) fn remove(&self, pin: &Pin, hash: u64, id: u32) {
        let slots = self.0.get(pin);
        if let Some((at, _)) = slots.find(hash, |other| (other == id).then_some(())) {
            slots.close(at);
        }
    }

    pub(crate) fn tidy(&self) {
        self.0.tidy();
    }
}

#[inline(always)]
const fn entry(hash: u64, id: u32) -> u64 {
    (hash & !0xffff_ffff) | (id as u64 + 1)
}

impl Slots {
    fn new(len: usize) -> Self {
        Self {
            slots: (0..len).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Returns where a hash is looked for first.
    #[inline(always)]
    fn home(&self, entry: u64) -> usize {
        (entry >> 32) as usize & (self.slots.len() - 1)
    }

    #[inline(always)]
    fn find<T>(&self, hash: u64, is_it: impl Fn(u32) -> Option<T>) -> Option<(usize, T)> {
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        // A table is never full; the bound is for a reader that is overtaken again and again.
        for _ in 0..=mask {
            let found = self.slots[at & mask].load(Ordering::Acquire);
            if found == 0 {
                return None;
            }
            if (found ^ hash) >> 32 == 0 {
                let id = (found as u32).wrapping_sub(1);
                if let Some(accepted) = is_it(id) {
                    return Some((at, accepted));
                }
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn put(&self, entry: u64) {
        let mask = self.slots.len() - 1;
        let mut at = self.home(entry);
        while self.slots[at].load(Ordering::Relaxed) != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at].store(entry, Ordering::Release);
    }

    /// Empties a slot; those behind it move up, so that no gap ends a search too early.
    fn close(&self, at: usize) {
        let mask = self.slots.len() - 1;
        let (mut gap, mut at) = (at, at);
        loop {
            at = (at + 1) & mask;
            let entry = self.slots[at].load(Ordering::Relaxed);
            if entry == 0 {
                break;
            }
            // It may move if its home is not between the gap and its place.
            let distance = |from: usize| at.wrapping_sub(from) & mask;
            if distance(self.home(entry)) >= distance(gap) {
                self.slots[gap].store(entry, Ordering::Release);
                gap = at;
            }
        }
        self.slots[gap].store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use vmotel_cells::pin;

    use super::Table;

    proptest! {
        /// Few bits of the hash differ, so that chains are long.
        #[test]
        fn behaves_as_a_map(steps in proptest::collection::vec((0_u64..64, any::<bool>()), 0..400)) {
            let table = Table::new();
            let mut model: HashMap<u64, u32> = HashMap::new();
            for (step, (key, adds)) in steps.into_iter().enumerate() {
                let hash = (key / 3) << 32;
                let pin = pin();
                if adds && !model.contains_key(&key) {
                    let id = step as u32;
                    table.insert(&pin, hash, id, model.len());
                    model.insert(key, id);
                } else if !adds && let Some(id) = model.remove(&key) {
                    table.remove(&pin, hash, id);
                }
                for (key, id) in &model {
                    let found = table.find(&pin, (key / 3) << 32, |other| (other == *id).then_some(()));
                    prop_assert_eq!(found, Some(()));
                }
                prop_assert_eq!(table.find(&pin, 21 << 32, Some).is_some(), model.contains_key(&63));
            }
        }
    }
}
