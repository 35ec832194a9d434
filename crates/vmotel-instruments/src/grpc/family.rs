//! The families of gRPC servers and clients by the semantic conventions.

use std::{borrow::Cow, sync::Arc, time::Duration};

use http::Uri;
use opentelemetry::{
    KeyValue, StringValue, Value,
    metrics::{Histogram, Meter, UpDownCounter},
};
use vmotel_cardinality::Limits;

use super::methods::Methods;
use crate::{
    catalog,
    gate::{Attributes, Gate},
    instrument::{attribute, f64_histogram, i64_up_down_counter},
    labels,
};

/// The labels of clients; servers have the first ones of them.
const MOST: usize = catalog::RPC_CLIENT_CALL_DURATION.labels.len();
const GRPC: &str = "grpc";

/// What the family of gRPC servers records.
#[derive(Debug, Clone, Default)]
pub struct GrpcServerConfig {
    /// The methods that appear as they are, such as `shop.v1.Orders/Get`; all others become `_OTHER`. Default none: those are known that the
    /// service has answered to.
    pub known_methods: Option<Vec<Cow<'static, str>>>,
    /// The limits of the labels' values; default those of the process ([`Limits::global`]).
    pub limits: Option<Limits>,
}

/// gRPC servers by the semantic conventions: duration of calls, and calls in flight.
///
/// The metrics and their labels are those of [`catalog::RPC_SERVER`]; [`GrpcLayer::server`](super::GrpcLayer::server) records them. A handle
/// is cheap to clone; create the family once per meter.
///
/// # Examples
///
/// ```
/// use vmotel_instruments::grpc::{GrpcLayer, GrpcServerMetrics};
///
/// let metrics = GrpcServerMetrics::new(&opentelemetry::global::meter("shop"));
/// let server = tonic::transport::Server::builder().layer(GrpcLayer::server(metrics));
/// # let _ = server;
/// ```
#[derive(Debug, Clone)]
pub struct GrpcServerMetrics(pub(super) Arc<Family>);

impl GrpcServerMetrics {
    /// Creates the family with the default configuration.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_config(meter, &GrpcServerConfig::default())
    }

    /// Creates the family.
    #[must_use]
    pub fn with_config(meter: &Meter, config: &GrpcServerConfig) -> Self {
        let limits = config.limits.clone().unwrap_or_else(Limits::global);
        let duration = &catalog::RPC_SERVER_CALL_DURATION;
        let methods = config.known_methods.as_ref();
        Self(Arc::new(Family {
            side: Side::Server,
            methods: methods.map_or_else(Methods::learned, |known| {
                Methods::fixed(known.iter().map(AsRef::as_ref))
            }),
            gate: Gate::new(&limits, &[duration]),
            active_gate: Gate::new(&limits, &[&catalog::RPC_SERVER_ACTIVE_CALLS]),
            duration: f64_histogram(meter, duration),
            active: i64_up_down_counter(meter, &catalog::RPC_SERVER_ACTIVE_CALLS),
        }))
    }
}

/// gRPC clients by the semantic conventions: duration of calls, and calls in flight.
///
/// The metrics and their labels are those of [`catalog::RPC_CLIENT`]; [`GrpcLayer::client`](super::GrpcLayer::client) records them. A handle
/// is cheap to clone; create the family once per meter and use it in all clients.
///
/// # Examples
///
/// ```
/// use tonic::transport::Endpoint;
/// use tower::ServiceBuilder;
/// use vmotel_instruments::grpc::{GrpcClientMetrics, GrpcLayer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = GrpcClientMetrics::new(&opentelemetry::global::meter("shop"));
/// let endpoint = Endpoint::from_static("http://orders:50051");
/// let layer = GrpcLayer::client(metrics, endpoint.uri());
/// let channel = ServiceBuilder::new().layer(layer).service(endpoint.connect_lazy());
/// let client = tonic::client::Grpc::new(channel); // Or a generated client.
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GrpcClientMetrics(pub(super) Arc<Family>);

impl GrpcClientMetrics {
    /// Creates the family with the limits of the process ([`Limits::global`]).
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self::with_limits(meter, &Limits::global())
    }

    /// Creates the family with limits of its own.
    #[must_use]
    pub fn with_limits(meter: &Meter, limits: &Limits) -> Self {
        let duration = &catalog::RPC_CLIENT_CALL_DURATION;
        Self(Arc::new(Family {
            side: Side::Client,
            methods: Methods::learned(),
            gate: Gate::new(limits, &[duration]),
            active_gate: Gate::new(limits, &[&catalog::RPC_CLIENT_ACTIVE_CALLS]),
            duration: f64_histogram(meter, duration),
            active: i64_up_down_counter(meter, &catalog::RPC_CLIENT_ACTIVE_CALLS),
        }))
    }
}

/// Whose calls are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

/// The instruments of one side.
#[derive(Debug)]
pub(super) struct Family {
    side: Side,
    methods: Methods,
    gate: Gate,
    active_gate: Gate,
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

/// What all calls through a layer share.
#[derive(Debug)]
pub(super) struct Shared {
    family: Arc<Family>,
    address: StringValue,
    port: Value,
    active: Attributes<3>,
}

impl Shared {
    /// The calls to this server; none for a server's own.
    pub(super) fn new(family: Arc<Family>, server: Option<&Uri>) -> Self {
        let host = server.and_then(Uri::host).unwrap_or_default();
        let default = match server.and_then(Uri::scheme_str) {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        let port = server.and_then(Uri::port_u16).or(default);
        let address = StringValue::from(Arc::<str>::from(host));
        let port = port.filter(|_| !host.is_empty()).map_or_else(
            || Value::String(StringValue::from("")),
            |port| Value::I64(port.into()),
        );
        let active = [
            attribute(labels::RPC_SYSTEM_NAME, GRPC),
            attribute(labels::SERVER_ADDRESS, address.clone()),
            KeyValue::new(labels::SERVER_PORT, port.clone()),
        ];
        let len = match family.side {
            Side::Server => catalog::RPC_SERVER_ACTIVE_CALLS.labels.len(),
            Side::Client => catalog::RPC_CLIENT_ACTIVE_CALLS.labels.len(),
        };
        Self {
            active: family.active_gate.bound_first(active, len).without_empty(),
            family,
            address,
            port,
        }
    }

    pub(super) fn side(&self) -> Side {
        self.family.side
    }

    pub(super) fn methods(&self) -> &Methods {
        &self.family.methods
    }

    /// Adds to the calls in flight.
    pub(super) fn add_active(&self, change: i64) {
        self.family.active.add(change, self.active.as_slice());
    }

    /// Records a call; what is empty is no label.
    pub(super) fn record(
        &self,
        method: StringValue,
        status: &'static str,
        error_type: StringValue,
        duration: Duration,
    ) {
        let pairs: [KeyValue; MOST] = [
            attribute(labels::ERROR_TYPE, error_type),
            attribute(labels::RPC_METHOD, method),
            attribute(labels::RPC_STATUS_CODE, status),
            attribute(labels::RPC_SYSTEM_NAME, GRPC),
            attribute(labels::SERVER_ADDRESS, self.address.clone()),
            KeyValue::new(labels::SERVER_PORT, self.port.clone()),
        ];
        let len = match self.family.side {
            Side::Server => catalog::RPC_SERVER_CALL_DURATION.labels.len(),
            Side::Client => MOST,
        };
        let attributes = self.family.gate.bound_first(pairs, len).without_empty();
        self.family
            .duration
            .record(duration.as_secs_f64(), attributes.as_slice());
    }
}
