//! The label plans of one family, found by the keys of a point.

use std::collections::{BTreeSet, HashMap};

use opentelemetry::{Key, Value};
use vmotel_model::{Kind, LabelPlan, LabelSize, Naming, TextTemplate};

use super::{attributes::PointValues, points::DataPoint};

/// What all series of a family have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) naming: Naming,
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) scope: &'a [(String, String)],
    pub(super) constant: &'a [(String, String)],
}

/// A plan and its template for one sequence of keys.
#[derive(Debug)]
pub(super) struct Planned {
    keys: Vec<Key>,
    pub(super) labels: LabelPlan,
    pub(super) template: TextTemplate,
    pub(super) size: LabelSize,
}

/// The plans of a family: few, as most points of a metric have the same keys in the same order.
#[derive(Debug, Default)]
pub(super) struct Plans {
    plans: Vec<Planned>,
    by_keys: HashMap<Vec<Key>, usize>,
    current: usize,
}

/// How many plans are compared one by one before the map is asked.
const FEW: usize = 4;

impl Plans {
    pub(super) fn get(&self, index: usize) -> &Planned {
        &self.plans[index]
    }

    pub(super) fn len(&self) -> usize {
        self.plans.len()
    }

    /// Fills in the values of a point and returns the number of the plan for its keys.
    #[inline]
    pub(super) fn load<'d, P: DataPoint>(
        &mut self,
        common: &Common<'_>,
        point: &'d P,
        values: &mut PointValues<'d>,
    ) -> usize {
        values.clear();
        let keys = self.plans.get(self.current).map(|plan| plan.keys.as_slice());
        let mut same = keys.is_some();
        let mut keys = keys.unwrap_or_default().iter();
        for attribute in point.attributes() {
            same = same
                && keys
                    .next()
                    .is_some_and(|key| same_text(key.as_str(), attribute.key.as_str()));
            values.push(attribute);
        }
        if !same || keys.next().is_some() {
            self.current = self.find(common, keys_of(point));
        }
        self.current
    }

    /// Finds or makes the plan for these keys.
    #[cold]
    fn find(&mut self, common: &Common<'_>, keys: Vec<Key>) -> usize {
        if let Some(index) = self.plans.iter().take(FEW).position(|plan| plan.keys == keys) {
            return index;
        }
        if let Some(index) = self.by_keys.get(&keys) {
            return *index;
        }
        let Common {
            naming,
            name,
            kind,
            scope,
            constant,
        } = *common;
        // Of equal keys the SDK counts the first, but hands over points with the others left in, or not, as it happens.
        let counted = keys
            .iter()
            .map(Key::as_str)
            .enumerate()
            .filter(|(index, key)| !keys[..*index].iter().any(|before| before.as_str() == *key));
        let labels = LabelPlan::with_positions(naming, kind, counted, scope, constant);
        let template = labels.template(name);
        self.by_keys.insert(keys.clone(), self.plans.len());
        self.plans.push(Planned {
            keys,
            size: labels.size(),
            labels,
            template,
        });
        self.plans.len() - 1
    }

    /// Returns true if no two of the points can have equal labels.
    ///
    /// The SDK's attribute sets are distinct; their labels are too where nothing is joined or dropped, no empty value is left
    /// out, values of one label are of one type, and no two different sets of keys become the same names.
    pub(super) fn distinct<'d, P: DataPoint + 'd>(
        &mut self,
        common: &Common<'_>,
        points: impl Iterator<Item = &'d P>,
    ) -> bool {
        // The types of each plan's values, by the number of the plan; none where the plan has no point.
        let mut types: Vec<Option<Vec<Type>>> = Vec::new();
        let mut empty = false;
        for point in points {
            let keys = self.plans.get(self.current).map(|plan| plan.keys.as_slice());
            let mut same = keys.is_some();
            let mut keys = keys.unwrap_or_default().iter();
            let expected = types.get(self.current).and_then(Option::as_deref);
            let mut expected = expected.unwrap_or_default().iter();
            for attribute in point.attributes() {
                same = same
                    && keys
                        .next()
                        .is_some_and(|key| same_text(key.as_str(), attribute.key.as_str()))
                    && expected
                        .next()
                        .is_some_and(|expected| Type::of(&attribute.value) == Some(*expected));
                empty |= matches!(&attribute.value, Value::String(value) if value.as_str().is_empty());
            }
            if same && keys.next().is_none() {
                continue;
            }
            let Some(found) = point
                .attributes()
                .map(|attribute| Type::of(&attribute.value))
                .collect()
            else {
                return false;
            };
            self.current = self.find(common, keys_of(point));
            if !self.plans[self.current].labels.is_distinct() {
                return false;
            }
            if types.len() <= self.current {
                types.resize(self.current + 1, None);
            }
            match &types[self.current] {
                Some(types) if *types != found => return false,
                Some(_) => {}
                None => types[self.current] = Some(found),
            }
        }
        let used = || {
            let plans = self.plans.iter().zip(&types);
            plans.filter_map(|(plan, types)| types.as_ref().map(|types| (plan, types)))
        };
        if used().count() < 2 {
            return true;
        }
        let mut type_of: HashMap<&str, Type> = HashMap::new();
        for (plan, types) in used() {
            for (key, of) in plan.keys.iter().zip(types) {
                if *type_of.entry(key.as_str()).or_insert(*of) != *of {
                    return false;
                }
            }
        }
        let mut names: HashMap<Vec<&str>, BTreeSet<&str>> = HashMap::new();
        for (plan, _) in used() {
            let keys: BTreeSet<&str> = plan.keys.iter().map(Key::as_str).collect();
            if *names
                .entry(plan.labels.names().collect())
                .or_insert_with(|| keys.clone())
                != keys
            {
                return false;
            }
        }
        !empty || names.len() < 2
    }
}

/// The types whose values differ in text whenever they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    String,
    Bool,
    I64,
}

impl Type {
    const fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(_) => Some(Self::String),
            Value::Bool(_) => Some(Self::Bool),
            Value::I64(_) => Some(Self::I64),
            _ => None,
        }
    }
}

fn keys_of<P: DataPoint>(point: &P) -> Vec<Key> {
    point
        .attributes()
        .map(|attribute| attribute.key.clone())
        .collect()
}

/// Compares keys: mostly the same literal, so that its address tells.
#[inline]
fn same_text(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}
