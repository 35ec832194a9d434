//! The HTTP layer: feeds the application family, that of the semantic conventions, or both from the requests that pass
//! through a tower service.
//!
//! ```text
//! request --> HttpMetrics::call --> inner service --> response head --> ResponseBody --> end of the body, or its drop
//!             in flight +1          (its future)      status known                      recorded once, in flight -1
//! ```
//!
//! [`AppMetrics`](crate::AppMetrics) has counters and histograms with the labels `method`, `path`, `status_code`;
//! [`HttpServerMetrics`] is `http.server.request.duration` and its companions as OpenTelemetry names them. Give the layer one
//! of them, or `(app, server)`.
//!
//! Each request is recorded exactly once, whatever becomes of it:
//!
//! | what happens | `status_code` | `http.response.status_code` | `error.type` | duration ends |
//! |---|---|---|---|---|
//! | the response is sent (empty, sized, chunked or streamed) | the response's | the same | the status, from 500 on | with the last frame of the body |
//! | the client goes away, or a limit outside of the layer strikes, before the response | 499 | none | `client_disconnected` | when the future is dropped |
//! | the client goes away within the body | the response's | the same | `client_disconnected` | when the body is dropped |
//! | the service panics | 500 | none | `panic` | when the future is dropped |
//! | the service returns an error | 500 | none | `service_error` | at once |
//! | the response's body panics or fails | the response's | the same | `panic`, `body_error` | with it |
//! | `HEAD`, 204, 304 | the response's | the same | the status, from 500 on | with the response's head |
//! | an upgrade (101), a `CONNECT` | the response's | the same | | with the response's head |
//!
//! 499 is the number that nginx gave to "client closed request"; no server sends it. A timeout is seen with its own
//! status (408, 504) if it stands inside of the layer: add the layer after it.
//!
//! A body has ended, too, once as many bytes were taken from it as its `Content-Length` says: servers ask no further. What is
//! still on its way to the client then is not seen from here.
//!
//! # Labels
//!
//! - `method`, `http.request.method`: one of [`HttpMetricsConfig::known_methods`], else `_OTHER`.
//! - `path`, `http.route`: the template of the route, never the path itself, so that no client can make series: axum's
//!   [`MatchedPath`](https://docs.rs/axum/latest/axum/extract/struct.MatchedPath.html), or an [`HttpRoute`] that the service
//!   sets; with [`HttpMetricsConfig::normalize_unmatched`] the normalised path. Without any of these `path` is `_unmatched`, and
//!   `http.route` is absent unless [`HttpMetricsConfig::unmatched_route`] is set.
//! - `status_code`, `http.response.status_code`, `error.type`: see above.
//! - `network.protocol.version`, `url.scheme`: of a fixed list.
//! - Labels of the service's own, by [`MetricLabels`] in the response's extensions and [`HttpServerConfig::extra_labels`].
//!
//! All of them pass the limits of the family. Neither the host nor any other header is read for a label.
//!
//! # What is recorded, and under which route
//!
//! [`HttpMetricsConfig`] leaves out routes (`/metrics` is left out by default), joins others into groups, and says when
//! event streams and upgrades are recorded.
//!
//! # Request size
//!
//! The bytes of the request's body: what the service has read, or `Content-Length` if that is more and not beyond
//! [`HttpMetricsConfig::max_declared_size`]. Of a request that was
//! cancelled or broke off only what was read counts.
//!
//! # Where to put the layer
//!
//! With axum `.layer()` on the outermost [`Router`](https://docs.rs/axum/latest/axum/struct.Router.html) sees every
//! request; `.route_layer()` leaves out those without a route. The routes of a router that is mounted as a service
//! (`nest_service`) are known only within it: put a clone of the layer on it, too. Where layers are nested, the outermost
//! one records, with the route that the inner ones find. With [`for_axum`](HttpMetricsLayer::for_axum) a layer behind a
//! handle, such as that of a `Buffer`, is not seen from outside: both record there.
//!
//! # Exemplars
//!
//! [`HttpMetricsConfig::exemplars`] gets the duration of each request that belongs to a sampled trace, for the page of
//! `vmotel-explorer` or a store of your own.
//!
//! Routes that shall not be recorded, such as that of the metrics, are merged: `metrics_routes.merge(app_with_layer)`. Of two
//! routers axum keeps the fallback of the later one, so in the other order requests without a route would go unseen.

mod bodies;
#[cfg(feature = "bound")]
mod bound;
pub mod client;
mod config;
pub(crate) mod error_type;
mod exchange;
mod exemplar;
mod labels;
mod layer;
mod method;
mod policy;
mod request_body;
mod response_body;
mod response_future;
mod route;
mod server;
pub(crate) mod watched;

#[cfg(feature = "axum")]
pub use self::bodies::AxumBody;
pub use self::{
    bodies::{AnyBody, WrapRequest, WrapResponse},
    config::HttpMetricsConfig,
    exemplar::{ExemplarSink, SampledSpan},
    labels::MetricLabels,
    layer::{HttpFamilies, HttpMetrics, HttpMetricsLayer},
    policy::StreamPolicy,
    request_body::RequestBody,
    response_body::ResponseBody,
    response_future::ResponseFuture,
    route::HttpRoute,
    server::{HttpServerConfig, HttpServerConfigError, HttpServerMetrics},
};
