//! The hash of a series' labels: the same from texts where they lie, in any order, and from a packed key.
//!
//! A sum over the labels, so that the caller's order does not matter and no value waits for another. Of each value, 16 bytes at a time are
//! folded by a multiplication to 128 bits with secrets of the process and of the label, as wyhash and foldhash do it.

use std::hash::{BuildHasher, RandomState};

/// Secrets of a family: nobody outside can aim at collisions.
#[derive(Clone, Copy)]
pub(crate) struct Seed {
    start: u64,
    label: u64,
    end: u64,
}

/// Secrets for the values of one label of a schema.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Salt {
    low: u64,
    high: u64,
}

/// Texts up to this length are two words.
pub(crate) const LONG: usize = 16;

/// An odd number with bits all over.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seed {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        let [start, label, end] = [0_u8, 1, 2].map(|number| random.hash_one(number));
        Self { start, label, end }
    }

    /// Returns the sum of no labels yet, of a schema.
    #[inline(always)]
    pub(crate) fn start(&self, schema: u16) -> u64 {
        self.start ^ u64::from(schema)
    }

    /// Returns the secrets of a label by its place in the schema.
    #[inline]
    pub(crate) fn salt(&self, place: usize) -> Salt {
        let [low, high] = [1, 2].map(|half| {
            let number = (2 * place as u64 + half).wrapping_mul(SPREAD);
            multiply(self.label ^ number, self.end ^ number)
        });
        Salt { low, high }
    }

    /// Returns the hash from the sum over all labels.
    #[inline(always)]
    pub(crate) const fn end(&self, sum: u64) -> u64 {
        multiply(sum, self.end | 1)
    }

    /// Returns the hash of the values of a schema in its order.
    #[inline(always)]
    pub(crate) fn hash<'v>(&self, schema: u16, values: impl Iterator<Item = &'v [u8]>) -> u64 {
        let shares = values
            .enumerate()
            .map(|(place, value)| self.salt(place).share(value, |_| ()));
        self.end(shares.fold(self.start(schema), u64::wrapping_add))
    }
}

impl Salt {
    /// Returns what a value adds to the sum; an empty one nothing. Calls `each` with words that, with the length, tell the value.
    #[inline(always)]
    pub(crate) fn share(self, value: &[u8], mut each: impl FnMut(u64)) -> u64 {
        let len = value.len();
        let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) else {
            if len == 0 {
                return 0;
            }
            let word = short(value);
            each(word);
            return self.fold(word, 0, len);
        };
        let (mut state, mut rest) = (self, value);
        while rest.len() > LONG
            && let Some((block, behind)) = rest.split_first_chunk::<LONG>()
        {
            let block = u128::from_le_bytes(*block);
            let (low, high) = (block as u64, (block >> 64) as u64);
            each(low);
            each(high);
            state.low = multiply(state.low ^ low, state.high ^ high);
            rest = behind;
        }
        // The last word reaches back over what comes before, where less than eight bytes are left.
        let first = rest.first_chunk().unwrap_or(first);
        let [first, last] = [first, last].map(|bytes| u64::from_le_bytes(*bytes));
        each(first);
        each(last);
        state.fold(first, last, len)
    }

    /// As [`Salt::share`], of a value that is a number.
    #[cfg(any(feature = "opentelemetry", test))]
    #[inline(always)]
    pub(crate) fn share_of_number(self, bits: u64) -> u64 {
        self.fold(bits, 0, 8)
    }

    /// The length is added behind the product, times a secret, so that no bytes of a value can make up for it.
    #[inline(always)]
    const fn fold(self, low: u64, high: u64, len: usize) -> u64 {
        multiply(self.low ^ low, self.high ^ high).wrapping_add((len as u64).wrapping_mul(self.high))
    }
}

/// Returns the bytes of a text of less than eight, with zeros behind them.
#[inline(always)]
pub(crate) fn short(text: &[u8]) -> u64 {
    let len = text.len();
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [first, last].map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
        first | last << (8 * (len - 4) % 64)
    } else if let [first, .., last] = text {
        let middle = len / 2;
        u64::from(*first) | u64::from(text[middle]) << (8 * middle) | u64::from(*last) << (8 * (len - 1))
    } else {
        text.first().map_or(0, |byte| u64::from(*byte))
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
        seed.hash(7, values.iter().map(|value| value.as_bytes()))
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
