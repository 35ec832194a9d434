//! Exports as CSV, with the quotes of JSON that VictoriaMetrics uses instead of those of RFC 4180.

mod row;

use super::carry::Carry;
use super::late::Late;
use super::{Block, Progress};
use crate::error::Cut;
use crate::{CsvFormat, Error, ParamError};
use row::RowsParser;

/// Decodes an export of CSV while it arrives, in constant memory.
///
/// Samples of neighbouring rows with equal labels make a block. The labels are those that the format names; one with an empty value is
/// none. `NaN` marks the end of a series ([`STALE_NAN`](crate::STALE_NAN)).
///
/// # Examples
/// ```
/// use vmotel_query::{CsvDecoder, CsvFormat, Progress};
///
/// let format = CsvFormat::of_labels(["__name__", "job"]);
/// let mut decoder = CsvDecoder::new(&format)?;
/// let mut chunk = &b"up,\"a,b\",1,1700000000000\nup,\"a,b\",0,1700000015000\n"[..];
/// assert_eq!(decoder.advance(&mut chunk)?, Progress::Block);
/// assert_eq!(decoder.block().labels.get("job"), Some("a,b"));
/// assert_eq!(decoder.block().values, [1.0, 0.0]);
/// # Ok::<(), vmotel_query::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvDecoder {
    carry: Carry,
    parser: RowsParser,
    late: Late,
}

/// The name of the endpoint in errors.
const ENDPOINT: &str = "export/csv";

impl CsvDecoder {
    /// Creates a decoder for one export of this format.
    ///
    /// # Errors
    /// As [`CsvFormat::validate`], and a format without times.
    pub fn new(format: &CsvFormat) -> Result<Self, ParamError> {
        Ok(Self {
            carry: Carry::default(),
            parser: RowsParser::new(format)?,
            late: Late::default(),
        })
    }

    /// Decodes from the front of `input`, taking from it what was used, until a block is ready or more input is needed.
    ///
    /// # Errors
    /// The input is no export of this format; after an error the decoder must not be used again.
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

    /// Returns how many series and samples were decoded so far; a series whose rows follow each other counts once.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        self.parser.seen()
    }

    /// Ends the export and returns the number of series and samples.
    ///
    /// # Errors
    /// The export ends in the middle of a row.
    pub fn finish(mut self) -> Result<(u64, u64), Error> {
        self.late.finish(ENDPOINT)?;
        let (series, samples) = self.seen();
        if self.carry.rest().is_empty() {
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
