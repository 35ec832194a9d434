//! The controller behind a family: under which attributes a measurement is added up.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use opentelemetry::{KeyValue, Value};
use papaya::HashMap;
use seize::Collector;
use vmotel_cardinality::{Decision, Metric, SetId};
use vmotel_model::attribute_text;

use super::{accumulator::Accumulator, series::Series};
use crate::attribute_set::Ready;

/// Attributes that are checked without an allocation.
const ON_STACK: usize = 32;

/// What a family has where a controller bounds it.
pub(crate) struct Limiter<A: Accumulator> {
    metric: Metric,
    pub(crate) dry_run: bool,
    /// The series of admitted sets, folded ones included, by the controller's name of the set.
    pub(crate) by_set: HashMap<u64, Arc<Series<A>>, Ready>,
    /// Evicted series with live handles: what is added to them moves on at each collection.
    pub(crate) detached: Mutex<Vec<Arc<Series<A>>>>,
}

impl<A: Accumulator> Limiter<A> {
    pub(crate) fn new(metric: Metric, dry_run: bool) -> Self {
        Self {
            metric,
            dry_run,
            by_set: HashMap::builder()
                .hasher(Ready::default())
                .collector(Collector::new().batch_size(1))
                .build(),
            detached: Mutex::default(),
        }
    }

    /// Decides on attributes with distinct keys; texts are checked without an allocation.
    pub(crate) fn check(&self, attributes: &[KeyValue]) -> Decision {
        let mut pairs = [("", ""); ON_STACK];
        if attributes.len() <= ON_STACK {
            let mut all_texts = true;
            for (pair, attribute) in pairs.iter_mut().zip(attributes) {
                match &attribute.value {
                    Value::String(text) => *pair = (attribute.key.as_str(), text.as_str()),
                    _ => all_texts = false,
                }
            }
            if all_texts {
                return self.metric.check_pairs(&pairs[..attributes.len()], 1);
            }
        }
        let texts: Vec<Cow<'_, str>> = attributes
            .iter()
            .map(|attribute| attribute_text(&attribute.value))
            .collect();
        let pairs: Vec<(&str, &str)> = attributes
            .iter()
            .zip(&texts)
            .map(|(attribute, text)| (attribute.key.as_str(), &**text))
            .collect();
        self.metric.check_pairs(&pairs, 1)
    }

    /// Returns the attributes under which a decision has them added up: folded, cut, without dropped and empty ones.
    pub(crate) fn written(&self, decision: &Decision, attributes: &[KeyValue]) -> Vec<KeyValue> {
        let written = |attribute: &KeyValue| {
            let label = self.metric.label(attribute.key.as_str())?;
            let text = attribute_text(&attribute.value);
            if text.is_empty() {
                return None;
            }
            let new = self.metric.text(decision, label, &text);
            Some(if *new == *text {
                attribute.clone()
            } else {
                KeyValue::new(attribute.key.clone(), new.into_owned())
            })
        };
        attributes.iter().filter_map(written).collect()
    }

    pub(crate) fn holds(&self, set: SetId) -> bool {
        self.metric.holds(set)
    }

    pub(crate) fn touch(&self, set: SetId, weight: u64) {
        self.metric.touch(set, weight);
    }
}
