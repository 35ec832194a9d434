//! Forms: pairs in the way queries and form bodies carry them.

use std::fmt::{Display, Write as _};

use crate::{Timestamp, rfc3339};

/// From here on a number of seconds is read as such, with a fraction or without: 1973.
const UNMISTAKABLE: Timestamp = Timestamp::from_millis(100_000_000_000);

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

    /// Writes a time in the one way that every version reads alike.
    ///
    /// VictoriaMetrics takes numbers of four digits for years, and 1.145 takes small ones with a fraction for thousands, so early
    /// times go as text.
    pub(crate) fn time(&mut self, name: &str, time: Timestamp) {
        if time < UNMISTAKABLE {
            self.pair(name, rfc3339::write(time));
        } else {
            self.pair(name, time);
        }
    }

    pub(crate) fn optional_time(&mut self, name: &str, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.time(name, time);
        }
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.pair(name, value);
        }
    }

    pub(crate) fn of_selectors(selectors: &[String]) -> Self {
        let mut form = Self::default();
        for selector in selectors {
            form.pair("match[]", selector);
        }
        form
    }

    /// Narrows what selectors may see.
    pub(crate) fn scope(&mut self, labels: &[(String, String)], filters: &[String]) {
        for (name, value) in labels {
            self.pair("extra_label", format_args!("{name}={value}"));
        }
        for filter in filters {
            self.pair("extra_filters[]", filter);
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
