//! The future of a response.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::{ResponseBody, exchange::Exchange};

pin_project! {
    /// The future of [`HttpMetrics`](super::HttpMetrics); if it is dropped, its request is recorded as cancelled.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self { inner, exchange }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A runtime drops the future of a task that has panicked only after it has caught the panic, so the thread no
        // longer shows it; the exchange must know.
        if let Some(exchange) = this.exchange.as_mut() {
            exchange.running();
        }
        match this.inner.poll(cx) {
            Poll::Pending => {
                if let Some(exchange) = this.exchange.as_mut() {
                    exchange.waiting();
                }
                Poll::Pending
            }
            Poll::Ready(Ok(mut response)) => {
                let exchange = this.exchange.take();
                let exchange = exchange.and_then(|exchange| exchange.responded(&mut response));
                Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, exchange))))
            }
            Poll::Ready(Err(error)) => {
                if let Some(exchange) = this.exchange.take() {
                    exchange.failed();
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
