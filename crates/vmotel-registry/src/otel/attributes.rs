//! From attributes in any order to the key of a series.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{Key as AttributeKey, KeyValue, Value};
use vmotel_cells::{Guarded, Pin};
use vmotel_model::attribute_text;

use crate::{
    series::{Chunk, Form, Input, Labels, Location, Moment, Question, ROOM, Salt, Series},
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
    attributes: Box<[Attribute]>,
    /// For each label, the index of its attribute.
    order: Box<[usize]>,
    /// None if the family has too many different sets of label names.
    schema: Option<u16>,
    form: Form,
    /// What inputs begin with.
    sum: u64,
}

/// What a thread knows of attributes.
enum Recalled<'a> {
    Found(Location),
    /// Their sequence only.
    Asked(&'a Sequence, Question),
    Unknown,
}

/// An attribute of a sequence.
struct Attribute {
    key: AttributeKey,
    /// Where the text of `key` lies, which lives as long: a key there is the same, without a look at its bytes.
    address: usize,
    len: usize,
    kind: Kind,
    salt: Salt,
}

/// What a value is: to OpenTelemetry, 1 and "1" are different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Bool,
    Integer,
    Double,
    Array,
    /// Whatever it is, it does not count: a later one has the same key, or a view leaves it out.
    Ignored,
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
        keep: &Option<Vec<Cow<'static, str>>>,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        match self.recall(pin, series.moment(pin), attributes) {
            Recalled::Found(location) => {
                if let Some((chunk, at)) = series.at(location) {
                    return f(chunk, at);
                }
            }
            Recalled::Asked(sequence, question) => {
                return sequence.with(pin, series, question, attributes, f);
            }
            Recalled::Unknown => (),
        }
        let made = self.make(pin, series, keep.as_deref(), attributes);
        let mut room = ROOM;
        let mut input = Input::new(&mut room);
        made.read(attributes, &mut input);
        let question = Question::new(&input, series.moment(pin));
        made.with(pin, series, question, attributes, f)
    }

    /// Returns the series that this thread has found for these attributes last. Apart from the rest, as all instruments share it, and
    /// for the registers that it takes.
    #[inline(never)]
    fn recall<'a>(&'a self, pin: &'a Pin, moment: Moment, attributes: &[KeyValue]) -> Recalled<'a> {
        let mut room = ROOM;
        let mut input = Input::new(&mut room);
        for sequence in self.all.get(pin) {
            if sequence.read(attributes, &mut input) {
                let question = Question::new(&input, moment);
                return match question.answer(&input) {
                    Some(location) => Recalled::Found(location),
                    None => Recalled::Asked(sequence, question),
                };
            }
        }
        Recalled::Unknown
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
            .map(|(index, attribute)| (index, attribute.key.as_str(), Kind::of(&attribute.value) as u8))
            .filter(|(_, key, _)| keep.is_none_or(|keep| keep.iter().any(|kept| kept == key)))
            .collect();
        let (schema, order) = series.typed_schema(&kept);
        let (sum, salts) = series.salts(schema.unwrap_or_default(), order.len());
        let described = attributes.iter().enumerate().map(|(index, attribute)| {
            let place = order.iter().position(|of| *of == index);
            Attribute::new(attribute, place.map(|place| salts[place]))
        });
        let described: Box<[Attribute]> = described.collect();
        let form = if described.iter().any(|attribute| attribute.kind == Kind::Array) {
            Form::NONE
        } else {
            Form::new(order.len())
        };
        let sequence = Arc::new(Sequence {
            attributes: described,
            order: order.into(),
            schema,
            form,
            sum,
        });
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.all.get(pin);
        let is_known = !matches!(
            self.recall(pin, series.moment(pin), attributes),
            Recalled::Unknown
        );
        if all.len() < MAX_SEQUENCES && !is_known {
            let mut all = all.clone();
            all.push(Arc::clone(&sequence));
            self.all.replace(all);
        }
        sequence
    }
}

