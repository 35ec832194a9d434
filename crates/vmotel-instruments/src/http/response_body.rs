//! A response's body that ends its exchange.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::Exchange;

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
        let mut body = Self { inner, exchange };
        // A server need not poll a body that has ended from the start.
        if has_ended(&body.inner)
            && let Some(exchange) = body.exchange.take()
        {
            exchange.ended();
        }
        body
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(exchange) = this.exchange.as_mut() else {
            return this.inner.poll_frame(cx);
        };
        exchange.running();
        let polled = this.inner.as_mut().poll_frame(cx);
        exchange.waiting();
        let frame = ready!(polled);
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Buf::remaining),
            Some(Err(_)) | None => 0,
        };
        // Nor need it ask for the end of a body whose length is known: hyper does not.
        let is_last = exchange.sent(bytes) || frame.is_none() || has_ended(&*this.inner);
        let has_failed = matches!(frame, Some(Err(_)));
        if (is_last || has_failed)
            && let Some(exchange) = this.exchange.take()
        {
            if has_failed {
                exchange.broke_off();
            } else {
                exchange.ended();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn has_ended<B: Body>(body: &B) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}
