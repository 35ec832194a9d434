//! Labels of methods.

use std::sync::Arc;

use http::Method;
use opentelemetry::StringValue;

/// RFC 9110, RFC 5789 (`PATCH`) and `QUERY`: the known methods of the HTTP semantic conventions.
pub(super) const KNOWN: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
];

/// The label of all other methods.
const OTHER: &str = "_OTHER";

/// Returns the methods of a list with commas.
pub(super) fn parse_list(list: &str) -> Vec<Method> {
    list.split(',')
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

/// The methods that appear as they are, with their labels ready.
#[derive(Debug)]
pub(super) struct KnownMethods {
    known: Box<[Method]>,
    /// By number; the last is that of all others.
    labels: Box<[StringValue]>,
}

impl KnownMethods {
    pub(super) fn new(methods: &[Method]) -> Self {
        let label = |method: &Method| match KNOWN.iter().find(|&&name| name == method.as_str()) {
            Some(&name) => StringValue::from(name),
            None => StringValue::from(Arc::<str>::from(method.as_str())),
        };
        let other = StringValue::from(OTHER);
        Self {
            known: methods.into(),
            labels: methods.iter().map(label).chain([other]).collect(),
        }
    }

    /// Returns the number of a method; all unknown ones share one.
    pub(super) fn number(&self, method: &Method) -> usize {
        let known = self.known.iter().position(|known| known == method);
        known.unwrap_or(self.known.len())
    }

    /// Returns the label of the method with a number.
    pub(super) fn label(&self, number: usize) -> &StringValue {
        &self.labels[number]
    }

    /// Returns how many numbers there are.
    #[cfg(feature = "bound")]
    pub(super) fn count(&self) -> usize {
        self.labels.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpMetricsConfig;

    #[test]
    fn unknown_methods_share_one_label() {
        let purge = || Method::from_bytes(b"PURGE").unwrap();
        let check = |methods: &KnownMethods, method: &str, label: &str| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(methods.label(methods.number(&method)).as_str(), label);
        };
        let default = KnownMethods::new(&HttpMetricsConfig::default().known_methods);
        for name in KNOWN {
            check(&default, name, name);
        }
        for name in ["get", "PURGE", "PROPFIND", "A"] {
            check(&default, name, "_OTHER");
        }
        let own = KnownMethods::new(&[purge(), Method::GET]);
        check(&own, "PURGE", "PURGE");
        check(&own, "GET", "GET");
        check(&own, "POST", "_OTHER");
        check(&KnownMethods::new(&[]), "GET", "_OTHER");
    }

    #[test]
    fn a_list_leaves_out_what_is_no_method() {
        let names = |list| -> Vec<String> { parse_list(list).iter().map(ToString::to_string).collect() };
        assert_eq!(names(" GET,PURGE , ,a b,"), ["GET", "PURGE"]);
        assert!(names("").is_empty());
    }
}