impl Sequence {
    /// Reads the values of attributes that are of this sequence; returns false if they are not.
    #[inline(always)]
    fn read(&self, attributes: &[KeyValue], input: &mut Input<'_>) -> bool {
        if self.attributes.len() != attributes.len() {
            return false;
        }
        input.begin(self.form, self.sum);
        for (attribute, known) in attributes.iter().zip(&self.attributes) {
            if !known.has_key(attribute.key.as_str()) {
                return false;
            }
            let value = &attribute.value;
            match known.kind {
                Kind::Text => match value {
                    Value::String(text) => input.text(known.salt, text.as_str()),
                    _ => return false,
                },
                Kind::Integer => match value {
                    Value::I64(value) => input.number(known.salt, value.cast_unsigned()),
                    _ => return false,
                },
                Kind::Bool => match value {
                    Value::Bool(value) => input.number(known.salt, u64::from(*value)),
                    _ => return false,
                },
                Kind::Double => match value {
                    Value::F64(value) => input.number(known.salt, value.to_bits()),
                    _ => return false,
                },
                Kind::Array => match value {
                    // Found by its text only.
                    Value::Array(_) => input.number(known.salt, 0),
                    _ => return false,
                },
                Kind::Ignored => (),
            }
        }
        true
    }

    /// As [`Sequence::read`], of attributes that are of this sequence.
    #[inline(never)]
    fn reread(&self, attributes: &[KeyValue], input: &mut Input<'_>) {
        self.read(attributes, input);
    }

    /// Calls `f` with the place of the series of these attributes, which this thread has not found last.
    #[inline(always)]
    fn with<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        question: Question,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let Some(schema) = self.schema else {
            return series.with_overflow(pin, f);
        };
        if !question.is_of_texts {
            return self.with_written(pin, series, schema, question, attributes, f);
        }
        let text = |at: usize| match &attributes[self.order[at]].value {
            Value::String(text) => text.as_str(),
            _ => "",
        };
        let labels = Labels::new(schema, self.order.len(), text);
        series.with_labels(pin, question, |input| self.reread(attributes, input), &labels, f)
    }

    /// As [`Sequence::with`], with values that are not texts yet.
    #[inline(never)]
    fn with_written<S: Store, R>(
        &self,
        pin: &Pin,
        series: &Series<S>,
        schema: u16,
        question: Question,
        attributes: &[KeyValue],
        f: impl FnOnce(&Arc<Chunk<S>>, usize) -> R,
    ) -> R {
        let texts: Vec<_> = self
            .order
            .iter()
            .map(|&index| attribute_text(&attributes[index].value))
            .collect();
        let labels = Labels::new(schema, texts.len(), |at| &*texts[at]);
        series.with_labels(pin, question, |input| self.reread(attributes, input), &labels, f)
    }
}

impl Attribute {
    /// Describes an attribute; without secrets it does not count.
    fn new(attribute: &KeyValue, salt: Option<Salt>) -> Self {
        let key = attribute.key.clone();
        Self {
            address: key.as_str().as_ptr().addr(),
            len: key.as_str().len(),
            key,
            kind: salt.map_or(Kind::Ignored, |_| Kind::of(&attribute.value)),
            salt: salt.unwrap_or_default(),
        }
    }

    #[inline(always)]
    fn has_key(&self, key: &str) -> bool {
        self.len == key.len() && (self.address == key.as_ptr().addr() || self.has_text(key))
    }

    #[inline(never)]
    fn has_text(&self, key: &str) -> bool {
        self.key.as_str() == key
    }
}

impl Kind {
    const fn of(value: &Value) -> Self {
        match value {
            Value::String(_) => Self::Text,
            Value::Bool(_) => Self::Bool,
            Value::I64(_) => Self::Integer,
            Value::F64(_) => Self::Double,
            _ => Self::Array,
        }
    }
}
