//! The key of a series: the number of its schema and its values, packed into words.
//!
//! `[words: u16][schema: u16]`, then for each value its length (one byte, or two from 128 on) and its bytes; zeros up to the next
//! word. Equal labels have equal words.

use super::hash::Seed;
use vmotel_model::limits::MAX_LABEL_VALUE_BYTES;

/// Keys up to this length are made without an allocation.
const ON_STACK: usize = 128;

/// Bytes before the first value.
const HEAD: usize = 4;

/// The labels of a series as a caller has them: a schema, and the value of each of its labels.
pub(crate) struct Labels<F> {
    schema: u16,
    count: usize,
    value: F,
}

impl<'v, F: Fn(usize) -> &'v str> Labels<F> {
    /// The values are `value(0)` to `value(count - 1)`; they are cut to the longest that the server takes.
    #[inline(always)]
    pub(crate) const fn new(schema: u16, count: usize, value: F) -> Self {
        Self { schema, count, value }
    }

    #[inline(always)]
    pub(crate) fn key(&self) -> Key {
        Key::new(self.schema, self.count, &self.value)
    }

    #[inline(always)]
    pub(crate) fn hash(&self, seed: &Seed) -> u64 {
        let values = (0..self.count).map(|index| (index, cut((self.value)(index)).as_bytes()));
        seed.hash(self.schema, values)
    }

    /// Returns true if these are the labels of a short key, with zeros behind it or not.
    #[inline(always)]
    pub(crate) fn are_packed(&self, key: &[u8]) -> bool {
        if Packed(key).schema() != self.schema {
            return false;
        }
        let mut rest = key.get(HEAD..).unwrap_or_default();
        for index in 0..self.count {
            let value = (self.value)(index).as_bytes();
            let Some((&len, behind)) = rest.split_first() else {
                return false;
            };
            // A long value has its length in two bytes, and the first of them says so.
            if usize::from(len) != value.len() || len >= 0x80 {
                return false;
            }
            let Some((stored, behind)) = behind.split_at_checked(value.len()) else {
                return false;
            };
            if !are_equal(stored, value) {
                return false;
            }
            rest = behind;
        }
        true
    }
}

/// Compares texts of one length without a call: most values are short.
#[inline(always)]
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
        Some((*bytes.first_chunk::<N>()?, *bytes.last_chunk::<N>()?))
    }
    if a.len() > 32 {
        a == b
    } else if let (Some(a), Some(b)) = (ends::<16>(a), ends::<16>(b)) {
        let [a, b] = [a, b].map(|(first, last)| (u128::from_le_bytes(first), u128::from_le_bytes(last)));
        (a.0 ^ b.0) | (a.1 ^ b.1) == 0
    } else if let (Some(a), Some(b)) = (ends::<8>(a), ends::<8>(b)) {
        let [a, b] = [a, b].map(|(first, last)| (u64::from_le_bytes(first), u64::from_le_bytes(last)));
        (a.0 ^ b.0) | (a.1 ^ b.1) == 0
    } else if let (Some(a), Some(b)) = (ends::<4>(a), ends::<4>(b)) {
        let [a, b] = [a, b].map(|(first, last)| (u32::from_le_bytes(first), u32::from_le_bytes(last)));
        (a.0 ^ b.0) | (a.1 ^ b.1) == 0
    } else {
        a.iter().zip(b).all(|(a, b)| a == b)
    }
}

/// A key while it is looked up.
pub(crate) struct Key {
    stack: [u8; ON_STACK],
    /// The key, where it is longer than the stack takes.
    heap: Vec<u8>,
    /// A multiple of 8.
    len: usize,
    /// Whether a value was longer than the server takes.
    pub(super) is_cut: bool,
}

