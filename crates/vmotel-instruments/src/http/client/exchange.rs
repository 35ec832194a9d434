//! One request that goes out and its response, recorded when this is dropped.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Response, StatusCode, Uri};
use opentelemetry::{StringValue, Value};

use super::{HttpClientMetrics, UrlTemplate, family::ActiveRequest};
use crate::{
    clock::now,
    http::{
        error_type,
        exchange::{content_length, version},
        watched::Watched,
    },
};

const PANIC: &str = "panic";
const CANCELLED: &str = "cancelled";
const REQUEST_ERROR: &str = "request_error";
const BODY_ERROR: &str = "body_error";

/// What is known of a request from the start.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: StringValue,
    pub(super) address: StringValue,
    port: Option<u16>,
    pub(super) scheme: &'static str,
    /// Empty if it is not told.
    pub(super) template: &'static str,
    /// The length of the body, where it is known.
    pub(super) bytes: Option<u64>,
}

impl Asked {
    pub(super) fn port(&self) -> Value {
        let none = || Value::String(StringValue::from(""));
        self.port.map_or_else(none, |port| Value::I64(port.into()))
    }
}

/// A request that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status_code: Option<u16>,
    /// Empty before there is a response.
    pub(super) version: &'static str,
    /// Empty if there is none.
    pub(super) error_type: StringValue,
    pub(super) duration: Duration,
    /// Of the response's body.
    pub(super) bytes: u64,
}

/// A request in flight, from the call to the end of its response's body.
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the type of a body names it")]
pub struct ClientExchange {
    metrics: HttpClientMetrics,
    begin: Instant,
    asked: Asked,
    status: Option<StatusCode>,
    version: &'static str,
    /// What is recorded if this is dropped now.
    error: Option<&'static str>,
    bytes: u64,
    expected: Option<u64>,
    /// Dropped after the recording.
    _active: ActiveRequest,
}

impl ClientExchange {
    pub(super) fn begin(
        metrics: &HttpClientMetrics,
        method: &Method,
        uri: &Uri,
        template: Option<UrlTemplate>,
        bytes: Option<u64>,
    ) -> Self {
        let (scheme, default) = match uri.scheme_str() {
            Some("http") => ("http", Some(80)),
            Some("https") => ("https", Some(443)),
            _ => ("", None),
        };
        let asked = Asked {
            method: {
                let methods = &metrics.instruments.methods;
                methods.label(methods.number(method)).clone()
            },
            address: Arc::<str>::from(uri.host().unwrap_or_default()).into(),
            port: uri.port_u16().or(default),
            scheme,
            template: template.map_or("", |template| template.0),
            bytes,
        };
        Self {
            _active: metrics.track(&asked),
            metrics: metrics.clone(),
            begin: now(),
            asked,
            status: None,
            version: "",
            error: Some(PANIC),
            bytes: 0,
            expected: None,
        }
    }

    /// The client has returned an error that has a name.
    #[cfg(feature = "reqwest")]
    pub(super) fn failed_by(mut self, error: &'static str) {
        self.error = Some(error);
    }
}

impl Watched for ClientExchange {
    fn running(&mut self) {
        self.error = Some(PANIC);
    }

    fn waiting(&mut self) {
        // Who has the head may go when it likes.
        self.error = self.status.is_none().then_some(CANCELLED);
    }

    fn failed(&mut self) {
        self.error = Some(REQUEST_ERROR);
    }

    fn responded<B>(&mut self, response: &mut Response<B>) -> bool {
        self.status = Some(response.status());
        self.version = version(response.version());
        self.expected = content_length(response.headers());
        self.error = None;
        true
    }

    fn passed(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.expected.is_some_and(|expected| self.bytes >= expected)
    }

    fn ended(&mut self) {
        self.error = None;
    }

    fn broke_off(&mut self) {
        self.error = Some(BODY_ERROR);
    }
}

impl Drop for ClientExchange {
    fn drop(&mut self) {
        let status_code = self.status.map(|status| status.as_u16());
        let error_type = match status_code.filter(|&code| code >= 400) {
            Some(code) => error_type::of_status(code),
            None => StringValue::from(self.error.unwrap_or_default()),
        };
        let finished = Finished {
            status_code,
            version: self.version,
            error_type,
            duration: now().saturating_duration_since(self.begin),
            bytes: self.bytes,
        };
        self.metrics.record(&self.asked, &finished);
    }
}
