//! Exports: `{"metric":{...},"values":[1,2],"timestamps":[1000,2000]}` a line.

mod parser;

use super::carry::Carry;
use super::late::Late;
use super::{Block, Progress};
use crate::Error;
use crate::error::Cut;
use parser::LinesParser;

/// Decodes an export of JSON lines while it arrives; memory is bounded by the longest line, and that by
/// [`Self::with_max_line_bytes`].
///
/// A line makes a block, so [`ExportQuery::max_rows_per_line`](crate::ExportQuery::max_rows_per_line) bounds the memory.
///
/// # Examples
/// ```
/// use vmotel_query::{JsonLinesDecoder, Progress, is_stale};
///
/// let body = "{\"metric\":{\"__name__\":\"m\"},\"values\":[1.5,null,\"Infinity\"],\"timestamps\":[1000,2000,3000]}\n";
/// let mut decoder = JsonLinesDecoder::new();
/// let mut chunk = body.as_bytes();
/// assert_eq!(decoder.advance(&mut chunk)?, Progress::Block);
/// assert_eq!(decoder.block().times, [1000, 2000, 3000]);
/// assert!(is_stale(decoder.block().values[1]) && decoder.block().values[2] == f64::INFINITY);
/// assert_eq!(decoder.advance(&mut chunk)?, Progress::NeedsInput);
/// assert_eq!(decoder.finish()?, (1, 3));
/// # Ok::<(), vmotel_query::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct JsonLinesDecoder {
    carry: Carry,
    parser: LinesParser,
    late: Late,
}

/// The name of the endpoint in errors.
const ENDPOINT: &str = "export";

impl JsonLinesDecoder {
    /// Creates a decoder for one export.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the decoder with another bound on the length of a line, in bytes. Default: 256 MiB, which hold ten million samples.
    ///
    /// A line is decoded as a whole: the numbers of a line take at most eight times its length in memory, usual ones about its length.
    ///
    /// # Examples
    /// ```
    /// use vmotel_query::{Error, JsonLinesDecoder};
    ///
    /// let mut decoder = JsonLinesDecoder::new().with_max_line_bytes(50);
    /// let mut line = &b"{\"metric\":{\"__name__\":\"m\"},\"values\":[1,2,3],\"timestamps\":[1000,2000,3000]}\n"[..];
    /// let error = decoder.advance(&mut line).expect_err("more than 50 bytes");
    /// assert!(matches!(error, Error::Decode { reason, .. } if reason.contains("max_rows_per_line")));
    /// ```
    #[must_use]
    pub fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.parser.set_max_line(bytes);
        self
    }

    /// Decodes from the front of `input`, taking from it what was used, until a block is ready or more input is needed.
    ///
    /// # Errors
    /// The input is no export; after an error the decoder must not be used again.
    pub fn advance(&mut self, input: &mut &[u8]) -> Result<Progress, Error> {
        if self.late.take(ENDPOINT, self.parser.seen(), input)? {
            return Ok(Progress::NeedsInput);
        }
        match self.carry.advance(&mut self.parser, input) {
            Ok(progress) => Ok(progress),
            Err(failure) => {
                *input = &[];
                self.late.begin(ENDPOINT, self.parser.seen(), failure)?;
                Ok(Progress::NeedsInput)
            }
        }
    }

    /// Returns the block that is ready; empty unless [`Self::advance`] just said so.
    #[must_use]
    pub fn block(&self) -> Block<'_> {
        self.parser.block()
    }

    /// Returns how many series and samples were decoded so far; a series whose lines follow each other counts once.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        self.parser.seen()
    }

    /// Ends the export and returns the number of series and samples.
    ///
    /// # Errors
    /// The export ends in the middle of a line.
    pub fn finish(mut self) -> Result<(u64, u64), Error> {
        self.late.finish(ENDPOINT)?;
        let (series, samples) = self.seen();
        if self.parser.is_between_lines() && self.carry.rest().trim_ascii().is_empty() {
            return Ok((series, samples));
        }
        Err(Error::Truncated {
            endpoint: ENDPOINT,
            series,
            samples,
            cause: Cut::End,
        })
    }
}
