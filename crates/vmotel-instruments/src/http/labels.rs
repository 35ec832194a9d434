//! Labels that a service adds to its own requests.

use opentelemetry::StringValue;

/// Labels for the request that a response answers; the service puts them into the extensions of the response.
///
/// Those named in [`HttpServerConfig::extra_labels`](super::HttpServerConfig::extra_labels) are recorded, all others are
/// ignored. Their values are bounded as all labels are: never take one from a client without need.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::MetricLabels;
///
/// let mut response = http::Response::new("hello");
/// let labels = MetricLabels::new().with("plan", "free");
/// assert_eq!(labels.get("plan").map(|value| value.as_str()), Some("free"));
/// response.extensions_mut().insert(labels);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MetricLabels(Vec<(&'static str, StringValue)>);

impl MetricLabels {
    /// Creates a set without labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a label; of two with one name the last counts.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<StringValue>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Returns the value of the label with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&StringValue> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}
