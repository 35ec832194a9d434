//! The layer around a client that is a tower service, and what it makes of futures and bodies.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{HttpClientMetrics, UrlTemplate, exchange::ClientExchange};
use crate::http::{
    ResponseBody,
    watched::{self, Watched as _},
};

/// A tower layer that records each request that goes out.
///
/// See [the module](super) for what is recorded when. A layer of retries outside of it is recorded by each try, one inside
/// of it once.
///
/// # Examples
///
/// ```
/// use tower_layer::Layer as _;
/// use vmotel_instruments::http::client::{HttpClientLayer, HttpClientMetrics};
///
/// # struct Client;
/// let metrics = HttpClientMetrics::new(&opentelemetry::global::meter("shop"));
/// let client = HttpClientLayer::new(metrics).layer(Client);
/// # let _ = client;
/// ```
#[derive(Debug, Clone)]
pub struct HttpClientLayer {
    metrics: HttpClientMetrics,
}

impl HttpClientLayer {
    /// Creates a layer.
    #[must_use]
    pub const fn new(metrics: HttpClientMetrics) -> Self {
        Self { metrics }
    }
}

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClient<S>;

    fn layer(&self, inner: S) -> HttpClient<S> {
        HttpClient {
            inner,
            metrics: self.metrics.clone(),
        }
    }
}

/// The service that [`HttpClientLayer`] makes.
#[derive(Debug, Clone)]
pub struct HttpClient<S> {
    inner: S,
    metrics: HttpClientMetrics,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HttpClient<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body,
    ResBody: Body,
{
    type Response = Response<ClientBody<ResBody>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let mut exchange = ClientExchange::begin(
            &self.metrics,
            request.method(),
            request.uri(),
            request.extensions().get::<UrlTemplate>().copied(),
            request.body().size_hint().exact(),
        );
        let inner = self.inner.call(request);
        exchange.waiting();
        ClientFuture {
            inner,
            exchange: Some(exchange),
        }
    }
}

pin_project! {
    /// The future of [`HttpClient`]; if it is dropped, its request is recorded as cancelled.
    #[derive(Debug)]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<ClientExchange>,
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ClientBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(watched::poll_response(this.inner, this.exchange, cx))?;
        Poll::Ready(Ok(
            response.map(|body| ClientBody::new(body, this.exchange.take()))
        ))
    }
}

/// The body of a response to a client.
pub type ClientBody<B> = ResponseBody<B, ClientExchange>;
