//! The hash of a series' labels: the same from texts where they lie and from a packed key.
//!
//! Each 16 bytes are folded in by a multiplication to 128 bits with secrets of the process, as wyhash and foldhash do it. Taken from the
//! texts, it need not wait for a packed copy of them.

use std::hash::{BuildHasher, RandomState};

/// Secrets of a family: nobody outside can aim at collisions.
#[derive(Clone, Copy)]
pub(crate) struct Seed {
    start: u64,
    fold: u64,
    end: u64,
}

/// An odd number with bits all over: tells lengths and places apart.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seed {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        let [start, fold, end] = [0_u8, 1, 2].map(|number| random.hash_one(number));
        Self { start, fold, end }
    }

    /// Returns the hash of the values of a schema, by their place; empty ones do not count.
    #[inline(always)]
    pub(crate) fn hash<'v>(&self, schema: u16, values: impl Iterator<Item = (usize, &'v [u8])>) -> u64 {
        let mut state = self.start ^ u64::from(schema);
        for (place, value) in values {
            if !value.is_empty() {
                // The place and the length come in behind the product, so that no bytes of a value can make up for them.
                let which = (value.len() as u64 | (place as u64) << 32).wrapping_mul(SPREAD);
                state = self.value(state, value).wrapping_add(which);
            }
        }
        multiply(state, self.end | 1)
    }

    #[inline(always)]
    fn value(&self, state: u64, value: &[u8]) -> u64 {
        let fold = |state: u64, low: u64, high: u64| multiply(state ^ low, self.fold ^ high);
        if let (Some(first), Some(last)) = (value.first_chunk::<8>(), value.last_chunk::<8>()) {
            let mut state = state;
            let mut rest = value;
            while rest.len() > 16
                && let Some((block, behind)) = rest.split_first_chunk::<16>()
            {
                let block = u128::from_le_bytes(*block);
                state = fold(state, block as u64, (block >> 64) as u64);
                rest = behind;
            }
            let first = rest.first_chunk::<8>().unwrap_or(first);
            fold(state, u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (value.first_chunk::<4>(), value.last_chunk::<4>()) {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            fold(state, u64::from(first), u64::from(last))
        } else if let [first, .., last] = value {
            let middle = value[value.len() / 2];
            fold(
                state,
                u64::from(*first) | u64::from(middle) << 8,
                u64::from(*last),
            )
        } else {
            fold(state, u64::from(value[0]), 0)
        }
    }
}

/// Returns both halves of a product as one.
#[inline(always)]
const fn multiply(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Seed;

    fn hash(seed: &Seed, values: &[&str]) -> u64 {
        seed.hash(7, values.iter().map(|value| value.as_bytes()).enumerate())
    }

    /// Texts that differ in little: in the last byte, in their length, in the place of a delimiter, in an order.
    fn similar() -> Vec<[String; 3]> {
        let mut all = Vec::new();
        for i in 0..20_000 {
            all.push(["GET".to_owned(), format!("/api/v1/users/{i}"), "200".to_owned()]);
            all.push([i.to_string(), "GET".to_owned(), String::new()]);
            all.push([String::new(), i.to_string(), "GET".to_owned()]);
        }
        for len in 0..200 {
            all.push(["a".repeat(len), "x".to_owned(), "y".to_owned()]);
            all.push(["x".to_owned(), "a".repeat(len), "y".to_owned()]);
            all.push(["\0".repeat(len), "\0".to_owned(), String::new()]);
            all.push(["a".repeat(len) + "x", "a".repeat(200 - len), String::new()]);
        }
        let mut seen = HashSet::new();
        all.retain(|set| seen.insert(set.clone()));
        all
    }

    #[test]
    fn similar_labels_have_hashes_that_look_random() {
        let sets = similar();
        let seed = Seed::new();
        let hashes: Vec<u64> = sets
            .iter()
            .map(|set| hash(&seed, &set.each_ref().map(String::as_str)))
            .collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), sets.len());
        // The table's tag, the table's place and the thread's place: as many distinct ones as balls in bins leave, within a few per cent.
        for (bits, shift) in [(16, 0), (16, 16), (16, 32), (16, 48)] {
            let bins = f64::from(1 << bits);
            let expected = bins * (1.0 - (-(sets.len() as f64) / bins).exp());
            let distinct = hashes.iter().map(|hash| hash >> shift & ((1 << bits) - 1));
            let distinct = distinct.collect::<HashSet<_>>().len() as f64;
            assert!(
                (distinct / expected - 1.0).abs() < 0.03,
                "bits from {shift}: {distinct} of {expected}"
            );
        }
        let other = Seed::new();
        assert_ne!(
            hash(&other, &["a", "b", "c"]),
            hash(&seed, &["a", "b", "c"]),
            "secrets differ"
        );
    }
}
