//! A response's body that ends its exchange.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    exchange::Exchange,
    watched::{self, Watched},
};

pin_project! {
    /// A response's body; when it has ended or is dropped, its request is recorded: one of a server, or of a client.
    #[derive(Debug)]
    pub struct ResponseBody<B, W = Exchange> {
        #[pin]
        inner: B,
        watch: Option<W>,
    }
}

impl<B, W> ResponseBody<B, W> {
    pub(crate) const fn new(inner: B, watch: Option<W>) -> Self {
        Self { inner, watch }
    }

    /// Returns the body itself; its request is recorded now, if it was not yet.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body, W: Watched> Body for ResponseBody<B, W> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        watched::poll_frame(this.inner, this.watch, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
