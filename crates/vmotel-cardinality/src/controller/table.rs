//! A set of 64-bit keys that is read without a lock and written under one.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Slot {
    key: AtomicU64,
    /// Weight since the last tick. Additions that race may be lost: weights rank, they are never exported.
    weight: AtomicU64,
    epoch: AtomicU32,
}

impl Slot {
    #[inline]
    pub(crate) fn touch(&self, weight: u64, epoch: u32) {
        self.weight.store(
            self.weight.load(Ordering::Relaxed).wrapping_add(weight),
            Ordering::Relaxed,
        );
        if self.epoch.load(Ordering::Relaxed) != epoch {
            self.epoch.store(epoch, Ordering::Relaxed);
        }
    }

    pub(crate) fn weight(&self) -> u64 {
        self.weight.load(Ordering::Relaxed)
    }

    pub(crate) fn set_weight(&self, weight: u64) {
        self.weight.store(weight, Ordering::Relaxed);
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(crate) struct Table {
    slots: Box<[Slot]>,
    mask: usize,
    len: AtomicUsize,
}

impl Table {
    /// Makes a table that is at most half full with `capacity` keys.
    pub(crate) fn new(capacity: usize) -> Self {
        let size = (capacity.max(4) * 2).next_power_of_two();
        Self {
            slots: std::iter::repeat_with(Slot::default).take(size).collect(),
            mask: size - 1,
            len: AtomicUsize::new(0),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn find(&self, key: u64) -> Option<&Slot> {
        let mut at = key as usize & self.mask;
        loop {
            let slot = &self.slots[at];
            let found = slot.key.load(Ordering::Acquire);
            if found == key {
                return Some(slot);
            }
            if found == 0 {
                return None;
            }
            at = (at + 1) & self.mask;
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = u64> {
        self.slots
            .iter()
            .map(|slot| slot.key.load(Ordering::Acquire))
            .filter(|&key| key != 0)
    }

    /// Adds a key that is not there. Call it under the lock of the writers.
    pub(crate) fn insert(&self, key: u64, weight: u64, epoch: u32) {
        let mut at = key as usize & self.mask;
        while self.slots[at].key.load(Ordering::Relaxed) != 0 {
            at = (at + 1) & self.mask;
        }
        let slot = &self.slots[at];
        slot.weight.store(weight, Ordering::Relaxed);
        slot.epoch.store(epoch, Ordering::Relaxed);
        slot.key.store(key, Ordering::Release);
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a key and closes the gap. Call it under the lock of the writers.
    ///
    /// A reader may miss a key that is being moved; it then asks again under the lock.
    pub(crate) fn remove(&self, key: u64) {
        let mut gap = key as usize & self.mask;
        loop {
            match self.slots[gap].key.load(Ordering::Relaxed) {
                0 => return,
                found if found == key => break,
                _ => gap = (gap + 1) & self.mask,
            }
        }
        let mut at = gap;
        loop {
            at = (at + 1) & self.mask;
            let slot = &self.slots[at];
            let found = slot.key.load(Ordering::Relaxed);
            if found == 0 {
                break;
            }
            let home = found as usize & self.mask;
            // The key may move to the gap unless its home lies behind the gap.
            if at.wrapping_sub(home) & self.mask >= at.wrapping_sub(gap) & self.mask {
                let to = &self.slots[gap];
                to.weight
                    .store(slot.weight.load(Ordering::Relaxed), Ordering::Relaxed);
                to.epoch
                    .store(slot.epoch.load(Ordering::Relaxed), Ordering::Relaxed);
                to.key.store(found, Ordering::Release);
                gap = at;
            }
        }
        self.slots[gap].key.store(0, Ordering::Release);
        self.len.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn it_behaves_as_a_hash_set() {
        let table = Table::new(100);
        let mut model = HashSet::new();
        let mut state = 1_u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // Few homes, so that keys collide.
            let key = (state >> 60) + ((state >> 40 & 15) << 32) + 1;
            if model.contains(&key) {
                table.remove(key);
                model.remove(&key);
            } else if model.len() < 100 {
                table.insert(key, 0, 0);
                model.insert(key);
            }
            assert_eq!(table.len(), model.len());
        }
        assert_eq!(table.keys().collect::<HashSet<_>>(), model);
        assert!(model.iter().all(|&key| table.find(key).is_some()));
    }
}
