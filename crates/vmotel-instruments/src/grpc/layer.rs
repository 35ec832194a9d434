//! The layer and its service, and what it makes of futures and bodies.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response, Uri};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{GrpcClientMetrics, GrpcServerMetrics, call::Call, family::Shared};
use crate::http::{
    ResponseBody,
    watched::{self, Watched as _},
};

/// A tower layer that records each call.
///
/// See [the module](super) for what is recorded when. Clones share everything.
///
/// # Examples
///
/// ```
/// use tower_layer::Layer as _;
/// use vmotel_instruments::grpc::{GrpcLayer, GrpcServerMetrics};
///
/// # struct Service;
/// let metrics = GrpcServerMetrics::new(&opentelemetry::global::meter("shop"));
/// let service = GrpcLayer::server(metrics).layer(Service);
/// # let _ = service;
/// ```
#[derive(Debug, Clone)]
pub struct GrpcLayer {
    shared: Arc<Shared>,
}

impl GrpcLayer {
    /// Records the calls that come in.
    #[must_use]
    pub fn server(metrics: GrpcServerMetrics) -> Self {
        let shared = Arc::new(Shared::new(metrics.0, None));
        Self { shared }
    }

    /// Records the calls that go out to this endpoint; a URI without a host gives no `server.address`.
    #[must_use]
    pub fn client(metrics: GrpcClientMetrics, endpoint: &Uri) -> Self {
        let shared = Arc::new(Shared::new(metrics.0, Some(endpoint)));
        Self { shared }
    }
}

impl<S> Layer<S> for GrpcLayer {
    type Service = GrpcService<S>;

    fn layer(&self, inner: S) -> GrpcService<S> {
        GrpcService {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service that [`GrpcLayer`] makes.
#[derive(Debug, Clone)]
pub struct GrpcService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for GrpcService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body,
{
    type Response = Response<GrpcBody<ResBody>>;
    type Error = S::Error;
    type Future = GrpcFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let mut call = Call::begin(&self.shared, &request);
        let inner = self.inner.call(request);
        if let Some(call) = &mut call {
            call.waiting();
        }
        GrpcFuture { inner, call }
    }
}

pin_project! {
    /// The future of [`GrpcService`]; if it is dropped, its call is recorded as cancelled.
    #[derive(Debug)]
    pub struct GrpcFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F, B, E> Future for GrpcFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<GrpcBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(watched::poll_response(this.inner, this.call, cx))?;
        Poll::Ready(Ok(response.map(|body| GrpcBody::new(body, this.call.take()))))
    }
}

/// The body of an answer; when it has ended or is dropped, its call is recorded.
pub type GrpcBody<B> = ResponseBody<B, Call>;
