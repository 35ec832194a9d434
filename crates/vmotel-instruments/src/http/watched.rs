//! What servers and clients have in common: a request that is watched until its response has ended.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http::{HeaderMap, Response};
use http_body::{Body, Frame};

/// A request that is recorded when this is dropped, in the way that was told last.
pub(crate) trait Watched: Sized {
    /// The service's own code runs: should it panic, it is its error.
    fn running(&mut self);

    /// The service waits: if its future, or its body, is dropped, it is cancelled.
    fn waiting(&mut self);

    /// The service has returned an error instead of a response.
    fn failed(self);

    /// The head of the response is there; returns none if the body does not matter any more.
    fn responded<B>(self, response: &mut Response<B>) -> Option<Self>;

    /// Bytes of the response's body are handed on; returns true if they were the last ones.
    fn passed(&mut self, bytes: usize) -> bool;

    /// Trailers are handed on, which are the last of the response.
    fn trailers(&mut self, _: &HeaderMap) {}

    /// The response's body has ended, as it should.
    fn ended(self);

    /// The response's body has failed.
    fn broke_off(self);
}

/// A response, and what is left of the watch.
type Responded<B, W> = (Response<B>, Option<W>);

type NextFrame<B> = Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>;

/// Polls the future of a response; what is left of the watch belongs to the body.
pub(crate) fn poll_response<F, W, B, E>(
    future: Pin<&mut F>,
    watched: &mut Option<W>,
    cx: &mut Context<'_>,
) -> Poll<Result<Responded<B, W>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    W: Watched,
{
    // A runtime drops the future of a task that has panicked only after it has caught the panic, so the thread no
    // longer shows it; the watch must know.
    if let Some(watched) = watched {
        watched.running();
    }
    match future.poll(cx) {
        Poll::Pending => {
            if let Some(watched) = watched {
                watched.waiting();
            }
            Poll::Pending
        }
        Poll::Ready(Ok(mut response)) => {
            let rest = watched
                .take()
                .and_then(|watched| watched.responded(&mut response));
            Poll::Ready(Ok((response, rest)))
        }
        Poll::Ready(Err(error)) => {
            if let Some(watched) = watched.take() {
                watched.failed();
            }
            Poll::Ready(Err(error))
        }
    }
}

/// Ends the watch of a body that has ended from the start: nobody need poll it.
pub(crate) fn begin_body<B: Body, W: Watched>(body: &B, watched: Option<W>) -> Option<W> {
    if has_ended(body) {
        if let Some(watched) = watched {
            watched.ended();
        }
        return None;
    }
    watched
}

/// Polls a body.
pub(crate) fn poll_frame<B: Body, W: Watched>(
    mut body: Pin<&mut B>,
    watch: &mut Option<W>,
    cx: &mut Context<'_>,
) -> Poll<NextFrame<B>> {
    let Some(watched) = watch else {
        return body.poll_frame(cx);
    };
    watched.running();
    let polled = body.as_mut().poll_frame(cx);
    watched.waiting();
    let frame = ready!(polled);
    let told = frame.as_ref().and_then(|frame| frame.as_ref().ok());
    let bytes = told.and_then(Frame::data_ref).map_or(0, Buf::remaining);
    let trailers = told.and_then(Frame::trailers_ref);
    if let Some(trailers) = trailers {
        watched.trailers(trailers);
    }
    // Nobody need ask for the end behind trailers, or of a body whose length is known: hyper does not.
    let is_last = watched.passed(bytes) || trailers.is_some() || frame.is_none() || has_ended(&*body);
    let has_failed = matches!(frame, Some(Err(_)));
    if (is_last || has_failed)
        && let Some(watched) = watch.take()
    {
        if has_failed {
            watched.broke_off();
        } else {
            watched.ended();
        }
    }
    Poll::Ready(frame)
}

fn has_ended<B: Body>(body: &B) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}
