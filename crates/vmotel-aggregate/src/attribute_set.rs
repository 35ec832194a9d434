//! Sets of attributes: sorted, distinct, immutable, with their hash.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    sync::LazyLock,
};

use foldhash::fast::RandomState;
use opentelemetry::{Key, KeyValue, Value};
use papaya::Equivalent;

/// One seed for the process, so that equal sets have equal hashes everywhere, and nobody outside can aim at collisions.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// A set of attributes: sorted by key, each key once, with its hash.
///
/// Of attributes with equal keys, the last one wins, as in the OpenTelemetry specification.
///
/// # Examples
/// ```
/// use opentelemetry::KeyValue;
/// use vmotel_aggregate::AttributeSet;
///
/// let one = AttributeSet::new(&[KeyValue::new("b", 2), KeyValue::new("a", "x")]);
/// let other = AttributeSet::new(&[KeyValue::new("a", "x"), KeyValue::new("b", 1), KeyValue::new("b", 2)]);
/// assert_eq!(one, other);
/// assert_eq!(one.iter().map(|attribute| attribute.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
/// ```
#[derive(Clone)]
pub struct AttributeSet {
    hash: u64,
    attributes: Box<[KeyValue]>,
}

impl AttributeSet {
    /// Creates a set of these attributes.
    #[must_use]
    pub fn new(attributes: &[KeyValue]) -> Self {
        let mut set: Vec<KeyValue> = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            match set.binary_search_by(|known| known.key.cmp(&attribute.key)) {
                Ok(at) => set[at] = attribute.clone(),
                Err(at) => set.insert(at, attribute.clone()),
            }
        }
        Self {
            hash: hash_distinct(&set),
            attributes: set.into_boxed_slice(),
        }
    }

    /// Returns the attributes in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, KeyValue> {
        self.attributes.iter()
    }

    /// Returns the attributes as a slice, for the instruments of OpenTelemetry.
    #[must_use]
    pub fn as_slice(&self) -> &[KeyValue] {
        &self.attributes
    }

    /// Returns true if `attributes`, whose keys are distinct, are the attributes of this set in any order.
    #[inline]
    fn equals(&self, attributes: &[KeyValue]) -> bool {
        self.attributes.len() == attributes.len()
            && attributes.iter().enumerate().all(|(at, attribute)| {
                // Most callers have their keys in order, so the same place comes first.
                let known = match self.attributes.get(at) {
                    Some(known) if same_key(&known.key, &attribute.key) => Some(known),
                    _ => self
                        .attributes
                        .iter()
                        .find(|known| same_key(&known.key, &attribute.key)),
                };
                known.is_some_and(|known| same(&known.value, &attribute.value))
            })
    }
}

impl PartialEq for AttributeSet {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.attributes.len() == other.attributes.len()
            && self
                .iter()
                .zip(other)
                .all(|(a, b)| a.key == b.key && same(&a.value, &b.value))
    }
}

impl Eq for AttributeSet {}

impl Hash for AttributeSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<'a> IntoIterator for &'a AttributeSet {
    type Item = &'a KeyValue;
    type IntoIter = std::slice::Iter<'a, KeyValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for AttributeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.iter()
                    .map(|attribute| (attribute.key.as_str(), &attribute.value)),
            )
            .finish()
    }
}

/// Attributes with distinct keys, in any order, to look up the equal [`AttributeSet`] without making one.
pub(crate) struct Query<'a> {
    hash: u64,
    attributes: &'a [KeyValue],
}

impl<'a> Query<'a> {
    /// Returns `None` if two keys are equal: then which one wins depends on the order, and only a set can tell.
    #[inline]
    pub(crate) fn new(attributes: &'a [KeyValue]) -> Option<Self> {
        let distinct = attributes.iter().enumerate().all(|(at, attribute)| {
            attributes[..at]
                .iter()
                .all(|before| !same_key(&before.key, &attribute.key))
        });
        distinct.then(|| Self {
            hash: hash_distinct(attributes),
            attributes,
        })
    }
}

