//! The heaviest values among those that were folded.
//!
//! Space-Saving (Metwally, Agrawal, El Abbadi 2005) in sets of eight counters without a lock: a new value takes the
//! lightest counter of its set and inherits its count as its error. Updates that race may be lost: the counts rank
//! values, they are never exported.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const WAYS: usize = 8;

#[derive(Debug, Default)]
struct Counter {
    key: AtomicU64,
    count: AtomicU64,
    error: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Heavy {
    counters: Box<[Counter]>,
}

impl Heavy {
    /// Makes `counters` counters, rounded up to a power of two.
    pub(crate) fn new(counters: usize) -> Self {
        let len = counters.max(WAYS).next_power_of_two();
        Self {
            counters: std::iter::repeat_with(Counter::default).take(len).collect(),
        }
    }

    #[inline]
    pub(crate) fn offer(&self, key: u64, weight: u64) {
        let start = (key >> 20) as usize & (self.counters.len() - 1) & !(WAYS - 1);
        let mut lightest = &self.counters[start];
        let mut least = u64::MAX;
        for counter in &self.counters[start..start + WAYS] {
            let count = counter.count.load(Relaxed);
            if counter.key.load(Relaxed) == key {
                counter.count.store(count.saturating_add(weight), Relaxed);
                return;
            }
            if count < least {
                least = count;
                lightest = counter;
            }
        }
        lightest.key.store(key, Relaxed);
        lightest.error.store(least, Relaxed);
        lightest.count.store(least.saturating_add(weight), Relaxed);
    }

    /// Returns the values with the weight that is certain, heaviest first.
    pub(crate) fn ranked(&self) -> Vec<(u64, u64)> {
        let certain = |counter: &Counter| {
            counter
                .count
                .load(Relaxed)
                .saturating_sub(counter.error.load(Relaxed))
        };
        let mut ranked: Vec<_> = self
            .counters
            .iter()
            .map(|counter| (counter.key.load(Relaxed), certain(counter)))
            .filter(|&(key, weight)| key != 0 && weight > 1)
            .collect();
        ranked.sort_unstable_by_key(|&(key, weight)| (std::cmp::Reverse(weight), key));
        ranked
    }

    pub(crate) fn forget(&self, key: u64) {
        for counter in self
            .counters
            .iter()
            .filter(|counter| counter.key.load(Relaxed) == key)
        {
            counter.key.store(0, Relaxed);
            counter.count.store(0, Relaxed);
            counter.error.store(0, Relaxed);
        }
    }

    /// Halves all counts, so that the past fades.
    pub(crate) fn decay(&self) {
        for counter in &self.counters {
            let (count, error) = (counter.count.load(Relaxed), counter.error.load(Relaxed));
            // The certain part is halved by itself: the error must not eat it.
            let certain = count.saturating_sub(error) / 2;
            counter.error.store(error / 2, Relaxed);
            counter.count.store(error / 2 + certain, Relaxed);
        }
    }
}
