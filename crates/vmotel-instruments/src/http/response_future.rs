//! The future of a response.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{AnyBody, bodies::WrapResponse, exchange::Exchange, watched};

pin_project! {
    /// The future of [`HttpMetrics`](super::HttpMetrics); if it is dropped, its request is recorded as cancelled.
    #[derive(Debug)]
    pub struct ResponseFuture<F, K = AnyBody> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        bodies: PhantomData<fn() -> K>,
    }
}

impl<F, K> ResponseFuture<F, K> {
    pub(super) const fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self {
            inner,
            exchange,
            bodies: PhantomData,
        }
    }
}

impl<F, K, B, E> Future for ResponseFuture<F, K>
where
    F: Future<Output = Result<Response<B>, E>>,
    K: WrapResponse<B>,
    B: Body,
{
    type Output = Result<Response<K::Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(watched::poll_response(this.inner, this.exchange, cx))?;
        Poll::Ready(Ok(K::wrap(response, this.exchange)))
    }
}
