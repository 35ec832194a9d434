//! The key of a series: the number of its schema and its values, packed into words.
//!
//! `[words: u16][schema: u16]`, then for each value its length (one byte, or two from 128 on) and its bytes; zeros up to the next
//! word. Equal labels have equal words.

use vmotel_model::limits::MAX_LABEL_VALUE_BYTES;

use super::hash::{Seed, short};

/// Keys of up to so many words are made without an allocation.
const ON_STACK: usize = 16;

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

    pub(crate) fn key(&self) -> Key {
        Key::new(self.schema, self.count, &self.value)
    }

    /// Makes a key that of these labels, in place.
    #[inline(always)]
    pub(crate) fn pack(&self, key: &mut Key) {
        key.pack(self.schema, self.count, &self.value);
    }

    pub(crate) fn hash(&self, seed: &Seed) -> u64 {
        let values = (0..self.count).map(|index| cut((self.value)(index)).as_bytes());
        seed.hash(self.schema, values)
    }
}

/// A key while it is looked up.
pub(crate) struct Key {
    stack: [u64; ON_STACK],
    /// The key, where it is longer than the stack takes.
    heap: Vec<u64>,
    /// Words on the stack.
    len: usize,
    /// Whether a value was longer than the server takes.
    pub(super) is_cut: bool,
}

/// Packs bytes into words; all but the words stays in registers.
struct Packing<'a> {
    words: &'a mut [u64; ON_STACK],
    len: usize,
    /// The word that is not full yet, and its bits so far.
    last: u64,
    bits: usize,
}

impl Packing<'_> {
    /// Adds up to eight bytes, with zeros behind them.
    #[inline(always)]
    fn push(&mut self, bytes: u64, count: usize) {
        let full = self.last | bytes << (self.bits % 64);
        if let Some(word) = self.words.get_mut(self.len) {
            *word = full;
        }
        let beyond = (bytes >> 1) >> (63 - self.bits % 64);
        let bits = self.bits + 8 * count;
        self.last = if bits >= 64 { beyond } else { full };
        self.len += bits / 64;
        self.bits = bits % 64;
    }

    /// Adds a value of less than 128 bytes with its length.
    #[inline(always)]
    fn push_value(&mut self, value: &[u8]) {
        let len = value.len();
        let Some(last) = value.last_chunk() else {
            return self.push(short(value) << 8 | len as u64, 1 + len);
        };
        self.push(len as u64, 1);
        let (chunks, rest) = value.as_chunks();
        for chunk in chunks {
            self.push(u64::from_le_bytes(*chunk), 8);
        }
        if !rest.is_empty() {
            self.push(u64::from_le_bytes(*last) >> (64 - 8 * rest.len()), rest.len());
        }
    }
}

impl Key {
    /// Returns a key of nothing, to pack labels into.
    #[inline(always)]
    pub(crate) const fn empty() -> Self {
        Self {
            stack: [0; ON_STACK],
            heap: Vec::new(),
            len: 0,
            is_cut: false,
        }
    }

