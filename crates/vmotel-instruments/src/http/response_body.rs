//! A response's body that ends its exchange.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{exchange::Exchange, watched};

pin_project! {
    /// A response's body; when it has ended or is dropped, its request is recorded.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        exchange: Option<Exchange>,
    }
}

impl<B: Body> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Option<Exchange>) -> Self {
        let exchange = watched::begin_body(&inner, exchange);
        Self { inner, exchange }
    }

    #[cfg(feature = "axum")]
    pub(super) const fn is_recorded(&self) -> bool {
        self.exchange.is_none()
    }

    /// Returns the body itself; its request is recorded now, if it was not yet.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        watched::poll_frame(this.inner, this.exchange, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
