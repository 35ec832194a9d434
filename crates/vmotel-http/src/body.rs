//! The body of a request.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request: bytes in memory, or chunks that are made while it is sent.
///
/// # Examples
/// ```
/// use vmotel_http::Body;
///
/// let whole = Body::from("query=up");
/// let lines = Body::chunks((0..3).map(|i| Ok(format!("{i}\n").into())));
/// # let _ = (whole, lines);
/// ```
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    Done,
    Whole(Bytes),
    Chunks(Box<dyn Iterator<Item = Result<Bytes, Source>> + Send>),
}

impl Body {
    /// Creates an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a body from an iterator, which is asked for the next chunk when the connection can take it.
    ///
    /// It is sent with chunked transfer encoding. The iterator runs on the thread that drives the request, so it should make a chunk
    /// (some 64 KiB) without waiting for anything. An error from it breaks the request off; empty chunks are passed over.
    #[must_use]
    pub fn chunks<I>(chunks: I) -> Self
    where
        I: IntoIterator<Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>,
        I::IntoIter: Send + 'static,
    {
        Self(Content::Chunks(Box::new(chunks.into_iter())))
    }

    /// Returns the bytes, or `None` for a body made of chunks.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Done => Some(&[]),
            Content::Whole(bytes) => Some(bytes),
            Content::Chunks(_) => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() {
            Content::Done
        } else {
            Content::Whole(bytes)
        })
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            None => f.write_str("Body(chunks)"),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Source;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Source>>> {
        let next = match &mut self.0 {
            Content::Done => None,
            Content::Whole(bytes) => Some(Ok(std::mem::take(bytes))),
            Content::Chunks(chunks) => {
                chunks.find(|chunk| chunk.as_ref().map_or(true, |bytes| !bytes.is_empty()))
            }
        };
        if !matches!((&self.0, &next), (Content::Chunks(_), Some(Ok(_)))) {
            self.0 = Content::Done;
        }
        Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Done => SizeHint::with_exact(0),
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Chunks(_) => SizeHint::default(),
        }
    }
}
