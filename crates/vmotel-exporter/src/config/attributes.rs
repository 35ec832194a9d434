//! Lists of attributes in an environment variable: `key=value,key=value`, percent-encoded.

use crate::error::{ConfigError, cut};

/// Reads a list of attributes by the rules of `OTEL_RESOURCE_ATTRIBUTES` (specification, "Resource SDK").
///
/// Blanks around keys and values are dropped, empty entries passed over. `%XX` stands for a byte.
pub(super) fn parse(variable: &'static str, list: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let mut attributes = Vec::new();
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let at_fault = |fault| ConfigError::Attributes {
            variable,
            entry: cut(entry),
            fault,
        };
        let (key, value) = entry.split_once('=').ok_or_else(|| at_fault("no equals sign"))?;
        let key = decode(key.trim()).map_err(at_fault)?;
        let value = decode(value.trim()).map_err(at_fault)?;
        if key.is_empty() {
            return Err(at_fault("an empty key"));
        }
        attributes.push((key, value));
    }
    Ok(attributes)
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => return Err("a % without two hexadecimal digits"),
        }
    }
    String::from_utf8(bytes).map_err(|_| "no UTF-8 after decoding")
}
