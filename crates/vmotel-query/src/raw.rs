//! Answers handed on as they come.

use bytes::Bytes;
use vmotel_http::BodyStream;

use crate::error::Cut;
use crate::{CsvFormat, Error};

/// The form of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A JSON object a line: labels, values, times in milliseconds. Exact.
    JsonLines,
    /// The Prometheus text format, a sample a line.
    Text,
    /// CSV with these columns.
    Csv(CsvFormat),
    /// The server's own blocks: the smallest and quickest, but bound to servers that know it.
    Native,
}

/// The body of an answer, piece by piece, under the deadline of its exchange.
#[derive(Debug)]
pub struct RawStream {
    endpoint: &'static str,
    body: BodyStream,
    bytes: u64,
}

impl RawStream {
    pub(crate) fn new(endpoint: &'static str, body: BodyStream) -> Self {
        Self {
            endpoint,
            body: body.without_limit(),
            bytes: 0,
        }
    }

    /// Returns the next piece, not empty, or `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the exchange breaks off: what came before is not all.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.body.next().await.transpose() {
            Ok(piece) => {
                self.bytes += piece.as_ref().map_or(0, |piece| piece.len() as u64);
                Ok(piece)
            }
            Err(error) => Err(Error::Truncated {
                endpoint: self.endpoint,
                series: 0,
                samples: 0,
                cause: Cut::Transport(Box::new(error)),
            }),
        }
    }

    /// Returns the number of bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the rest into memory as text; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn into_text(mut self) -> Result<String, Error> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(String::from_utf8_lossy(&whole).into_owned())
    }
}
