//! A stream whose peer has a limited time.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// A stream that fails if nothing comes for the idle time, or if what is written is not taken within the write time.
///
/// The write time counts from the first byte of a response to its last: a peer that takes a byte now and then is cut off too.
#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    idle: Duration,
    write: Duration,
    read_by: Pin<Box<Sleep>>,
    written_by: Pin<Box<Sleep>>,
    writing: bool,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, idle: Duration, write: Duration) -> Self {
        Self {
            stream,
            idle,
            write,
            read_by: Box::pin(sleep(idle)),
            written_by: Box::pin(sleep(write)),
            writing: false,
        }
    }

    /// Returns an error if the write time is over; starts it with the first byte of a response.
    fn check_write(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.writing {
            self.writing = true;
            self.written_by.as_mut().reset(Instant::now() + self.write);
        }
        match self.written_by.as_mut().poll(context) {
            Poll::Ready(()) => Err(timed_out("the response was not taken in time")),
            Poll::Pending => Ok(()),
        }
    }
}

fn timed_out(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            this.writing = false;
            this.read_by.as_mut().reset(Instant::now() + this.idle);
            return Poll::Ready(result);
        }
        ready!(this.read_by.as_mut().poll(context));
        Poll::Ready(Err(timed_out("nothing came in time")))
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check_write(context)?;
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check_write(context)?;
        Pin::new(&mut this.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