impl Hash for Query<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<AttributeSet> for Query<'_> {
    fn equivalent(&self, set: &AttributeSet) -> bool {
        self.hash == set.hash && set.equals(self.attributes)
    }
}

/// A hasher for keys that bring their hash along.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only whole hashes come here; anything else would still be a hash, if a poor one.
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl BuildHasher for Ready {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

/// Hashes attributes with distinct keys so that their order does not matter: the hashes of the attributes are added.
///
/// Of a key only its length and ends take part, which is enough to tell the few keys of one metric apart; a collision costs a
/// comparison. Values, which come from outside, take part whole, under the process's seed.
#[inline]
fn hash_distinct(attributes: &[KeyValue]) -> u64 {
    let seed = &*SEED;
    attributes
        .iter()
        .fold(attributes.len() as u64, |hash, attribute| {
            let mut hasher = seed.build_hasher();
            hash_value(&attribute.value, &mut hasher);
            let mixed = (hasher.finish() ^ tag(&attribute.key)).wrapping_mul(MULTIPLIER);
            hash.wrapping_add(mixed ^ (mixed >> 32))
        })
}

/// Hashes a text under the process's seed.
#[inline]
pub(crate) fn hash_text(text: &str) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// An odd number with well-spread bits, from the fraction of the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn tag(key: &Key) -> u64 {
    let bytes = key.as_str().as_bytes();
    let end = |byte: Option<&u8>| u64::from(byte.copied().unwrap_or_default());
    (bytes.len() as u64) << 16 | end(bytes.first()) << 8 | end(bytes.last())
}

#[inline]
fn hash_value(value: &Value, hasher: &mut impl Hasher) {
    match value {
        Value::String(text) => hasher.write(text.as_str().as_bytes()),
        Value::I64(number) => hasher.write_u64(number.cast_unsigned()),
        Value::Bool(truth) => hasher.write_u8(u8::from(*truth)),
        Value::F64(number) => hasher.write_u64(number.to_bits()),
        other => hasher.write(other.as_str().as_bytes()),
    }
}

/// Compares values as attributes are compared: doubles by their bits, so that NaN equals itself.
#[inline]
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => same_text(a.as_str(), b.as_str()),
        (a, b) => same_other(a, b),
    }
}

#[inline(never)]
fn same_other(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        (Value::Array(_), Value::Array(_)) => a.as_str() == b.as_str(),
        (a, b) => a == b,
    }
}

#[inline]
fn same_key(a: &Key, b: &Key) -> bool {
    same_text(a.as_str(), b.as_str())
}

/// Compares texts; the many that are one literal are told by their place, without a look at their bytes.
#[inline]
fn same_text(a: &str, b: &str) -> bool {
    a.len() == b.len() && (std::ptr::eq(a, b) || a == b)
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

    use super::{AttributeSet, Query};

    #[test]
    fn a_query_finds_any_order_and_refuses_duplicates() {
        let set = AttributeSet::new(&[
            KeyValue::new("a", 1),
            KeyValue::new("b", "2"),
            KeyValue::new("c", true),
        ]);
        let other_order = [
            KeyValue::new("c", true),
            KeyValue::new("a", 1),
            KeyValue::new("b", "2"),
        ];
        assert_eq!(Query::new(&other_order).unwrap().hash, set.hash);
        assert!(set.equals(&other_order));
        assert!(!set.equals(&[
            KeyValue::new("c", true),
            KeyValue::new("a", 1),
            KeyValue::new("b", "3")
        ]));
        assert!(!set.equals(&other_order[..2]));
        assert!(Query::new(&[KeyValue::new("a", 1), KeyValue::new("a", 1)]).is_none());
    }

    #[test]
    fn values_of_other_types_are_other_values() {
        let of = |value: opentelemetry::Value| AttributeSet::new(&[KeyValue::new("a", value)]);
        assert_ne!(of(1.into()), of("1".into()));
        assert_eq!(of(f64::NAN.into()), of(f64::NAN.into()));
        assert_ne!(of(0.0.into()), of((-0.0).into()));
    }
}
