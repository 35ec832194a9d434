//! From what is asked to a pure request: no socket, no clock.

use std::fmt;
use std::time::Duration;

use http::Request;
use http::header::CONTENT_TYPE;
use vmotel_http::Body;

use crate::form::{Form, encode};
use crate::params::not_blank;
use crate::tenant::Service;
use crate::{
    CsvFormat, ExportQuery, FederateQuery, InstantQuery, ParamError, QueryOptions, RangeQuery, ReadOptions,
    SeriesQuery, Tenant,
};

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
    /// let query = InstantQuery { time: Some(Timestamp::from_millis(1_700_000_000_500)), ..InstantQuery::new("a+b") };
    /// let request = query.request(Tenant::Cluster { account: 42, project: 0 }, Duration::from_secs(30))?;
    /// assert_eq!(*request.uri(), "/select/42:0/prometheus/api/v1/query?query=a%2Bb&time=1700000000.500&timeout=27000ms");
    /// # Ok::<(), vmotel_query::ParamError>(())
    /// ```
    pub fn request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        self.validate()?;
        let mut form = Form::default();
        form.pair("query", &self.query);
        form.optional_time("time", self.time);
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
        form.time("start", self.start);
        form.time("end", self.end);
        form.pair("step", Millis(self.step));
        self.options.write(&mut form, timeout);
        get_or_post(&tenant.path(Service::Select, "/api/v1/query_range"), form)
    }
}

impl SeriesQuery {
    /// Returns the request for the series; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// No selector, a blank one, or an end before the start.
    pub fn series_request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        self.validate(true)?;
        get_or_post(
            &tenant.path(Service::Select, "/api/v1/series"),
            self.form(timeout),
        )
    }

    /// Returns the request for the names of the labels; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// A blank selector, or an end before the start.
    pub fn label_names_request(
        &self,
        tenant: Tenant,
        timeout: Duration,
    ) -> Result<Request<Body>, ParamError> {
        self.validate(false)?;
        get_or_post(
            &tenant.path(Service::Select, "/api/v1/labels"),
            self.form(timeout),
        )
    }

    /// Returns the request for the values of one label; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// A blank label or selector, or an end before the start.
    pub fn label_values_request(
        &self,
        label: &str,
        tenant: Tenant,
        timeout: Duration,
    ) -> Result<Request<Body>, ParamError> {
        self.validate(false)?;
        not_blank("label", label)?;
        let mut path = String::from("/api/v1/label/");
        encode(&mut path, label);
        path.push_str("/values");
        get_or_post(&tenant.path(Service::Select, &path), self.form(timeout))
    }

    fn form(&self, timeout: Duration) -> Form {
        let mut form = Form::of_selectors(&self.selectors);
        form.optional_time("start", self.start);
        form.optional_time("end", self.end);
        form.optional("limit", self.limit);
        self.options.write(&mut form, timeout);
        form
    }
}

impl ExportQuery {
    /// Returns the request for the stored samples as JSON lines; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn json_request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        let mut form = self.form(timeout)?;
        if self.max_rows_per_line > 0 {
            form.pair("max_rows_per_line", self.max_rows_per_line);
        }
        get_or_post(&tenant.path(Service::Select, "/api/v1/export"), form)
    }

    /// Returns the request for the stored samples as Prometheus text; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn text_request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        let mut form = self.form(timeout)?;
        form.pair("format", "prometheus");
        get_or_post(&tenant.path(Service::Select, "/api/v1/export"), form)
    }

    /// Returns the request for the stored samples as CSV; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`] and [`CsvFormat::validate`].
    pub fn csv_request(
        &self,
        format: &CsvFormat,
        tenant: Tenant,
        timeout: Duration,
    ) -> Result<Request<Body>, ParamError> {
        format.validate()?;
        let mut form = self.form(timeout)?;
        form.pair("format", format.for_export());
        get_or_post(&tenant.path(Service::Select, "/api/v1/export/csv"), form)
    }

    /// Returns the request for the stored blocks in the server's own format; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn native_request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        get_or_post(
            &tenant.path(Service::Select, "/api/v1/export/native"),
            self.form(timeout)?,
        )
    }

    fn form(&self, timeout: Duration) -> Result<Form, ParamError> {
        self.validate()?;
        let mut form = Form::of_selectors(&self.selectors);
        form.optional_time("start", self.start);
        form.optional_time("end", self.end);
        if self.reduce_mem_usage {
            form.pair("reduce_mem_usage", 1);
        }
        self.options.write(&mut form, timeout);
        Ok(form)
    }
}

impl FederateQuery {
    /// Returns the request; `timeout` is the limit of the whole exchange.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn request(&self, tenant: Tenant, timeout: Duration) -> Result<Request<Body>, ParamError> {
        self.validate()?;
        let mut form = Form::of_selectors(&self.selectors);
        form.optional_time("end", self.end);
        form.optional("max_lookback", self.max_lookback.map(Millis));
        self.options.write(&mut form, timeout);
        get_or_post(&tenant.path(Service::Select, "/federate"), form)
    }
}

impl ReadOptions {
    fn write(&self, form: &mut Form, timeout: Duration) {
        form.pair("timeout", Millis(self.timeout.unwrap_or(timeout) * 9 / 10));
        form.scope(&self.extra_labels, &self.extra_filters);
        if self.deny_partial {
            form.pair("deny_partial_response", 1);
        }
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
        form.scope(&self.extra_labels, &self.extra_filters);
        if self.deny_partial {
            form.pair("deny_partial_response", 1);
        }
        if self.trace {
            form.pair("trace", 1);
        }
    }
}

/// A duration in the form that every version understands.
pub(crate) struct Millis(pub(crate) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0.as_millis().max(1))
    }
}

pub(crate) fn get_or_post(path: &str, form: Form) -> Result<Request<Body>, ParamError> {
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
    request.map_err(unusable)
}

/// Returns a request without parameters.
pub(crate) fn get(path: &str) -> Result<Request<Body>, ParamError> {
    get_or_post(path, Form::default())
}

/// Returns the request for something that changes the server's state, its form in the body, where no access log keeps it.
pub(crate) fn post(path: &str, form: Form) -> Result<Request<Body>, ParamError> {
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.into_text()))
        .map_err(unusable)
}

/// Everything is percent-encoded, so this does not happen; if it did, the caller would learn it.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
pub(crate) fn unusable(error: http::Error) -> ParamError {
    ParamError {
        name: "request",
        value: error.to_string(),
        expected: "a valid address",
    }
}
