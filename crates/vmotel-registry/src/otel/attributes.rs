//! From attributes in any order to the key of a series.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{Key as AttributeKey, KeyValue, Value};
use vmotel_cells::{Guarded, Pin};
use vmotel_model::attribute_text;

use crate::{
    series::{Key, Series},
    store::Store,
};

/// The most sequences of keys that an instrument remembers; those of further ones are worked out at each measurement.
const MAX_SEQUENCES: usize = 64;

/// The sequences of keys that the callers of an instrument use: usually one for each place in the code.
pub(super) struct Sequences {
    all: Guarded<Vec<Arc<Sequence>>>,
    making: Mutex<()>,
}

/// A sequence of keys as a caller has it, with the types of the values, and the labels that it makes.
pub(super) struct Sequence {
    keys: Box<[AttributeKey]>,
    types: Box<[u8]>,
    all_texts: bool,
    /// None if the family has too many different sets of label names.
    schema: Option<u16>,
    /// For each label of the schema, the index of its attribute.
    order: Box<[usize]>,
}

impl Sequences {
    pub(super) fn new() -> Self {
        Self {
            all: Guarded::new(Vec::new()),
            making: Mutex::default(),
        }
    }

    /// Calls `f` with the key of the series of these attributes, `keep` of which count; with none if there is no room for
    /// their schema.
    #[inline(always)]
    pub(super) fn key<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        keep: Option<&[Cow<'static, str>]>,
        attributes: &[KeyValue],
        f: impl FnOnce(Option<&Key>) -> R,
    ) -> R {
        let mut known = self.all.get(pin).iter();
        let made;
        let sequence = match known.find(|sequence| sequence.is_of(attributes)) {
            Some(sequence) => sequence,
            None => {
                made = self.make(pin, series, keep, attributes);
                &made
            }
        };
        sequence.key(attributes, f)
    }

    #[cold]
    fn make<S: Store>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        keep: Option<&[Cow<'static, str>]>,
        attributes: &[KeyValue],
    ) -> Arc<Sequence> {
        let kept: Vec<_> = attributes
            .iter()
            .enumerate()
            .map(|(index, attribute)| (index, attribute.key.as_str(), type_of(&attribute.value)))
            .filter(|(_, key, _)| keep.is_none_or(|keep| keep.iter().any(|kept| kept == key)))
            .collect();
        let (schema, order) = series.typed_schema(&kept);
        let types: Box<[u8]> = attributes
            .iter()
            .map(|attribute| type_of(&attribute.value))
            .collect();
        let sequence = Arc::new(Sequence {
            keys: attributes.iter().map(|attribute| attribute.key.clone()).collect(),
            all_texts: order.iter().all(|&index| types[index] == TEXT),
            types,
            schema,
            order: order.into(),
        });
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.all.get(pin);
        if all.len() < MAX_SEQUENCES && !all.iter().any(|known| known.is_of(attributes)) {
            let mut all = all.clone();
            all.push(Arc::clone(&sequence));
            self.all.replace(all);
        }
        sequence
    }
}

impl Sequence {
    #[inline(always)]
    fn is_of(&self, attributes: &[KeyValue]) -> bool {
        self.keys.len() == attributes.len()
            && attributes
                .iter()
                .zip(&self.keys)
                .zip(&self.types)
                .all(|((attribute, key), kind)| {
                    same(attribute.key.as_str(), key.as_str()) && type_of(&attribute.value) == *kind
                })
    }

    /// Calls `f` with the key, which is made in place: it is too large to be handed around.
    #[inline(always)]
    fn key<R>(&self, attributes: &[KeyValue], f: impl FnOnce(Option<&Key>) -> R) -> R {
        let Some(schema) = self.schema else {
            return f(None);
        };
        if !self.all_texts {
            return f(Some(&self.key_of_any(schema, attributes)));
        }
        let key = Key::new(schema, self.order.len(), |at| {
            match &attributes[self.order[at]].value {
                Value::String(text) => text.as_str(),
                _ => "",
            }
        });
        f(Some(&key))
    }

    #[cold]
    #[inline(never)]
    fn key_of_any(&self, schema: u16, attributes: &[KeyValue]) -> Key {
        let texts: Vec<_> = self
            .order
            .iter()
            .map(|&index| attribute_text(&attributes[index].value))
            .collect();
        Key::new(schema, texts.len(), |at| &texts[at])
    }
}

const TEXT: u8 = 0;

/// Tells the types of values apart: to OpenTelemetry, 1 and "1" are different.
#[inline]
const fn type_of(value: &Value) -> u8 {
    match value {
        Value::String(_) => TEXT,
        Value::Bool(_) => 1,
        Value::I64(_) => 2,
        Value::F64(_) => 3,
        _ => 4,
    }
}

/// Compares texts; the many that are one literal are told by their place, without a look at their bytes.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (std::ptr::eq(a, b) || a == b)
}
