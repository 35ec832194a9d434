//! The family of HTTP servers by the semantic conventions.

use std::{borrow::Cow, sync::Arc};

#[cfg(feature = "bound")]
use opentelemetry::metrics::{BoundHistogram, BoundUpDownCounter};
use opentelemetry::{
    Key, KeyValue, StringValue, Value,
    metrics::{Histogram, Meter, UpDownCounter},
};
use vmotel_cardinality::Limits;

use super::exchange::Finished;
use crate::{
    catalog,
    gate::{Attributes, Gate},
    instrument::{attribute, f64_histogram, i64_up_down_counter, u64_histogram},
    labels,
};

/// The labels of the conventions, and room for those of the service.
const CONVENTION: usize = catalog::HTTP_SERVER_REQUEST_DURATION.labels.len();
const MAX_EXTRA: usize = 4;
const MOST: usize = CONVENTION + MAX_EXTRA;

/// What the family of HTTP servers records.
#[derive(Debug, Clone, Default)]
pub struct HttpServerConfig {
    /// Records `http.server.request.body.size` and `http.server.response.body.size`, too; default false.
    pub body_sizes: bool,
    /// The names of labels that responses may add by [`MetricLabels`](super::MetricLabels): at most 4, none of them one of the conventions;
    /// default none.
    pub extra_labels: Vec<Cow<'static, str>>,
    /// The limits of the labels' values; default those of the process ([`Limits::global`]).
    pub limits: Option<Limits>,
}

/// Why a family of HTTP servers cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpServerConfigError {
    /// There are more extra labels than the family has room for.
    #[error("extra_labels has {0} names, expected at most {MAX_EXTRA}")]
    TooMany(usize),
    /// A label is there already.
    #[error(
        "extra_labels has `{0}`, expected names that are not empty, not twice there and none of the conventions"
    )]
    Taken(String),
}

/// HTTP servers by the semantic conventions: duration of requests, requests in flight, sizes of bodies.
///
/// The metrics and their labels are those of [`catalog::HTTP_SERVER`]; the layer
/// [`HttpMetricsLayer`](super::HttpMetricsLayer) records them. A handle is cheap to clone; create the family once per meter.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::http::{HttpMetricsLayer, HttpServerMetrics};
///
/// let server = HttpServerMetrics::new(&opentelemetry::global::meter("shop"));
/// let layer = HttpMetricsLayer::new(server);
/// # let _ = layer;
/// ```
#[derive(Debug, Clone)]
pub struct HttpServerMetrics {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    gate: Gate,
    extra: Box<[Key]>,
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    sizes: Option<Sizes>,
}

#[derive(Debug)]
struct Sizes {
    request: Histogram<u64>,
    response: Histogram<u64>,
}

