//! The family of HTTP clients by the semantic conventions.

use std::sync::Arc;

use http::Method;
use opentelemetry::{
    KeyValue, StringValue, Value,
    metrics::{Histogram, Meter, UpDownCounter},
};
use vmotel_cardinality::Limits;

use super::exchange::{Asked, Finished};
use crate::{
    catalog,
    gate::{Attributes, Gate},
    http::{HttpMetricsConfig, method::KnownMethods},
    instrument::{attribute, f64_histogram, i64_up_down_counter, u64_histogram},
    labels,
};

/// The template of the URL of a request, such as `/users/{id}`; a caller puts it into the request's extensions.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::client::UrlTemplate;
///
/// let mut request = http::Request::get("http://users/users/42").body(())?;
/// request.extensions_mut().insert(UrlTemplate("/users/{id}"));
/// assert_eq!(request.extensions().get::<UrlTemplate>(), Some(&UrlTemplate("/users/{id}")));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlTemplate(pub &'static str);

/// What the family of HTTP clients records.
#[derive(Debug, Clone)]
pub struct HttpClientConfig {
    /// Records `http.client.request.body.size`, where it is known, and `http.client.response.body.size`, too; default false.
    pub body_sizes: bool,
    /// The methods that appear as they are; all others become `_OTHER`. Default: as for servers.
    pub known_methods: Vec<Method>,
    /// The limits of the labels' values; default those of the process ([`Limits::global`]).
    pub limits: Option<Limits>,
}

impl Default for HttpClientConfig {
    fn default() -> Self {
        Self {
            body_sizes: false,
            known_methods: HttpMetricsConfig::default().known_methods,
            limits: None,
        }
    }
}

/// HTTP clients by the semantic conventions: duration of requests, requests in flight, sizes of bodies.
///
/// The metrics and their labels are those of [`catalog::HTTP_CLIENT`]. A handle is cheap to clone; create the family once per
/// meter and use it in all clients.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::client::{HttpClientLayer, HttpClientMetrics};
///
/// let client = HttpClientMetrics::new(&opentelemetry::global::meter("shop"));
/// let layer = HttpClientLayer::new(client);
/// # let _ = layer;
/// ```
#[derive(Debug, Clone)]
pub struct HttpClientMetrics {
    pub(super) instruments: Arc<Instruments>,
}

#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) methods: KnownMethods,
    gate: Gate,
    active_gate: Gate,
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    sizes: Option<Sizes>,
}

#[derive(Debug)]
struct Sizes {
    request: Histogram<u64>,
    response: Histogram<u64>,
}

impl HttpClientMetrics {
    /// Creates the family with the default configuration.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_config(meter, &HttpClientConfig::default())
    }

    /// Creates the family.
    #[must_use]
    pub fn with_config(meter: &Meter, config: &HttpClientConfig) -> Self {
        let limits = config.limits.clone().unwrap_or_else(Limits::global);
        let mut defs = vec![&catalog::HTTP_CLIENT_REQUEST_DURATION];
        if config.body_sizes {
            defs.push(&catalog::HTTP_CLIENT_REQUEST_BODY_SIZE);
            defs.push(&catalog::HTTP_CLIENT_RESPONSE_BODY_SIZE);
        }
        Self {
            instruments: Arc::new(Instruments {
                methods: KnownMethods::new(&config.known_methods),
                gate: Gate::new(&limits, &defs),
                active_gate: Gate::new(&limits, &[&catalog::HTTP_CLIENT_ACTIVE_REQUESTS]),
                duration: f64_histogram(meter, &catalog::HTTP_CLIENT_REQUEST_DURATION),
                active: i64_up_down_counter(meter, &catalog::HTTP_CLIENT_ACTIVE_REQUESTS),
                sizes: config.body_sizes.then(|| Sizes {
                    request: u64_histogram(meter, &catalog::HTTP_CLIENT_REQUEST_BODY_SIZE),
                    response: u64_histogram(meter, &catalog::HTTP_CLIENT_RESPONSE_BODY_SIZE),
                }),
            }),
        }
    }

    /// Counts a request as being in flight until the returned guard is dropped.
    pub(super) fn track(&self, asked: &Asked) -> ActiveRequest {
        let attributes = self
            .instruments
            .active_gate
            .bound([
                attribute(labels::HTTP_REQUEST_METHOD, asked.method.clone()),
                attribute(labels::SERVER_ADDRESS, asked.address.clone()),
                KeyValue::new(labels::SERVER_PORT, asked.port()),
                attribute(labels::URL_SCHEME, asked.scheme),
            ])
            .without_empty();
        self.instruments.active.add(1, attributes.as_slice());
        ActiveRequest {
            metrics: self.clone(),
            attributes,
        }
    }

    pub(super) fn record(&self, asked: &Asked, finished: &Finished) {
        let instruments = &*self.instruments;
        let none = || Value::String(StringValue::from(""));
        let status = finished
            .status_code
            .map_or_else(none, |code| Value::I64(code.into()));
        let attributes = instruments
            .gate
            .bound([
                attribute(labels::ERROR_TYPE, finished.error_type.clone()),
                attribute(labels::HTTP_REQUEST_METHOD, asked.method.clone()),
                KeyValue::new(labels::HTTP_RESPONSE_STATUS_CODE, status),
                attribute(labels::NETWORK_PROTOCOL_VERSION, finished.version),
                attribute(labels::SERVER_ADDRESS, asked.address.clone()),
                KeyValue::new(labels::SERVER_PORT, asked.port()),
                attribute(labels::URL_SCHEME, asked.scheme),
                attribute(labels::URL_TEMPLATE, asked.template),
            ])
            .without_empty();
        let attributes = attributes.as_slice();
        instruments
            .duration
            .record(finished.duration.as_secs_f64(), attributes);
        if let Some(sizes) = &instruments.sizes {
            if let Some(bytes) = asked.bytes {
                sizes.request.record(bytes, attributes);
            }
            if finished.status_code.is_some() {
                sizes.response.record(finished.bytes, attributes);
            }
        }
    }
}

/// A request in `http.client.active_requests`, until it is dropped.
#[derive(Debug)]
pub(super) struct ActiveRequest {
    metrics: HttpClientMetrics,
    attributes: Attributes<4>,
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.metrics
            .instruments
            .active
            .add(-1, self.attributes.as_slice());
    }
}
