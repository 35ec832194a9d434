//! Answers of queries: `{"status":"success","data":{"resultType":"matrix","result":[...]},...}`.

mod parser;
mod sample;

use super::carry::Carry;
use super::late::Late;
use super::{Block, Progress};
use crate::answer;
use crate::error::Cut;
use crate::{Answer, Error};
use parser::MatrixParser;
pub use parser::ResultKind;

/// Decodes the answer of an instant or a range query while it arrives, in constant memory.
///
/// Feed it chunks cut anywhere; it hands out blocks of samples. It reads no more than the grammar of these answers allows, in any order of
/// keys, with the exception that `metric` comes before the samples of a series, as with every server.
///
/// # Examples
/// ```
/// use vmotel_query::{MatrixDecoder, Progress};
///
/// let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
///     {"metric":{"__name__":"up"},"values":[[1700000000,"1"],[1700000015.5,"0"]]}]}}"#;
/// let mut decoder = MatrixDecoder::new();
/// let mut values = Vec::new();
/// for mut chunk in body.chunks(7) {
///     while decoder.advance(&mut chunk)? == Progress::Block {
///         assert_eq!(decoder.block().labels.name(), "up");
///         values.extend_from_slice(decoder.block().values);
///     }
/// }
/// let answer = decoder.finish()?;
/// assert_eq!(values, [1.0, 0.0]);
/// assert!(answer.complete().is_ok());
/// # Ok::<(), vmotel_query::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MatrixDecoder {
    carry: Carry,
    parser: MatrixParser,
    late: Late,
}

/// The name of the endpoint in errors.
const ENDPOINT: &str = "query";

impl MatrixDecoder {
    /// Creates a decoder for one answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes from the front of `input`, taking from it what was used, until a block is ready or more input is needed.
    ///
    /// # Errors
    /// The input is not an answer; after an error the decoder must not be used again. If the server put an error behind what it had already
    /// sent, that is [`Error::Truncated`] with the server's words.
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

    /// Returns the kind of the result once it is known.
    #[must_use]
    pub fn kind(&self) -> Option<ResultKind> {
        self.parser.kind()
    }

    /// Returns how many series and samples were decoded so far.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        self.parser.seen()
    }

    /// Ends the answer and returns what stands around its result.
    ///
    /// # Errors
    /// The answer ends too early ([`Error::Truncated`]), says that it is an error, or has no data.
    pub fn finish(self) -> Result<Answer<()>, Error> {
        Ok(self.finish_whole()?.answer)
    }

    pub(crate) fn finish_whole(mut self) -> Result<Whole, Error> {
        self.late.finish(ENDPOINT)?;
        if !self.parser.is_done() || !self.carry.rest().is_empty() {
            let (series, samples) = self.seen();
            return Err(Error::Truncated {
                endpoint: ENDPOINT,
                series,
                samples,
                cause: Cut::End,
            });
        }
        let kind = self.parser.kind();
        let (envelope, has_data, single) = self.parser.into_parts();
        Ok(Whole {
            answer: answer::of_envelope(ENDPOINT, envelope, has_data)?,
            kind,
            single,
        })
    }
}

/// What an answer holds beside its samples.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) answer: Answer<()>,
    pub(crate) kind: Option<ResultKind>,
    /// The text of a scalar or a string.
    pub(crate) single: Vec<u8>,
}
