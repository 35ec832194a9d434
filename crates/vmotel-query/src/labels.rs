//! The labels of a series.

mod builder;
mod interner;
mod table;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

pub(crate) use builder::LabelsBuilder;
pub(crate) use interner::{Interner, Place};
use table::Table;

/// The labels of a series, sorted by name, the metric's name among them as `__name__`.
///
/// Cloning them is cheap. Those of one answer share their texts: equal names and values are in memory once, until the last of the
/// labels is gone; [`Self::detached`] makes a copy that stands alone.
///
/// # Examples
/// ```
/// use vmotel_query::Labels;
///
/// let labels = Labels::new([("job", "a"), ("__name__", "up")]);
/// assert_eq!(labels.name(), "up");
/// assert_eq!(labels.get("job"), Some("a"));
/// assert_eq!(labels.to_string(), "up{job=\"a\"}");
/// ```
#[derive(Clone, Default)]
pub struct Labels {
    table: Arc<Table>,
    /// The first of the pairs in the table.
    first: u32,
    len: u32,
}

impl Labels {
    /// Creates labels from pairs; of several with one name the last one counts, as for the server.
    ///
    /// # Panics
    /// If all texts together have 4 GiB or more.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut builder = LabelsBuilder::default();
        for (name, value) in pairs {
            builder.push(name.as_ref(), value.as_ref());
        }
        let mut labels = Self::default();
        assert!(builder.finish(), "the labels have less than 4 GiB");
        builder.write(&mut labels);
        labels
    }

    /// Returns a copy that keeps no other labels of its answer in memory.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self::new(self.iter())
    }

    /// Returns the metric's name, or the empty string.
    #[must_use]
    pub fn name(&self) -> &str {
        self.get("__name__").unwrap_or_default()
    }

    /// Returns the value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let pairs = self.pairs();
        let at = pairs
            .binary_search_by(|pair| self.table.text(pair.0).cmp(name))
            .ok()?;
        Some(self.table.text(pairs[at].1))
    }

    /// Returns the pairs in order of their names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let table = &self.table;
        self.pairs()
            .iter()
            .map(move |pair| (table.text(pair.0), table.text(pair.1)))
    }

    /// Returns the number of labels, the metric's name included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns true if there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn pairs(&self) -> &[(u32, u32)] {
        self.table.pairs(self.first, self.len)
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.table, &other.table) && self.pairs() == other.pairs())
            || (self.len == other.len && self.iter().eq(other.iter()))
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.len);
        for pair in self.iter() {
            pair.hash(state);
        }
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        f.write_str("{")?;
        for (i, (name, value)) in self.iter().filter(|(name, _)| *name != "__name__").enumerate() {
            write!(f, "{}{name}={value:?}", if i == 0 { "" } else { "," })?;
        }
        f.write_str("}")
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(pair) = map.next_entry::<String, String>()? {
                    pairs.push(pair);
                }
                Ok(Labels::new(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