    /// Returns the key of the labels of a schema, whose values are `value(0)` to `value(count - 1)`; they are cut to the longest
    /// that the server takes.
    pub(crate) fn new<'v>(schema: u16, count: usize, value: impl Fn(usize) -> &'v str) -> Self {
        let mut key = Self::empty();
        key.pack(schema, count, value);
        key
    }

    /// Packs labels into an empty key: in place, as a copy would wait for what was just written.
    #[inline(always)]
    fn pack<'v>(&mut self, schema: u16, count: usize, value: impl Fn(usize) -> &'v str) {
        let mut packing = Packing {
            words: &mut self.stack,
            len: 0,
            last: 0,
            bits: 8 * HEAD,
        };
        for index in 0..count {
            let bytes = value(index).as_bytes();
            let end = 8 * packing.len + packing.bits / 8 + 1 + bytes.len();
            if bytes.len() >= 0x80 || end > 8 * ON_STACK {
                *self = Self::allocated(schema, count, &value);
                return;
            }
            packing.push_value(bytes);
        }
        let Packing { len, last, bits, .. } = packing;
        if bits > 0
            && let Some(word) = self.stack.get_mut(len)
        {
            *word = last;
        }
        self.len = len + usize::from(bits > 0);
        self.stack[0] |= head(schema, self.len);
    }

    #[cold]
    #[inline(never)]
    fn allocated<'v>(schema: u16, count: usize, value: &dyn Fn(usize) -> &'v str) -> Self {
        let mut bytes = vec![0; HEAD];
        let mut is_cut = false;
        for index in 0..count {
            let whole = value(index);
            let value = cut(whole).as_bytes();
            let len = value.len();
            is_cut |= len < whole.len();
            if len >= 0x80 {
                bytes.extend([len as u8 | 0x80, (len >> 7) as u8]);
            } else {
                bytes.push(len as u8);
            }
            bytes.extend_from_slice(value);
        }
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let (words, _) = bytes.as_chunks();
        let mut words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        words[0] |= head(schema, words.len());
        Self {
            is_cut,
            ..Self::from_words(words)
        }
    }

    /// Returns the key of these words, which were a key's.
    pub(crate) fn from_words(words: Vec<u64>) -> Self {
        Self {
            stack: [0; ON_STACK],
            len: 0,
            heap: words,
            is_cut: false,
        }
    }

    #[inline(always)]
    pub(crate) fn words(&self) -> &[u64] {
        if self.heap.is_empty() {
            self.stack.get(..self.len).unwrap_or_default()
        } else {
            &self.heap
        }
    }

    /// Returns the bytes of its words, to take them apart.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.words().iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Returns what [`Labels::hash`] returns for these labels.
    pub(crate) fn hash(&self, seed: &Seed) -> u64 {
        let bytes = self.bytes();
        let packed = Packed(&bytes);
        seed.hash(packed.schema(), packed.values())
    }
}

/// Returns what the first word begins with.
#[inline(always)]
fn head(schema: u16, words: usize) -> u64 {
    words as u64 | u64::from(schema) << 16
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
            prop_assert_eq!(word_count(key.words()[0]), key.words().len());
            let again = Key::from_words(key.words().to_vec());
            prop_assert_eq!(again.words(), key.words());
            let bytes = key.bytes();
            let packed = Packed(&bytes);
            prop_assert_eq!(packed.schema(), schema);
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(packed.value(index), value);
            }
            let seed = Seed::new();
            let labels = Labels::new(schema, values.len(), |index| values[index].as_str());
            prop_assert_eq!(labels.hash(&seed), key.hash(&seed));
            let packed_again = labels.key();
            prop_assert_eq!(packed_again.words(), key.words());
        }

        /// Near misses of all lengths: a byte of one value is another, or a byte goes over to its neighbour.
        #[test]
        fn other_labels_are_not_taken_for_a_key(
            values in proptest::collection::vec("[ab]{0,40}|[ab]{120,140}", 3),
            at in 0..420_usize,
        ) {
            let joined = values.concat();
            let key = Key::new(3, 3, |index| values[index].as_str());
            let is = |schema, values: &[String]| {
                Key::new(schema, 3, |index| values[index].as_str()).words() == key.words()
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
            let key = |values: &[String]| Key::new(0, 3, |index| values[index].as_str()).bytes();
            prop_assert_eq!(key(&a) == key(&b), a == b);
        }
    }

    #[test]
    fn long_values_are_cut_at_the_end_of_a_character() {
        let long = "é".repeat(3000);
        let key = Key::new(1, 2, |index| [long.as_str(), "x"][index]);
        let bytes = key.bytes();
        let packed = Packed(&bytes);
        assert_eq!(packed.value(0), "é".repeat(2048));
        assert_eq!(packed.value(1), "x");
    }
}
