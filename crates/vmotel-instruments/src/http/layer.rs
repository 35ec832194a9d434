//! The layer and its service.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    AnyBody, HttpMetricsConfig, HttpRoute, HttpServerMetrics, ResponseFuture,
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
    /// the type that they have, and sees at once whether another layer is within: that saves three allocations per request.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn for_axum(self) -> HttpMetricsLayer<super::AxumBody> {
        HttpMetricsLayer {
            shared: self.shared,
            bodies: PhantomData,
        }
    }
}

impl<K> HttpMetricsLayer<K> {
    fn around<S>(&self, inner: S, marks: bool) -> HttpMetrics<S, K> {
        HttpMetrics {
            inner,
            shared: Arc::clone(&self.shared),
            marks,
            bodies: PhantomData,
        }
    }
}

impl<S> Layer<S> for HttpMetricsLayer {
    type Service = HttpMetrics<S>;

    fn layer(&self, inner: S) -> HttpMetrics<S> {
        self.around(inner, true)
    }
}

#[cfg(feature = "axum")]
impl<S: Clone> Layer<S> for HttpMetricsLayer<super::AxumBody> {
    type Service = HttpMetrics<S, super::AxumBody>;

    fn layer(&self, inner: S) -> HttpMetrics<S, super::AxumBody> {
        let marks = has_layer_within(&inner);
        self.around(inner, marks)
    }
}

/// The service that [`HttpMetricsLayer`] makes.
#[derive(Debug)]
pub struct HttpMetrics<S, K = AnyBody> {
    inner: S,
    shared: Arc<Shared>,
    /// Whether another layer may be within, which is to know that it need not record.
    marks: bool,
    bodies: PhantomData<fn() -> K>,
}

impl<S: Clone, K> Clone for HttpMetrics<S, K> {
    fn clone(&self) -> Self {
        CLONED.set(true);
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
            marks: self.marks,
            bodies: PhantomData,
        }
    }
}

thread_local! {
    /// Set whenever a service of a layer is cloned.
    static CLONED: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a service has another layer within: a clone of the one is a clone of the other. axum's boxed services tell
/// nothing else, and a mark in a request may cost an allocation.
#[cfg(feature = "axum")]
fn has_layer_within<S: Clone>(service: &S) -> bool {
    CLONED.set(false);
    drop(service.clone());
    CLONED.get()
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
        let read = exchange.as_ref().and_then(Exchange::read);
        let future = self.inner.call(<K as WrapRequest<_>>::wrap(request, read));
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
        let route = (self.shared.config.route)(extensions);
        if let Some(outer) = extensions.get::<HttpRoute>() {
            if let Some(route) = route {
                outer.set(route);
            }
            return None;
        }
        if extensions.get::<Recorded>().is_some() {
            return None;
        }
        let marks = self.marks || route.is_none();
        let exchange = Exchange::begin(&self.shared, request, route);
        if let Some(told) = exchange.as_ref().and_then(Exchange::told) {
            request.extensions_mut().insert(told);
        } else if marks {
            request.extensions_mut().insert(Recorded);
        }
        exchange
    }
}
