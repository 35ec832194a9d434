//! Makes a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, LabelPlan, Value};
use crate::{
    Kind, Naming,
    naming::{gives_way, owned_labels},
};

pub(super) fn plan(
    naming: Naming,
    kind: Kind,
    keys: &[(usize, &str)],
    scope: &[(String, String)],
    constant: &[(String, String)],
) -> LabelPlan {
    // Of equal keys the last wins; the map is sorted by key, which is the order in which values are joined.
    let last: BTreeMap<&str, usize> = keys.iter().map(|(index, key)| (*key, *index)).collect();
    let mut distinct = last.len() == keys.len();

    let taken: BTreeSet<String> = last
        .keys()
        .map(|key| naming.label_name(key).into_owned())
        .collect();
    let mut labels: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (key, index) in &last {
        let label = exported(naming, kind, naming.label_name(key).into_owned(), &taken);
        labels.entry(label).or_default().push(*index);
    }

    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in constant
        .iter()
        .filter(|(name, value)| !value.is_empty() && !owned_labels(kind).contains(&name.as_str()))
    {
        entries.insert(name.clone(), Value::Fixed(value.clone()));
    }
    for (name, indexes) in labels {
        let value = match indexes[..] {
            [index] => Value::One(index),
            _ => {
                distinct = false;
                Value::Join(indexes)
            }
        };
        entries.insert(name, value);
    }
    for (name, value) in scope.iter().filter(|(_, value)| !value.is_empty()) {
        let shadowed = entries.insert(name.clone(), Value::Fixed(value.clone()));
        distinct &= matches!(shadowed, None | Some(Value::Fixed(_)));
    }
    LabelPlan {
        entries: entries
            .into_iter()
            .map(|(name, value)| Entry { name, value })
            .collect(),
        distinct,
    }
}

/// Puts `exported_` before a label that has to give way, and before one whose name is taken by such a label.
fn exported(naming: Naming, kind: Kind, label: String, taken: &BTreeSet<String>) -> String {
    let mut stem = label.as_str();
    loop {
        if gives_way(naming, kind, stem) {
            return format!("exported_{label}");
        }
        match stem.strip_prefix("exported_") {
            Some(rest) if taken.contains(rest) => stem = rest,
            _ => return label,
        }
    }
}
