//! The values of attributes as text.

use std::fmt::Write as _;

use opentelemetry::{Array, KeyValue, Value};
use vmotel_model::AttributeValues;

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
            write_value(&attribute.value, &mut self.made);
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

/// Returns a value as text.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

/// Appends a value as the specification represents it for protocols without typed values: JSON, strings without quotes.
fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::String(value) => out.push_str(value.as_str()),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::I64(value) => out.push_str(itoa::Buffer::new().format(*value)),
        Value::F64(value) => write_float(*value, false, out),
        Value::Array(Array::Bool(values)) => write_array(values, out, |value, out| {
            out.push_str(if *value { "true" } else { "false" });
        }),
        Value::Array(Array::I64(values)) => write_array(values, out, |value, out| {
            out.push_str(itoa::Buffer::new().format(*value));
        }),
        Value::Array(Array::F64(values)) => {
            write_array(values, out, |value, out| write_float(*value, true, out))
        }
        Value::Array(Array::String(values)) => {
            write_array(values, out, |value, out| write_json(value.as_str(), out))
        }
        other => out.push_str(&other.as_str()),
    }
}

fn write_array<T>(values: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (nth, value) in values.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write(value, out);
    }
    out.push(']');
}

/// Appends a number of JSON; the special values, which JSON does not have, stand in quotes within arrays.
fn write_float(value: f64, quoted: bool, out: &mut String) {
    let special = match value {
        value if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "",
    };
    if !special.is_empty() {
        let quote = if quoted { "\"" } else { "" };
        out.extend([quote, special, quote]);
        return;
    }
    let magnitude = value.abs();
    // Writing to a string cannot fail.
    let _ = if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    };
}

/// Appends a string of JSON.
fn write_json(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
