//! A request's body that is counted as it is read.

use std::{
    cell::Cell,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// How much of a request's body the service has read.
#[derive(Debug, Default)]
#[expect(unnameable_types, reason = "only the layer passes it on")]
pub struct ReadCount {
    bytes: AtomicU64,
    failed: AtomicBool,
}

thread_local! {
    /// The count of a request that has ended on this thread, for the next one.
    static SPARE: Cell<Option<Arc<ReadCount>>> = const { Cell::new(None) };
}

impl ReadCount {
    /// Returns a count of nothing; mostly it is not allocated anew.
    pub(super) fn begin() -> Arc<Self> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let unshared = spare.and_then(|mut spare| {
            // The body of its last request may still live.
            *Arc::get_mut(&mut spare)? = Self::default();
            Some(spare)
        });
        unshared.unwrap_or_default()
    }

    /// Keeps the count of a request that has ended.
    pub(super) fn end(self: Arc<Self>) {
        // Within the destructors of a thread there is nothing to keep it for.
        let _ = SPARE.try_with(|spare| spare.set(Some(self)));
    }

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
        read: Option<Arc<ReadCount>>,
    }
}

impl<B> RequestBody<B> {
    pub(super) const fn new(inner: B, read: Option<Arc<ReadCount>>) -> Self {
        Self { inner, read }
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
        if let Some(read) = this.read {
            match &frame {
                Some(Ok(frame)) => read.add(frame.data_ref().map_or(0, Buf::remaining)),
                Some(Err(_)) => read.fail(),
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
