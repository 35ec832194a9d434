//! From attributes in any order to the key of a series.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{Key as AttributeKey, KeyValue, Value};
use vmotel_cells::{Guarded, Pin};
use vmotel_model::attribute_text;

use crate::{
    series::{Chunk, Labels, Series},
    store::Store,
};

/// The most sequences of keys that an instrument remembers; those of further ones are worked out at each measurement.
const MAX_SEQUENCES: usize = 64;

/// The sequences of keys that the callers of an instrument use: usually one for each place in the code.
pub(super) struct Sequences {
    all: Guarded<Vec<Arc<Sequence>>>,
    making: Mutex<()>,
}

/// Up to so many attributes are put in order on the stack.
const FEW: usize = 4;

/// The place of an attribute that does not count.
const NOWHERE: usize = usize::MAX;

/// A sequence of keys as a caller has it, with the types of the values, and the labels that it makes.
pub(super) struct Sequence {
    attributes: Box<[Attribute]>,
    all_texts: bool,
    /// Whether [`Sequence::put`] can put the values in order, numbers among them. Texts need no such copy.
    is_simple: bool,
    /// None if the family has too many different sets of label names.
    schema: Option<u16>,
    /// For each label of the schema, the index of its attribute.
    order: Box<[usize]>,
}

/// An attribute of a sequence.
struct Attribute {
    key: AttributeKey,
    /// The type of its value.
    kind: u8,
    /// Which label it is, or [`NOWHERE`].
    place: usize,
}

impl Sequences {
    pub(super) fn new() -> Self {
        Self {
            all: Guarded::new(Vec::new()),
            making: Mutex::default(),
        }
    }

    /// Calls `f` with the place of the series of these attributes, `keep` of which count; with that of the overflow series if
    /// there is no room for their schema.
    #[inline(always)]
    pub(super) fn with<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        keep: Option<&[Cow<'static, str>]>,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        for sequence in self.all.get(pin) {
            if !sequence.is_simple {
                if sequence.is_of(attributes) {
                    return sequence.with(pin, series, attributes, f);
                }
            } else if let Some(schema) = sequence.schema {
                let (mut numbers, mut texts) = ([itoa::Buffer::new(); FEW], [""; FEW]);
                if sequence.put(attributes, &mut numbers, &mut texts) {
                    let text = |at: usize| texts.get(at).copied().unwrap_or_default();
                    return series.with_labels(pin, &Labels::new(schema, sequence.order.len(), text), f);
                }
            }
        }
        let made = self.make(pin, series, keep, attributes);
        made.with(pin, series, attributes, f)
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
        let described = attributes.iter().enumerate().map(|(index, attribute)| Attribute {
            key: attribute.key.clone(),
            kind: type_of(&attribute.value),
            place: order.iter().position(|of| *of == index).unwrap_or(NOWHERE),
        });
        let described: Box<[Attribute]> = described.collect();
        let all_texts = order.iter().all(|&index| described[index].kind == TEXT);
        let sequence = Arc::new(Sequence {
            all_texts,
            is_simple: !all_texts
                && schema.is_some()
                && described.len() <= FEW
                && described.iter().all(|attribute| attribute.kind <= INTEGER),
            attributes: described,
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
    fn is_of(&self, attributes: &[KeyValue]) -> bool {
        let is = |(attribute, known): (&KeyValue, &Attribute)| {
            same(attribute.key.as_str(), known.key.as_str()) && type_of(&attribute.value) == known.kind
        };
        self.attributes.len() == attributes.len() && attributes.iter().zip(&self.attributes).all(is)
    }

    /// Puts the values of a few simple attributes in the order of the labels; returns false if they are not of this sequence.
    #[inline(always)]
    fn put<'a>(
        &self,
        attributes: &'a [KeyValue],
        numbers: &'a mut [itoa::Buffer; FEW],
        texts: &mut [&'a str; FEW],
    ) -> bool {
        if self.attributes.len() != attributes.len() {
            return false;
        }
        for ((attribute, known), number) in attributes.iter().zip(&self.attributes).zip(numbers) {
            if !same(attribute.key.as_str(), known.key.as_str()) {
                return false;
            }
            let text = match &attribute.value {
                Value::String(text) if known.kind == TEXT => text.as_str(),
                Value::Bool(value) if known.kind == BOOL => ["false", "true"][usize::from(*value)],
                Value::I64(value) if known.kind == INTEGER => number.format(*value),
                _ => return false,
            };
            if let Some(place) = texts.get_mut(known.place) {
                *place = text;
            }
        }
        true
    }

    #[inline(always)]
    fn with<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let Some(schema) = self.schema else {
            return series.with_overflow(pin, f);
        };
        if !self.all_texts {
            return self.with_any(pin, series, schema, attributes, f);
        }
        let text = |at: usize| match &attributes[self.order[at]].value {
            Value::String(text) => text.as_str(),
            _ => "",
        };
        series.with_labels(pin, &Labels::new(schema, self.order.len(), text), f)
    }

    /// As [`Sequence::with`], with values that are not texts yet.
    #[inline(never)]
    fn with_any<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        schema: u16,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let texts: Vec<_> = self
            .order
            .iter()
            .map(|&index| attribute_text(&attributes[index].value))
            .collect();
        series.with_labels(pin, &Labels::new(schema, texts.len(), |at| &*texts[at]), f)
    }
}

const TEXT: u8 = 0;
const BOOL: u8 = 1;
const INTEGER: u8 = 2;

/// Tells the types of values apart: to OpenTelemetry, 1 and "1" are different.
#[inline]
const fn type_of(value: &Value) -> u8 {
    match value {
        Value::String(_) => TEXT,
        Value::Bool(_) => BOOL,
        Value::I64(_) => INTEGER,
        Value::F64(_) => 3,
        _ => 4,
    }
}

/// Compares texts; the many that are one literal are told by their place, without a look at their bytes.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (std::ptr::eq(a, b) || a == b)
}
