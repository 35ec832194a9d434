//! Streams whose pieces are waited for.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use vmotel_http::BodyStream;

use super::driver::Driver;
use crate::samples::{Decoding, Step};
use crate::{Answer, Block, Error, RangeSeries, ResultKind};

/// The samples of an answer, a block at a time, in constant memory: [`crate::SampleStream`] for code without a runtime.
///
/// An answer that breaks off is an [`Error::Truncated`], never an end: only `None` means that all is there.
#[derive(Debug)]
pub struct SampleStream {
    driver: Arc<Driver>,
    /// `None` after a failure of the driver.
    body: Option<BodyStream>,
    decoding: Decoding,
}

impl SampleStream {
    pub(super) fn new(driver: Arc<Driver>, stream: crate::SampleStream) -> Self {
        let (body, decoding) = stream.into_parts();
        Self {
            driver,
            body: Some(body),
            decoding,
        }
    }

    /// Returns the next block of samples, or `None` after the last.
    ///
    /// # Errors
    /// As [`crate::SampleStream::next`].
    #[expect(
        clippy::should_implement_trait,
        reason = "the block borrows from the stream, which an Iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        loop {
            match self.decoding.step()? {
                Step::Block => return Ok(Some(self.decoding.block())),
                Step::End => return Ok(None),
                Step::NeedsBody => {
                    let Some(mut body) = self.body.take() else {
                        return Ok(None);
                    };
                    let (body, piece) = self.driver.wait(async move {
                        let piece = body.next().await;
                        Ok((body, piece))
                    })?;
                    self.body = Some(body);
                    self.decoding.feed(piece)?;
                }
            }
        }
    }

    /// Returns the next samples of a series as its own, those that mark the end of a series left out and counted; `None` after the last.
    ///
    /// A series may come in several parts.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_series(&mut self) -> Result<Option<RangeSeries>, Error> {
        let Some(_) = self.next()? else {
            return Ok(None);
        };
        Ok(Some(self.decoding.series()))
    }

    /// Returns how many marks of ended series [`Self::next_series`] left out so far.
    #[must_use]
    pub fn stale_markers(&self) -> u64 {
        self.decoding.stale
    }

    /// Returns how many series and samples came so far.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        self.decoding.seen
    }

    /// Returns what stood around the samples of a query, once [`Self::next`] has returned `None`; an export has nothing there.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer<()>> {
        self.decoding.answer.as_ref()
    }

    /// Returns the kind of the result of a query, once [`Self::next`] has returned `None`.
    #[must_use]
    pub fn kind(&self) -> Option<ResultKind> {
        self.decoding.kind
    }
}

/// The body of an answer, piece by piece: [`crate::RawStream`] for code without a runtime. Also a [`Read`].
#[derive(Debug)]
pub struct RawStream {
    driver: Arc<Driver>,
    /// `None` after an error.
    stream: Option<crate::RawStream>,
    /// What [`Read`] has not handed out of a piece.
    rest: Bytes,
}

impl RawStream {
    pub(super) fn new(driver: Arc<Driver>, stream: crate::RawStream) -> Self {
        Self {
            driver,
            stream: Some(stream),
            rest: Bytes::new(),
        }
    }

    /// Returns the next piece, not empty, or `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the exchange breaks off: what came before is not all. After an error it returns `None`.
    #[expect(
        clippy::should_implement_trait,
        reason = "as the other streams, and an Iterator would go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        let Some(mut stream) = self.stream.take() else {
            return Ok(None);
        };
        let (stream, piece) = self.driver.wait(async move {
            let piece = stream.next().await?;
            Ok((stream, piece))
        })?;
        self.stream = Some(stream);
        Ok(piece)
    }
}

impl Read for RawStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let next = self.next().map_err(io::Error::other)?;
            self.rest = next.unwrap_or_default();
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.advance(length);
        Ok(length)
    }
}
