//! The values of attributes as text.

use opentelemetry::{KeyValue, Value};
use vmotel_model::{AttributeValues, write_attribute_value};

/// The values of one point's attributes; text that has to be made shares one buffer.
#[derive(Debug, Default)]
pub(super) struct PointValues<'d> {
    values: Vec<Text<'d>>,
    made: String,
}

#[derive(Debug, Clone, Copy)]
enum Text<'d> {
    Ready(&'d str),
    Made(usize, usize),
}

impl<'d> PointValues<'d> {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.made.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, attribute: &'d KeyValue) {
        let text = if let Value::String(value) = &attribute.value {
            Text::Ready(value.as_str())
        } else {
            let start = self.made.len();
            write_attribute_value(&attribute.value, &mut self.made);
            Text::Made(start, self.made.len())
        };
        self.values.push(text);
    }
}

impl AttributeValues for PointValues<'_> {
    #[inline]
    fn value(&self, index: usize) -> &str {
        match self.values.get(index) {
            Some(Text::Ready(text)) => text,
            Some(&Text::Made(from, to)) => &self.made[from..to],
            None => "",
        }
    }
}
