//! What stands for the path of a request.

use std::{borrow::Cow, sync::Arc};

use opentelemetry::StringValue;

/// The path of a request for the label `path`: a template that the service has written, or a path as it came in.
///
/// A template is exposed as it is. A path is normalised first (`/users/42` becomes `/users/:id`), and a client cannot make
/// templates with it: `{x}` and `:x` in it count for nothing, and a parent has no more than so many children.
///
/// A `&'static str` stands in the source, so it is a template; owned text is a path, unless [`RequestPath::template`] says
/// that it is none.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vmotel_instruments::{AppMetrics, RequestPath};
///
/// let app = AppMetrics::new(&opentelemetry::global::meter("shop"));
/// let (took, size) = (Duration::from_millis(3), 0);
/// app.record_request("GET", "/users/{id}", 200, took, size); // path="/users/{id}"
/// app.record_request("GET", String::from("/users/42?page=2"), 200, took, size); // path="/users/:id"
/// let route = RequestPath::template(String::from("/orders/{id}"));
/// app.record_request("GET", route, 200, took, size); // path="/orders/{id}"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath {
    pub(crate) text: StringValue,
    pub(crate) is_template: bool,
}

impl RequestPath {
    /// Returns a template that the service has written, such as that of its router; never text from a client.
    #[must_use]
    pub fn template(text: impl Into<StringValue>) -> Self {
        Self {
            text: text.into(),
            is_template: true,
        }
    }

    /// Returns a path as it came in, which is normalised.
    #[must_use]
    pub fn raw(text: impl Into<StringValue>) -> Self {
        Self {
            text: text.into(),
            is_template: false,
        }
    }
}

impl From<&'static str> for RequestPath {
    fn from(text: &'static str) -> Self {
        Self::template(text)
    }
}

impl From<String> for RequestPath {
    fn from(text: String) -> Self {
        Self::raw(text)
    }
}

impl From<Arc<str>> for RequestPath {
    fn from(text: Arc<str>) -> Self {
        Self::raw(text)
    }
}

impl From<Cow<'static, str>> for RequestPath {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::template(text),
            Cow::Owned(text) => Self::raw(text),
        }
    }
}

impl From<StringValue> for RequestPath {
    fn from(text: StringValue) -> Self {
        Self::raw(text)
    }
}
