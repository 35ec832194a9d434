//! From a sequence of attribute keys to labels: worked out once, applied to each point.

mod build;
mod template;

use std::fmt;

pub use self::template::TextTemplate;
use crate::{Kind, LabelSet, LabelSize, Naming};

/// The values of a point's attributes as text, by the position of their keys.
pub trait AttributeValues: fmt::Debug {
    /// Returns the value at `index`; empty if there is none.
    fn value(&self, index: usize) -> &str;
}

impl AttributeValues for [&str] {
    fn value(&self, index: usize) -> &str {
        self.get(index).copied().unwrap_or_default()
    }
}

impl AttributeValues for [String] {
    fn value(&self, index: usize) -> &str {
        self.get(index).map(String::as_str).unwrap_or_default()
    }
}

/// The labels of all points that have the same attribute keys in the same order.
///
/// Names are translated, sorted and distinct. Where two keys become one name, their values are joined with `;` in the order
/// of the keys; of equal keys the last wins. Labels that the type owns (`le`, `quantile`, `vmrange`, `__name__`) and under
/// [`Naming::Parity`] `job` and `instance` become `exported_...`. Empty values are left out, as to the server they are absent.
///
/// ```
/// use vmotel_model::{Kind, LabelPlan, LabelSet, Naming};
///
/// let plan = LabelPlan::new(Naming::Parity, Kind::Gauge, ["http.route", "a.b", "a_b"], &[], &[]);
/// let mut labels = Vec::new();
/// plan.labels(["/", "1", "2"].as_slice()).for_each(&mut |name, value| labels.push(format!("{name}={value}")));
/// assert_eq!(labels, ["a_b=1;2", "http_route=/"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPlan {
    entries: Vec<Entry>,
    distinct: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Fixed(String),
    One(usize),
    Join(Vec<usize>),
}

impl LabelPlan {
    /// Works out the labels for points with these keys.
    ///
    /// `scope` labels are exposed names and win over attributes; `constant` labels are exposed names and lose to them.
    #[must_use]
    pub fn new<'k>(
        naming: Naming,
        kind: Kind,
        keys: impl IntoIterator<Item = &'k str>,
        scope: &[(String, String)],
        constant: &[(String, String)],
    ) -> Self {
        Self::with_positions(naming, kind, keys.into_iter().enumerate(), scope, constant)
    }

    /// Works out the labels for points of which only the attributes at these positions count.
    ///
    /// For sources where other attributes are known to be void.
    #[must_use]
    pub fn with_positions<'k>(
        naming: Naming,
        kind: Kind,
        keys: impl IntoIterator<Item = (usize, &'k str)>,
        scope: &[(String, String)],
        constant: &[(String, String)],
    ) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        build::plan(naming, kind, &keys, scope, constant)
    }

    /// Returns true if points with different values have different labels: no key was joined, dropped or shadowed.
    #[must_use]
    pub const fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// Returns the names of the labels in order, those included that are left out where their value is empty.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Returns how many labels a point has at most, and how long their names are.
    #[must_use]
    pub fn size(&self) -> LabelSize {
        LabelSize {
            count: self.entries.len(),
            longest_name: self.names().map(str::len).max().unwrap_or(0),
        }
    }

    /// Returns the labels of a point.
    #[must_use]
    pub const fn labels<'a, V: AttributeValues + ?Sized>(&'a self, values: &'a V) -> PlannedLabels<'a, V> {
        PlannedLabels { plan: self, values }
    }

    /// Returns the template of the ready text under an exposed metric name.
    #[must_use]
    pub fn template(&self, name: &str) -> TextTemplate {
        TextTemplate::new(self, name)
    }

    fn for_each<V: AttributeValues + ?Sized>(&self, values: &V, f: &mut dyn FnMut(&str, &str)) {
        for entry in &self.entries {
            match &entry.value {
                Value::Fixed(value) => f(&entry.name, value),
                Value::One(index) => {
                    let value = values.value(*index);
                    if !value.is_empty() {
                        f(&entry.name, value);
                    }
                }
                Value::Join(indexes) => f(&entry.name, &joined(indexes, values)),
            }
        }
    }
}

/// Joins values with `;`, as the specification says.
fn joined<V: AttributeValues + ?Sized>(indexes: &[usize], values: &V) -> String {
    indexes
        .iter()
        .map(|index| values.value(*index))
        .collect::<Vec<_>>()
        .join(";")
}

/// The labels of one point under a [`LabelPlan`].
pub struct PlannedLabels<'a, V: ?Sized> {
    plan: &'a LabelPlan,
    values: &'a V,
}

impl<V: AttributeValues + ?Sized> LabelSet for PlannedLabels<'_, V> {
    fn for_each(&self, f: &mut dyn FnMut(&str, &str)) {
        self.plan.for_each(self.values, f);
    }
}

impl<V: AttributeValues + ?Sized> fmt::Debug for PlannedLabels<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.for_each(&mut |name, value| {
            map.entry(&name, &value);
        });
        map.finish()
    }
}