impl Key {
    /// Packs the values of the labels of a schema, `value(0)` to `value(count - 1)`; they are cut to the longest that the
    /// server takes.
    #[inline(always)]
    pub(crate) fn new<'v>(schema: u16, count: usize, value: impl Fn(usize) -> &'v str) -> Self {
        let mut key = Self {
            stack: [0; ON_STACK],
            heap: Vec::new(),
            len: 0,
            is_cut: false,
        };
        let mut at = HEAD;
        for index in 0..count {
            let bytes = cut(value(index)).as_bytes();
            let len = bytes.len();
            if len >= 0x80 || at + 1 + len > ON_STACK {
                return Self::allocated(schema, count, &value);
            }
            key.stack[at] = len as u8;
            copy_short(bytes, &mut key.stack[at + 1..at + 1 + len]);
            at += 1 + len;
        }
        key.len = at.next_multiple_of(8);
        let head = (key.len / 8) as u32 | u32::from(schema) << 16;
        key.stack[..HEAD].copy_from_slice(&head.to_le_bytes());
        key
    }

    #[cold]
    #[inline(never)]
    fn allocated<'v>(schema: u16, count: usize, value: &dyn Fn(usize) -> &'v str) -> Self {
        let mut heap = vec![0; HEAD];
        let mut is_cut = false;
        for index in 0..count {
            let whole = value(index);
            let bytes = cut(whole).as_bytes();
            let len = bytes.len();
            is_cut |= len < whole.len();
            if len >= 0x80 {
                heap.extend([len as u8 | 0x80, (len >> 7) as u8]);
            } else {
                heap.push(len as u8);
            }
            heap.extend_from_slice(bytes);
        }
        let len = heap.len().next_multiple_of(8);
        heap.resize(len, 0);
        let head = (len / 8) as u32 | u32::from(schema) << 16;
        heap[..HEAD].copy_from_slice(&head.to_le_bytes());
        Self {
            stack: [0; ON_STACK],
            heap,
            len,
            is_cut,
        }
    }

    /// Returns the key of these bytes, which were a key's.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            stack: [0; ON_STACK],
            len: bytes.len(),
            heap: bytes,
            is_cut: false,
        }
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        let bytes = if self.heap.is_empty() {
            &self.stack[..]
        } else {
            &self.heap
        };
        bytes.get(..self.len).unwrap_or_default()
    }

    #[inline(always)]
    pub(crate) fn words(&self) -> impl ExactSizeIterator<Item = u64> {
        let (words, _) = self.bytes().as_chunks::<8>();
        words.iter().map(|word| u64::from_le_bytes(*word))
    }

    /// Returns what [`Labels::hash`] returns for these labels.
    pub(crate) fn hash(&self, seed: &Seed) -> u64 {
        let packed = Packed(self.bytes());
        seed.hash(packed.schema(), packed.values().enumerate())
    }
}

