//! Answers, whole or as a stream.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpInfo;

use crate::exchange::Exchange;
use crate::gzip::Decoder;
use crate::{Error, Phase, classify};

/// How much of an error answer is kept.
const MAX_ERROR_TEXT: u64 = 64 * 1024;

/// An answer with its whole body.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Response {
    /// The status, 200 to 299.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The near end of the connection: while it stays the same, so does the connection. `None` if it is not known.
    pub local_address: Option<SocketAddr>,
    /// The body, decoded.
    pub body: Bytes,
}

/// An answer whose body is read piece by piece.
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamingResponse {
    /// The status, 200 to 299.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The near end of the connection: while it stays the same, so does the connection. `None` if it is not known.
    pub local_address: Option<SocketAddr>,
    /// The body.
    pub body: BodyStream,
}

/// The body of an answer, piece by piece, under the deadline and the size limit of its exchange.
///
/// Dropping it before the end closes the connection.
#[derive(Debug)]
pub struct BodyStream {
    incoming: Incoming,
    decoder: Option<Decoder>,
    exchange: Exchange,
    limit: u64,
    seen: u64,
    ended: bool,
}

impl BodyStream {
    /// Returns the next piece of the decoded body, not empty, or `None` after the last one.
    ///
    /// # Errors
    /// The deadline, a broken connection, bad gzip, or more bytes than allowed. After an error, and after the end, it returns
    /// `None`.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        if self.ended {
            return None;
        }
        let piece = self.piece().await.transpose();
        self.ended = !matches!(piece, Some(Ok(_)));
        piece
    }

    /// Lifts the limit of [`ClientConfig::max_response_bytes`](crate::ClientConfig::max_response_bytes), for a reader that keeps only a
    /// piece at a time.
    #[must_use]
    pub fn without_limit(mut self) -> Self {
        self.limit = u64::MAX;
        self
    }

    /// Reads the rest into memory.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn collect(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await.transpose()? else {
            return Ok(first);
        };
        let mut whole = BytesMut::with_capacity(2 * (first.len() + second.len()));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next().await.transpose()? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(decoder) = &mut self.decoder
                && let Some(piece) = decoder
                    .next()
                    .map_err(|reason| gzip_error(&self.exchange, reason))?
            {
                return self.counted(piece).map(Some);
            }
            let Some(chunk) = self.chunk().await? else {
                return match &self.decoder {
                    // An empty body is not a gzip stream, but servers send it with the header all the same.
                    Some(decoder) if self.seen > 0 || decoder.started() => decoder
                        .finish()
                        .map(|()| None)
                        .map_err(|reason| gzip_error(&self.exchange, reason)),
                    _ => Ok(None),
                };
            };
            match &mut self.decoder {
                Some(decoder) => decoder.feed(chunk),
                None if chunk.is_empty() => {}
                None => return self.counted(chunk).map(Some),
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(frame) = self.exchange.within(Phase::Body, self.incoming.frame()).await? else {
                return Ok(None);
            };
            let frame = frame.map_err(|e| Error::Transport {
                url: self.exchange.url.clone(),
                phase: Phase::Body,
                source: e.into(),
            })?;
            // Trailers are of no interest.
            if let Ok(chunk) = frame.into_data() {
                return Ok(Some(chunk));
            }
        }
    }

    fn counted(&mut self, piece: Bytes) -> Result<Bytes, Error> {
        self.seen = self.seen.saturating_add(piece.len() as u64);
        if self.seen > self.limit {
            return Err(Error::TooLarge {
                url: self.exchange.url.clone(),
                limit: self.limit,
            });
        }
        Ok(piece)
    }

    /// Reads the text of an error answer: what there is within the limits, whatever happens on the way.
    async fn error_text(mut self) -> String {
        self.limit = MAX_ERROR_TEXT;
        let mut text = Vec::new();
        while let Ok(Some(piece)) = self.piece().await {
            text.extend_from_slice(&piece);
        }
        String::from_utf8_lossy(&text).trim_end().to_owned()
    }
}

fn gzip_error(exchange: &Exchange, reason: String) -> Error {
    Error::Gzip {
        url: exchange.url.clone(),
        reason,
    }
}

/// Turns hyper's answer into ours: a success as a stream, anything else as an error that keeps its text.
pub(crate) async fn receive(
    exchange: Exchange,
    answer: http::Response<Incoming>,
    limit: u64,
) -> Result<StreamingResponse, Error> {
    let (head, incoming) = answer.into_parts();
    let encoding = head
        .headers
        .get(CONTENT_ENCODING)
        .map_or("", |value| value.to_str().unwrap_or("?"));
    let decoder = match encoding.trim() {
        "" | "identity" => None,
        "gzip" | "x-gzip" => Some(Decoder::new()),
        other => {
            return Err(Error::Encoding {
                url: exchange.url,
                encoding: other.to_owned(),
            });
        }
    };
    let body = BodyStream {
        incoming,
        decoder,
        exchange,
        limit,
        seen: 0,
        ended: false,
    };
    if head.status.is_success() {
        return Ok(StreamingResponse {
            status: head.status,
            local_address: head.extensions.get::<HttpInfo>().map(HttpInfo::local_addr),
            headers: head.headers,
            body,
        });
    }
    Err(Error::Status {
        url: body.exchange.url.clone(),
        status: head.status,
        verdict: classify(head.status, &head.headers),
        content_type: head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: body.error_text().await,
    })
}
