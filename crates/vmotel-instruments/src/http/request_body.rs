//! A request's body that is counted as it is read.

use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::HttpRoute;

/// How much of a request's body the service has read.
#[derive(Debug, Default)]
pub(super) struct ReadCount {
    bytes: AtomicU64,
    failed: AtomicBool,
}

impl ReadCount {
    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns true if the body broke off, so that what is not read will never come.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

pin_project! {
    /// A request's body whose bytes are counted as the service reads them.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        inner: B,
        told: Option<HttpRoute>,
    }
}

impl<B> RequestBody<B> {
    pub(super) const fn new(inner: B, told: Option<HttpRoute>) -> Self {
        Self { inner, told }
    }

    #[cfg(feature = "axum")]
    pub(super) const fn is_counted(&self) -> bool {
        self.told.is_some()
    }

    /// Returns the body itself; what is read from it is no longer counted.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if let Some(told) = this.told {
            match &frame {
                Some(Ok(frame)) => told.read().add(frame.data_ref().map_or(0, Buf::remaining)),
                Some(Err(_)) => told.read().fail(),
                None => {}
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
