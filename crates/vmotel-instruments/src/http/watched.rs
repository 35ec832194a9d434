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
    fn failed(&mut self);

    /// The head of the response is there; returns whether its body matters.
    fn responded<B>(&mut self, response: &mut Response<B>) -> bool;

    /// Bytes of the response's body are handed on; returns true if they were the last ones.
    fn passed(&mut self, bytes: usize) -> bool;

    /// Trailers are handed on, which are the last of the response.
    fn trailers(&mut self, _: &HeaderMap) {}

    /// The response's body has ended, as it should.
    fn ended(&mut self);

    /// The response's body has failed.
    fn broke_off(&mut self);
}

type NextFrame<B> = Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>;

/// Polls the future of a response; if the watch is still there then, it belongs to the body.
pub(crate) fn poll_response<F, W, B, E>(
    future: Pin<&mut F>,
    watch: &mut Option<W>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<B>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    W: Watched,
    B: Body,
{
    // A runtime drops the future of a task that has panicked only after it has caught the panic, so the thread no
    // longer shows it; the watch must know.
    if let Some(watched) = watch {
        watched.running();
    }
    let mut polled = future.poll(cx);
    if let Some(watched) = watch {
        match &mut polled {
            Poll::Pending => watched.waiting(),
            Poll::Ready(Ok(response)) => respond(response, watch),
            Poll::Ready(Err(_)) => {
                watched.failed();
                *watch = None;
            }
        }
    }
    polled
}

/// The head of a response is there: ends the watch if its body does not matter, or has ended from the start.
pub(crate) fn respond<B: Body, W: Watched>(response: &mut Response<B>, watch: &mut Option<W>) {
    let Some(watched) = watch else { return };
    let goes_on = watched.responded(response);
    let has_ended = goes_on && has_ended(response.body());
    if has_ended {
        watched.ended();
    }
    if has_ended || !goes_on {
        *watch = None;
    }
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
    if has_failed {
        watched.broke_off();
    } else if is_last {
        watched.ended();
    }
    if is_last || has_failed {
        *watch = None;
    }
    Poll::Ready(frame)
}

fn has_ended<B: Body>(body: &B) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}