impl HttpServerMetrics {
    /// Creates the family with the default configuration.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::make(meter, &HttpServerConfig::default())
    }

    /// Creates the family.
    ///
    /// # Errors
    /// There are too many extra labels, or one has a name that is taken.
    pub fn with_config(meter: &Meter, config: &HttpServerConfig) -> Result<Self, HttpServerConfigError> {
        let extra = &config.extra_labels;
        if extra.len() > MAX_EXTRA {
            return Err(HttpServerConfigError::TooMany(extra.len()));
        }
        for (at, name) in extra.iter().enumerate() {
            let known = catalog::HTTP_SERVER_REQUEST_DURATION.labels;
            if name.is_empty() || extra[..at].contains(name) || known.iter().any(|label| label.name == name) {
                return Err(HttpServerConfigError::Taken(name.to_string()));
            }
        }
        Ok(Self::make(meter, config))
    }

    fn make(meter: &Meter, config: &HttpServerConfig) -> Self {
        let limits = config.limits.clone().unwrap_or_else(Limits::global);
        let mut defs = vec![&catalog::HTTP_SERVER_REQUEST_DURATION];
        if config.body_sizes {
            defs.push(&catalog::HTTP_SERVER_REQUEST_BODY_SIZE);
            defs.push(&catalog::HTTP_SERVER_RESPONSE_BODY_SIZE);
        }
        let extra: Vec<&str> = config.extra_labels.iter().map(AsRef::as_ref).collect();
        let gate = Gate::with_labels(&limits, &defs, &extra);
        Self {
            instruments: Arc::new(Instruments {
                gate,
                extra: extra
                    .iter()
                    .map(|name| Key::from(Arc::<str>::from(*name)))
                    .collect(),
                duration: f64_histogram(meter, &catalog::HTTP_SERVER_REQUEST_DURATION),
                active: i64_up_down_counter(meter, &catalog::HTTP_SERVER_ACTIVE_REQUESTS),
                sizes: config.body_sizes.then(|| Sizes {
                    request: u64_histogram(meter, &catalog::HTTP_SERVER_REQUEST_BODY_SIZE),
                    response: u64_histogram(meter, &catalog::HTTP_SERVER_RESPONSE_BODY_SIZE),
                }),
            }),
        }
    }

    /// Whether the sizes of bodies are recorded.
    pub(super) fn has_sizes(&self) -> bool {
        self.instruments.sizes.is_some()
    }

    /// Returns the label of a path that came in.
    pub(super) fn path_label(&self, path: &str) -> StringValue {
        self.instruments.gate.raw_path(path)
    }

    /// Adds to the number of requests being served.
    pub(super) fn add_active(&self, change: i64, method: StringValue, scheme: &'static str) {
        self.instruments
            .active
            .add(change, &active_attributes(method, scheme));
    }

    pub(super) fn record(&self, finished: &Finished<'_>) {
        let instruments = &*self.instruments;
        let attributes = self.attributes(finished);
        let attributes = attributes.as_slice();
        instruments
            .duration
            .record(finished.duration.as_secs_f64(), attributes);
        if let Some(sizes) = &instruments.sizes {
            sizes.request.record(finished.request_bytes, attributes);
            sizes.response.record(finished.response_bytes, attributes);
        }
    }

    fn attributes(&self, finished: &Finished<'_>) -> Attributes<MOST> {
        let instruments = &*self.instruments;
        let none = || StringValue::from("");
        let route = finished
            .route
            .map_or_else(none, |route| instruments.gate.path(route.clone()));
        let status = finished
            .status_code
            .map_or_else(|| Value::String(none()), |code| Value::I64(code.into()));
        // In the order of their keys, as in the definition.
        let convention: [KeyValue; CONVENTION] = [
            attribute(labels::ERROR_TYPE, finished.error_type()),
            attribute(labels::HTTP_REQUEST_METHOD, finished.method.clone()),
            KeyValue::new(labels::HTTP_RESPONSE_STATUS_CODE, status),
            attribute(labels::HTTP_ROUTE, route),
            attribute(labels::NETWORK_PROTOCOL_VERSION, finished.version),
            attribute(labels::URL_SCHEME, finished.scheme),
        ];
        let mut pairs: [KeyValue; MOST] = std::array::from_fn(|_| attribute("", ""));
        for (pair, known) in pairs.iter_mut().zip(convention) {
            *pair = known;
        }
        for (pair, key) in pairs[CONVENTION..].iter_mut().zip(&instruments.extra) {
            let value = finished.extra.and_then(|labels| labels.get(key.as_str()));
            *pair = KeyValue::new(key.clone(), value.cloned().unwrap_or_else(none));
        }
        instruments
            .gate
            .bound_first(pairs, CONVENTION + instruments.extra.len())
            .without_empty()
    }
}

fn active_attributes(method: StringValue, scheme: &'static str) -> [KeyValue; 2] {
    [
        attribute(labels::HTTP_REQUEST_METHOD, method),
        attribute(labels::URL_SCHEME, scheme),
    ]
}

#[cfg(feature = "bound")]
impl HttpServerMetrics {
    pub(super) fn bind_active(&self, method: &StringValue, scheme: &'static str) -> BoundUpDownCounter<i64> {
        self.instruments
            .active
            .bind(&active_attributes(method.clone(), scheme))
    }

    pub(super) fn bind(&self, finished: &Finished<'_>) -> BoundServed {
        let instruments = &*self.instruments;
        let attributes = self.attributes(finished);
        let attributes = attributes.as_slice();
        let sizes = instruments.sizes.as_ref();
        BoundServed {
            duration: instruments.duration.bind(attributes),
            sizes: sizes.map(|sizes| (sizes.request.bind(attributes), sizes.response.bind(attributes))),
        }
    }
}

/// The instruments of a request, bound to one label set.
#[cfg(feature = "bound")]
#[derive(Debug)]
pub(super) struct BoundServed {
    duration: BoundHistogram<f64>,
    sizes: Option<(BoundHistogram<u64>, BoundHistogram<u64>)>,
}

#[cfg(feature = "bound")]
impl BoundServed {
    pub(super) fn record(&self, finished: &Finished<'_>) {
        self.duration.record(finished.duration.as_secs_f64());
        if let Some((request, response)) = &self.sizes {
            request.record(finished.request_bytes);
            response.record(finished.response_bytes);
        }
    }
}