/// Copies a few bytes without a call: most values are short.
#[inline(always)]
fn copy_short(from: &[u8], to: &mut [u8]) {
    let len = from.len();
    if len > 32 {
        to.copy_from_slice(from);
    } else if let (Some(first), Some(last)) = (from.first_chunk::<16>(), from.last_chunk::<16>()) {
        to[..16].copy_from_slice(first);
        to[len - 16..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        to[..8].copy_from_slice(first);
        to[len - 8..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        to[..4].copy_from_slice(first);
        to[len - 4..].copy_from_slice(last);
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// Cuts a value to the longest that the server takes, at the end of a character.
#[inline(always)]
pub(crate) fn cut(value: &str) -> &str {
    if value.len() <= MAX_LABEL_VALUE_BYTES {
        value
    } else {
        cut_long(value)
    }
}

#[cold]
fn cut_long(value: &str) -> &str {
    let end = (0..=MAX_LABEL_VALUE_BYTES)
        .rev()
        .find(|&end| value.is_char_boundary(end));
    &value[..end.unwrap_or(0)]
}

/// Returns the number of words of a key from its first one.
#[inline]
pub(crate) fn word_count(first: u64) -> usize {
    (first & 0xffff) as usize
}

/// A packed key, to take apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a>(pub(crate) &'a [u8]);

impl<'a> Packed<'a> {
    /// Returns the number of the key's schema.
    pub(crate) fn schema(&self) -> u16 {
        self.0
            .get(2..4)
            .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
    }

    /// Returns the values in order, and maybe some empty ones more.
    fn values(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0.get(HEAD..).unwrap_or_default();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (value, behind) = split(rest);
            rest = behind;
            Some(value)
        })
    }

    /// Returns the value at `index`; empty if there is none.
    pub(crate) fn value(&self, index: usize) -> &'a str {
        let mut rest = self.0.get(HEAD..).unwrap_or_default();
        for _ in 0..index {
            rest = split(rest).1;
        }
        std::str::from_utf8(split(rest).0).unwrap_or_default()
    }
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (len, rest) = match bytes {
        [low, high, rest @ ..] if low & 0x80 != 0 => {
            (usize::from(low & 0x7f) | usize::from(*high) << 7, rest)
        }
        [len, rest @ ..] => (usize::from(*len), rest),
        [] => (0, bytes),
    };
    rest.split_at_checked(len).unwrap_or_default()
}

impl vmotel_model::AttributeValues for Packed<'_> {
    fn value(&self, index: usize) -> &str {
        Packed::value(self, index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Key, Labels, Packed, Seed, word_count};

    proptest! {
        #[test]
        fn values_come_back(values in proptest::collection::vec(".{0,90}", 0..6), schema: u16) {
            let key = Key::new(schema, values.len(), |index| &values[index]);
            let words: Vec<u64> = key.words().collect();
            prop_assert_eq!(word_count(words[0]), words.len());
            let again = Key::from_bytes(words.into_iter().flat_map(u64::to_le_bytes).collect());
            prop_assert_eq!(again.bytes(), key.bytes());
            let packed = Packed(again.bytes());
            prop_assert_eq!(packed.schema(), schema);
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(packed.value(index), value);
            }
            let seed = Seed::new();
            let labels = Labels::new(schema, values.len(), |index| values[index].as_str());
            prop_assert_eq!(labels.hash(&seed), key.hash(&seed));
            let is_short = values.iter().all(|value| value.len() < 0x80);
            prop_assert_eq!(labels.are_packed(key.bytes()), is_short);
            let padded = [key.bytes(), &[0; 16]].concat();
            prop_assert_eq!(labels.are_packed(&padded), is_short);
        }

        /// Near misses of all lengths: a byte of one value is another, or a byte goes over to its neighbour.
        #[test]
        fn other_labels_are_not_taken_for_a_key(
            values in proptest::collection::vec("[ab]{0,40}", 3),
            at in 0..120_usize,
        ) {
            let joined = values.concat();
            let key = Key::new(3, 3, |index| values[index].as_str());
            let is = |schema, values: &[String]| {
                Labels::new(schema, 3, |index| values[index].as_str()).are_packed(key.bytes())
            };
            prop_assert!(!is(4, &values) && is(3, &values));
            let (mut index, mut left) = (0, at % joined.len().max(1));
            while index < 2 && left >= values[index].len() {
                left -= values[index].len();
                index += 1;
            }
            if left < values[index].len() {
                let mut other = values.clone();
                let byte = if &other[index][left..=left] == "a" { "b" } else { "a" };
                other[index].replace_range(left..=left, byte);
                prop_assert!(!is(3, &other));
            }
            let mut shifted = values;
            if let Some(last) = shifted[0].pop() {
                shifted[1].insert(0, last);
                prop_assert!(!is(3, &shifted));
            }
        }

        #[test]
        fn keys_are_equal_only_if_all_values_are(
            a in proptest::collection::vec("[ab]{0,3}", 3),
            b in proptest::collection::vec("[ab]{0,3}", 3),
        ) {
            let key = |values: &[String]| Key::new(0, 3, |index| values[index].as_str()).bytes().to_vec();
            prop_assert_eq!(key(&a) == key(&b), a == b);
        }
    }

    #[test]
    fn long_values_are_cut_at_the_end_of_a_character() {
        let long = "é".repeat(3000);
        let key = Key::new(1, 2, |index| [long.as_str(), "x"][index]);
        let packed = Packed(key.bytes());
        assert_eq!(packed.value(0), "é".repeat(2048));
        assert_eq!(packed.value(1), "x");
    }
}
