//! The layer and its service.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    HttpMetricsConfig, HttpRoute, HttpServerMetrics, RequestBody, ResponseBody, ResponseFuture,
    exchange::{Exchange, Shared},
    method::KnownMethods,
    policy::{self, Routes},
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
pub struct HttpMetricsLayer {
    shared: Arc<Shared>,
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
        let shared = Shared {
            app: families.app,
            server: families.server,
            methods: KnownMethods::new(&config.known_methods),
            unmatched: RequestPath::template(policy::shared(&config.unmatched_path)),
            routes: Routes::new(&config),
            config,
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<S> Layer<S> for HttpMetricsLayer {
    type Service = HttpMetrics<S>;

    fn layer(&self, inner: S) -> HttpMetrics<S> {
        HttpMetrics {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service that [`HttpMetricsLayer`] makes.
#[derive(Debug, Clone)]
pub struct HttpMetrics<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HttpMetrics<S>
where
    S: Service<Request<RequestBody<ReqBody>>, Response = Response<ResBody>>,
    ResBody: Body,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // An outer layer of this kind records; this one only knows more about the route.
        if let Some(outer) = request.extensions().get::<HttpRoute>() {
            if let Some(route) = (self.shared.config.route)(request.extensions()) {
                outer.set(route);
            }
            let request = request.map(|body| RequestBody::new(body, None));
            return ResponseFuture::new(self.inner.call(request), None);
        }
        let Some(mut exchange) = Exchange::begin(&self.shared, &request) else {
            let request = request.map(|body| RequestBody::new(body, None));
            return ResponseFuture::new(self.inner.call(request), None);
        };
        request.extensions_mut().insert(exchange.told());
        let told = exchange.told();
        let request = request.map(|body| RequestBody::new(body, Some(told)));
        let future = self.inner.call(request);
        exchange.waiting();
        ResponseFuture::new(future, Some(exchange))
    }
}
