//! The values of OpenTelemetry attributes as text.

use std::{borrow::Cow, fmt::Write as _};

use opentelemetry::{Array, Value};

/// Appends the value of an attribute as the specification represents it for protocols without typed values: JSON, strings without
/// quotes ("Attribute collections", "`AnyValue` representation for non-OTLP protocols").
///
/// ```
/// use opentelemetry::Value;
/// use vmotel_model::write_attribute_value;
///
/// let mut text = String::new();
/// write_attribute_value(&Value::F64(1e21), &mut text);
/// assert_eq!(text, "1e21");
/// ```
pub fn write_attribute_value(value: &Value, out: &mut String) {
    match value {
        Value::String(value) => out.push_str(value.as_str()),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::I64(value) => write_integer(*value, out),
        Value::F64(value) => write_float(*value, false, out),
        Value::Array(Array::Bool(values)) => write_array(values, out, |value, out| {
            out.push_str(if *value { "true" } else { "false" });
        }),
        Value::Array(Array::I64(values)) => write_array(values, out, |value, out| write_integer(*value, out)),
        Value::Array(Array::F64(values)) => {
            write_array(values, out, |value, out| write_float(*value, true, out))
        }
        Value::Array(Array::String(values)) => {
            write_array(values, out, |value, out| write_json(value.as_str(), out))
        }
        other => out.push_str(&other.as_str()),
    }
}

/// Returns the value of an attribute as [`write_attribute_value`] writes it; texts are borrowed.
#[must_use]
pub fn attribute_text(value: &Value) -> Cow<'_, str> {
    if let Value::String(text) = value {
        return Cow::Borrowed(text.as_str());
    }
    let mut text = String::new();
    write_attribute_value(value, &mut text);
    Cow::Owned(text)
}

fn write_integer(value: i64, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
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
