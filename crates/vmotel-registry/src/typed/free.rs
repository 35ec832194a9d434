//! The values of a free label, each with an index: as many as are allowed, and no more.

use std::{
    fmt,
    hash::BuildHasher as _,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use foldhash::fast::RandomState;

use crate::series::cut;

/// The values so far: found without a lock, never removed.
pub(crate) struct FreeValues {
    seed: RandomState,
    /// Indexes by hash, at most half full; one that is not in its place is in one of the next.
    table: Box<[OnceLock<usize>]>,
    /// In the order of their indexes.
    texts: Box<[OnceLock<Box<str>>]>,
    /// How many there are.
    count: Mutex<usize>,
    /// Whether there are as many as are allowed: then what is not there never will be.
    is_full: AtomicBool,
}

impl FreeValues {
    pub(super) fn new(max: usize) -> Self {
        let size = (max.saturating_mul(2)).next_power_of_two();
        Self {
            seed: RandomState::default(),
            table: std::iter::repeat_with(OnceLock::new).take(size).collect(),
            texts: std::iter::repeat_with(OnceLock::new).take(max).collect(),
            count: Mutex::default(),
            is_full: AtomicBool::new(max == 0),
        }
    }

    /// Returns the most values.
    #[inline]
    pub(super) const fn max(&self) -> usize {
        self.texts.len()
    }

    /// Returns the index of a value; the most values if it is one too many.
    #[inline]
    pub(super) fn index(&self, value: &str) -> usize {
        let value = cut(value);
        let hash = self.seed.hash_one(value) as usize;
        // Read before the table, which does not change any more if this is true.
        let is_full = self.is_full.load(Ordering::Acquire);
        match self.find(hash, value) {
            Ok(index) => index,
            Err(_) if is_full => self.max(),
            Err(_) => self.add(hash, value),
        }
    }

    /// Returns the text of an index.
    pub(super) fn text(&self, index: usize) -> &str {
        self.texts
            .get(index)
            .and_then(OnceLock::get)
            .map_or("other", |text| text)
    }

    /// Returns the index of a value, or where in the table it would be.
    #[inline]
    fn find(&self, hash: usize, value: &str) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let mut at = hash & mask;
        // Half of the table is empty at least.
        while let Some(&index) = self.table[at].get() {
            if self.text(index) == value {
                return Ok(index);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }

    #[cold]
    #[inline(never)]
    fn add(&self, hash: usize, value: &str) -> usize {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match self.find(hash, value) {
            Ok(index) => return index,
            Err(at) => at,
        };
        let index = *count;
        if index == self.max() {
            return index;
        }
        *count += 1;
        // Before the table: who finds the index finds its text.
        let _ = self.texts[index].set(value.into());
        let _ = self.table[at].set(index);
        if *count == self.max() {
            self.is_full.store(true, Ordering::Release);
        }
        index
    }
}

impl fmt::Debug for FreeValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.texts.iter().filter_map(OnceLock::get))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn an_index_for_each_of_the_first_values() {
        let values = FreeValues::new(3);
        let indexes: Vec<usize> = ["a", "b", "a", "", "c", "b", "d", ""]
            .map(|text| values.index(text))
            .into();
        assert_eq!(indexes, [0, 1, 0, 2, 3, 1, 3, 2]);
        assert_eq!(
            (values.text(1), values.text(2), values.text(3)),
            ("b", "", "other")
        );
        assert_eq!(FreeValues::new(0).index("a"), 0);
    }

    #[test]
    fn threads_agree() {
        let values = FreeValues::new(100);
        let seen: Vec<HashMap<usize, usize>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let values = &values;
                    scope.spawn(move || {
                        let all = (0..200).map(|n| (n + thread * 37) % 120);
                        all.map(|n| (n, values.index(&n.to_string()))).collect()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut others = 0;
        for n in 0..120 {
            // Who came before there were 100 keeps its index.
            let index = values.index(&n.to_string());
            others += usize::from(index == 100);
            if index < 100 {
                assert_eq!(values.text(index), n.to_string());
            }
            assert!(seen.iter().all(|seen| seen[&n] == index), "{n}");
        }
        assert_eq!(others, 20);
    }
}
