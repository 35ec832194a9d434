//! The layer and its service.

use std::{
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    AnyBody, HttpMetricsConfig, HttpRoute, HttpServerMetrics, RequestBody, ResponseFuture,
    bodies::{WrapRequest, WrapResponse},
    exchange::{Exchange, Shared},
    method::KnownMethods,
    policy::{self, Routes},
    watched::Watched as _,
};
use crate::{AppMetrics, RequestPath};

/// The families that a layer records in: the application family, that of the semantic conventions, or both.
#[derive(Debug, Clone)]
pub struct HttpFamilies {
    app: Option<AppMetrics>,
    server: Option<HttpServerMetrics>,
}

impl From<AppMetrics> for HttpFamilies {
    fn from(app: AppMetrics) -> Self {
        Self {
            app: Some(app),
            server: None,
        }
    }
}

impl From<HttpServerMetrics> for HttpFamilies {
    fn from(server: HttpServerMetrics) -> Self {
        Self {
            app: None,
            server: Some(server),
        }
    }
}

impl From<(AppMetrics, HttpServerMetrics)> for HttpFamilies {
    fn from((app, server): (AppMetrics, HttpServerMetrics)) -> Self {
        Self {
            app: Some(app),
            server: Some(server),
        }
    }
}

/// A tower layer that records each request in the families it is given.
///
/// See [the module](self::super) for what is recorded when. Clones share everything.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Router, routing::MethodRouter};
/// use vmotel_instruments::{AppMetrics, http::HttpMetricsLayer};
///
/// let app = AppMetrics::new(&opentelemetry::global::meter("shop"));
/// let router: Router = Router::new()
///     .route("/users/{id}", MethodRouter::new())
///     .layer(HttpMetricsLayer::new(app));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpMetricsLayer<K = AnyBody> {
    shared: Arc<Shared>,
    bodies: PhantomData<fn() -> K>,
}

impl HttpMetricsLayer {
    /// Creates a layer with the default configuration.
    #[must_use]
    pub fn new(families: impl Into<HttpFamilies>) -> Self {
        Self::with_config(families, HttpMetricsConfig::default())
    }

    /// Creates a layer.
    #[must_use]
    pub fn with_config(families: impl Into<HttpFamilies>, config: HttpMetricsConfig) -> Self {
        let families = families.into();
        let methods = KnownMethods::new(&config.known_methods);
        let shared = Shared {
            app: families.app,
            server: families.server,
            #[cfg(feature = "bound")]
            bound: super::bound::BoundSeries::new(methods.count()),
            methods,
            unmatched: RequestPath::template(policy::shared(&config.unmatched_path)),
            routes: Routes::new(&config),
            config,
        };
        Self {
            shared: Arc::new(shared),
            bodies: PhantomData,
        }
    }

    /// Returns the layer for an axum [`Router`](https://docs.rs/axum/latest/axum/struct.Router.html), where it leaves bodies
    /// the type that they have: that saves two allocations per request.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn for_axum(self) -> HttpMetricsLayer<super::AxumBody> {
        HttpMetricsLayer {
            shared: self.shared,
            bodies: PhantomData,
        }
    }
}

impl<S, K> Layer<S> for HttpMetricsLayer<K> {
    type Service = HttpMetrics<S, K>;

    fn layer(&self, inner: S) -> HttpMetrics<S, K> {
        HttpMetrics {
            inner,
            shared: Arc::clone(&self.shared),
            bodies: PhantomData,
        }
    }
}

/// The service that [`HttpMetricsLayer`] makes.
#[derive(Debug, Clone)]
pub struct HttpMetrics<S, K = AnyBody> {
    inner: S,
    shared: Arc<Shared>,
    bodies: PhantomData<fn() -> K>,
}

/// Tells layers within that the request is taken care of, and that its route is known.
#[derive(Debug, Clone, Copy)]
struct Recorded;

impl<S, K, ReqBody, ResBody> Service<Request<ReqBody>> for HttpMetrics<S, K>
where
    K: WrapRequest<ReqBody> + WrapResponse<ResBody>,
    S: Service<Request<<K as WrapRequest<ReqBody>>::Body>, Response = Response<ResBody>>,
    ReqBody: Body,
    ResBody: Body,
{
    type Response = Response<<K as WrapResponse<ResBody>>::Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let mut exchange = self.begin(&mut request);
        let told = exchange.as_ref().and_then(Exchange::told);
        let request = request.map(|body| <K as WrapRequest<_>>::wrap(RequestBody::new(body, told)));
        let future = self.inner.call(request);
        if let Some(exchange) = &mut exchange {
            exchange.waiting();
        }
        ResponseFuture::new(future, exchange)
    }
}

impl<S, K> HttpMetrics<S, K> {
    /// Returns none for a request that another layer records, or none does.
    fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Exchange> {
        // An outer layer of this kind records; this one only knows more about the route.
        let extensions = request.extensions();
        if let Some(outer) = extensions.get::<HttpRoute>() {
            if let Some(route) = (self.shared.config.route)(extensions) {
                outer.set(route);
            }
            return None;
        }
        if extensions.get::<Recorded>().is_some() {
            return None;
        }
        let exchange = Exchange::begin(&self.shared, request);
        match exchange.as_ref().and_then(Exchange::asks_for_route) {
            Some(told) => request.extensions_mut().insert(told).map(drop),
            // A type without a size: it is not allocated.
            None => request.extensions_mut().insert(Recorded).map(drop),
        };
        exchange
    }
}
