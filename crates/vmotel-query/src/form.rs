//! Forms: pairs in the way queries and form bodies carry them.

use std::fmt::{Display, Write as _};

/// Pairs of an `application/x-www-form-urlencoded` text.
#[derive(Debug, Default)]
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn pair(&mut self, name: &str, value: impl Display) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode(&mut self.0, name);
        self.0.push('=');
        encode(&mut self.0, &value.to_string());
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.pair(name, value);
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Leaves the unreserved characters of RFC 3986, section 2.3, as they are.
pub(crate) fn encode(into: &mut String, text: &str) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}
