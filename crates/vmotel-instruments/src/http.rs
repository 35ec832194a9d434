//! The HTTP layer: feeds the application family from the requests that pass through a tower service.
//!
//! ```text
//! request --> HttpMetrics::call --> inner service --> response head --> ResponseBody --> end of the body, or its drop
//!             in flight +1          (its future)      status known                      recorded once, in flight -1
//! ```
//!
//! Each request is recorded exactly once, whatever becomes of it:
//!
//! | what happens | `status_code` | duration ends |
//! |---|---|---|
//! | the response is sent (empty, sized, chunked or streamed) | the response's | with the last frame of the body |
//! | the client goes away, or a limit outside of the layer strikes, before the response | 499 | when the future is dropped |
//! | the client goes away within the body | the response's | when the body is dropped |
//! | the service panics | 500 | when the future is dropped |
//! | the service returns an error | 500 | at once |
//! | an upgrade (101), a `CONNECT` | the response's | with the response's head |
//!
//! 499 is the number that nginx gave to "client closed request"; no server sends it. A timeout is seen with its own
//! status (408, 504) if it stands inside of the layer: add the layer after it.
//!
//! # Labels
//!
//! - `method`: one of [`HttpMetricsConfig::known_methods`], else `_OTHER`.
//! - `path`: the template of the route, never the path itself, so that no client can make series: axum's
//!   [`MatchedPath`](https://docs.rs/axum/latest/axum/extract/struct.MatchedPath.html), an [`HttpRoute`] that the service
//!   sets, or `_unmatched`; with [`HttpMetricsConfig::normalize_unmatched`] the normalised path instead of the last.
//! - `status_code`: see above.
//!
//! All of them pass the limits of the family, see [`AppMetrics`](crate::AppMetrics).
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
//! one records, with the route that the inner ones find.
//!
//! Routes that shall not be recorded, such as that of the metrics, are merged: `metrics_routes.merge(app_with_layer)`. Of two
//! routers axum keeps the fallback of the later one, so in the other order requests without a route would go unseen.

mod config;
mod exchange;
mod layer;
mod method;
mod request_body;
mod response_body;
mod response_future;
mod route;

pub use self::{
    config::HttpMetricsConfig,
    layer::{HttpMetrics, HttpMetricsLayer},
    request_body::RequestBody,
    response_body::ResponseBody,
    response_future::ResponseFuture,
    route::HttpRoute,
};
