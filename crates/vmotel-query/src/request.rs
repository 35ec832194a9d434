//! From what is asked to a pure request: no socket, no clock.

use std::fmt;
use std::time::Duration;

use http::Request;
use http::header::CONTENT_TYPE;
use vmotel_http::Body;

use crate::form::{Form, encode};
use crate::params::not_blank;
use crate::tenant::Service;
use crate::{InstantQuery, ParamError, QueryOptions, RangeQuery, SeriesQuery, Tenant};

/// A longer query goes as the body of a POST: proxies limit the length of addresses.
const MAX_GET_BYTES: usize = 2048;

impl InstantQuery {
    /// Returns the request, its address relative to the server's; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use vmotel_query::{InstantQuery, Tenant, Timestamp};
    ///
    /// let query = InstantQuery { time: Some(Timestamp::from_millis(1_500)), ..InstantQuery::new("a+b") };
    /// let request = query.request(Tenant::Cluster { account: 42, project: 0 }, Duration::from_secs(30))?;
    /// assert_eq!(*request.uri(), "/select/42:0/prometheus/api/v1/query?query=a%2Bb&time=1.500&timeout=27000ms");
    /// # Ok::<(), vmotel_query::ParamError>(())
    /// ```
    pub fn request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        self.validate()?;
        let mut form = Form::default();
        form.pair("query", &self.query);
        form.optional("time", self.time);
        form.optional("step", self.step.map(Millis));
        self.options.write(&mut form, timeout);
        get_or_post(&tenant.path(Service::Select, "/api/v1/query"), form)
    }
}

impl RangeQuery {
    /// Returns the request, its address relative to the server's; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        self.validate()?;
        let mut form = Form::default();
        form.pair("query", &self.query);
        form.pair("start", self.start);
        form.pair("end", self.end);
        form.pair("step", Millis(self.step));
        self.options.write(&mut form, timeout);
        get_or_post(&tenant.path(Service::Select, "/api/v1/query_range"), form)
    }
}

impl SeriesQuery {
    /// Returns the request for the series.
    ///
    /// # Errors
    /// No selector, a blank one, or an end before the start.
    pub fn series_request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        self.validate(true)?;
        get_or_post(&tenant.path(Service::Select, "/api/v1/series"), self.form())
    }

    /// Returns the request for the names of the labels.
    ///
    /// # Errors
    /// A blank selector, or an end before the start.
    pub fn label_names_request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        self.validate(false)?;
        get_or_post(&tenant.path(Service::Select, "/api/v1/labels"), self.form())
    }

    /// Returns the request for the values of one label.
    ///
    /// # Errors
    /// A blank label or selector, or an end before the start.
    pub fn label_values_request(&self, label: &str, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        self.validate(false)?;
        not_blank("label", label)?;
        let mut path = String::from("/api/v1/label/");
        encode(&mut path, label);
        path.push_str("/values");
        get_or_post(&tenant.path(Service::Select, &path), self.form())
    }

    /// Returns the request for the stored samples as JSON lines.
    ///
    /// # Errors
    /// As [`Self::series_request`]; a limit, which the server does not know here.
    pub fn export_request(&self, tenant: Tenant) -> Result<Request<Body>, ParamError> {
        self.validate(true)?;
        if let Some(limit) = self.limit {
            return Err(ParamError {
                name: "limit",
                value: limit.to_string(),
                expected: "none for an export",
            });
        }
        get_or_post(&tenant.path(Service::Select, "/api/v1/export"), self.form())
    }

    fn form(&self) -> Form {
        let mut form = Form::default();
        for selector in &self.selectors {
            form.pair("match[]", selector);
        }
        form.optional("start", self.start);
        form.optional("end", self.end);
        form.optional("limit", self.limit);
        form
    }
}

impl QueryOptions {
    fn write(&self, form: &mut Form, timeout: Duration) {
        form.pair("timeout", Millis(self.timeout.unwrap_or(timeout) * 9 / 10));
        if self.nocache {
            form.pair("nocache", 1);
        }
        form.optional("latency_offset", self.latency_offset.map(Millis));
        form.optional("max_lookback", self.max_lookback.map(Millis));
        form.optional("round_digits", self.round_digits);
        for (name, value) in &self.extra_labels {
            form.pair("extra_label", format_args!("{name}={value}"));
        }
        for filter in &self.extra_filters {
            form.pair("extra_filters[]", filter);
        }
        if self.deny_partial {
            form.pair("deny_partial_response", 1);
        }
    }
}

/// A duration in the form that every version understands.
struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0.as_millis().max(1))
    }
}

fn get_or_post(path: &str, form: Form) -> Result<Request<Body>, ParamError> {
    let text = form.into_text();
    let request = if text.is_empty() {
        Request::get(path).body(Body::empty())
    } else if path.len() + text.len() < MAX_GET_BYTES {
        Request::get(format!("{path}?{text}")).body(Body::empty())
    } else {
        Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(text))
    };
    // Everything is percent-encoded, so this cannot fail; if it did, the caller would learn it.
    request.map_err(|e| ParamError {
        name: "request",
        value: e.to_string(),
        expected: "a valid address",
    })
}
