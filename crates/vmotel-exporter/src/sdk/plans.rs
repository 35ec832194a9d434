//! The label plans of one family, found by the keys of a point.

use std::collections::{BTreeSet, HashMap};

use opentelemetry::Value;
use vmotel_model::{Kind, LabelPlan, Naming, TextTemplate};

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
pub(super) struct Planned<'d> {
    keys: Vec<&'d str>,
    pub(super) labels: LabelPlan,
    pub(super) template: TextTemplate,
}

/// The plans of a family: few, as most points of a metric have the same keys in the same order.
#[derive(Debug)]
pub(super) struct Plans<'a, 'd> {
    common: Common<'a>,
    plans: Vec<Planned<'d>>,
    by_keys: HashMap<Vec<&'d str>, usize>,
    current: usize,
}

/// How many plans are compared one by one before the map is asked.
const FEW: usize = 4;

impl<'a, 'd> Plans<'a, 'd> {
    pub(super) fn new(common: Common<'a>) -> Self {
        Self {
            common,
            plans: Vec::new(),
            by_keys: HashMap::new(),
            current: 0,
        }
    }

    /// Fills in the values of a point and returns the plan for its keys.
    #[inline]
    pub(super) fn load<P: DataPoint>(&mut self, point: &'d P, values: &mut PointValues<'d>) -> &Planned<'d> {
        values.clear();
        let keys = self.plans.get(self.current).map(|plan| plan.keys.as_slice());
        let mut same = keys.is_some();
        let mut keys = keys.unwrap_or_default().iter();
        for attribute in point.attributes() {
            same = same
                && keys
                    .next()
                    .is_some_and(|key| same_text(key, attribute.key.as_str()));
            values.push(attribute);
        }
        if !same || keys.next().is_some() {
            self.current = self.find(keys_of(point));
        }
        &self.plans[self.current]
    }

    /// Finds or makes the plan for these keys.
    #[cold]
    fn find(&mut self, keys: Vec<&'d str>) -> usize {
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
        } = self.common;
        // Of equal keys the SDK counts the first, but hands over points with the others left in, or not, as it happens.
        let counted = keys
            .iter()
            .copied()
            .enumerate()
            .filter(|(index, key)| !keys[..*index].contains(key));
        let labels = LabelPlan::with_positions(naming, kind, counted, scope, constant);
        let template = labels.template(name);
        self.by_keys.insert(keys.clone(), self.plans.len());
        self.plans.push(Planned {
            keys,
            labels,
            template,
        });
        self.plans.len() - 1
    }

    /// Returns true if no two of the points can have equal labels.
    ///
    /// The SDK's attribute sets are distinct; their labels are too where nothing is joined or dropped, no empty value is left
    /// out, values of one label are of one type, and no two different sets of keys become the same names.
    pub(super) fn distinct<P: DataPoint + 'd>(mut self, points: impl Iterator<Item = &'d P>) -> bool {
        // The types of each plan's values; checked by position, as this runs for every point of a scrape.
        let mut types: Vec<Vec<Type>> = Vec::new();
        let mut empty = false;
        for point in points {
            let keys = self.plans.get(self.current).map(|plan| plan.keys.as_slice());
            let mut same = keys.is_some();
            let mut keys = keys.unwrap_or_default().iter();
            let mut expected = types
                .get(self.current)
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter();
            for attribute in point.attributes() {
                same = same
                    && keys
                        .next()
                        .is_some_and(|key| same_text(key, attribute.key.as_str()))
                    && expected.next().copied() == Type::of(&attribute.value);
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
            self.current = self.find(keys_of(point));
            if !self.plans[self.current].labels.is_distinct() {
                return false;
            }
            match types.get(self.current) {
                Some(types) if *types != found => return false,
                Some(_) => {}
                None => types.push(found),
            }
        }
        if self.plans.len() < 2 {
            return true;
        }
        let mut type_of: HashMap<&str, Type> = HashMap::new();
        for (plan, types) in self.plans.iter().zip(&types) {
            for (key, of) in plan.keys.iter().zip(types) {
                if *type_of.entry(key).or_insert(*of) != *of {
                    return false;
                }
            }
        }
        let mut names: HashMap<Vec<&str>, BTreeSet<&str>> = HashMap::new();
        for plan in &self.plans {
            let keys: BTreeSet<&str> = plan.keys.iter().copied().collect();
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

fn keys_of<P: DataPoint>(point: &P) -> Vec<&str> {
    point
        .attributes()
        .map(|attribute| attribute.key.as_str())
        .collect()
}

/// Compares keys: mostly the same literal, so that its address tells.
#[inline]
fn same_text(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}
