//! The labels of a series.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The labels of a series, sorted by name, the metric's name among them as `__name__`.
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Vec<(String, String)>);

impl Labels {
    /// Creates labels from pairs; of several with one name the last one counts, as for the server.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(String, String)> = pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        Self(pairs)
    }

    /// Returns the metric's name, or the empty string.
    #[must_use]
    pub fn name(&self) -> &str {
        self.get("__name__").unwrap_or_default()
    }

    /// Returns the value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// Returns the pairs in order of their names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the number of labels, the metric's name included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
