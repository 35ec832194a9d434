//! Chunks cut anywhere.
//!
//! A parser takes whole tokens from the front of what it gets and leaves the rest. What it leaves of a chunk is carried over and topped up
//! from the next one until the token is whole; from there on the parser goes on in the chunk itself, so that nearly nothing is copied.

use super::block::Progress;

/// A token is not longer than this: a set of labels, or a row of CSV.
const MAX_TOKEN: usize = 16 * 1024 * 1024;
/// How much a carried rest is topped up with at first.
const FIRST_TOP_UP: usize = 256;

/// What is wrong with the input, and at which of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// How far a parser came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Bytes that are done with.
    pub(crate) used: usize,
    pub(crate) progress: Progress,
}

/// A parser that can stop between any two tokens.
pub(crate) trait Parser {
    /// Takes tokens from the front of `input` until a block is ready or the next token is not whole.
    ///
    /// What it does with a token depends on the token and its own state only, never on where `input` ends.
    fn parse(&mut self, input: &[u8]) -> Result<Parsed, Fault>;
}

#[derive(Debug, Default)]
pub(crate) struct Carry {
    rest: Vec<u8>,
    /// Bytes of the input that are done with.
    offset: u64,
}

/// What is wrong with the input, where in all of it, and the text from there on.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
    pub(crate) text: Vec<u8>,
}

/// So much of the text at a failure is kept.
const MAX_FAILURE_TEXT: usize = 64 * 1024;

impl Carry {
    /// Returns what is left over, not whole.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Feeds the parser from the front of `input`, taking from it what it used.
    pub(crate) fn advance(
        &mut self,
        parser: &mut impl Parser,
        input: &mut &[u8],
    ) -> Result<Progress, Failure> {
        // Not less than what is there already, so that a long token is not parsed over and over.
        let mut top_up = FIRST_TOP_UP.max(self.rest.len());
        while !self.rest.is_empty() {
            let old = self.rest.len();
            let taken = top_up.min(input.len());
            self.rest.extend_from_slice(&input[..taken]);
            let parsed = parser.parse(&self.rest);
            let Parsed { used, progress } =
                parsed.map_err(|fault| self.failure(&fault, &self.rest, &input[taken..]))?;
            self.offset += used as u64;
            if used >= old {
                // The carried token is done; the rest of what was added is in the input as well.
                *input = &input[used - old..];
                self.rest.clear();
                if progress == Progress::Block {
                    return Ok(progress);
                }
                break;
            }
            *input = &input[taken..];
            self.rest.drain(..used);
            if progress == Progress::Block {
                return Ok(progress);
            }
            if self.rest.len() > MAX_TOKEN {
                return Err(Failure {
                    offset: self.offset,
                    what: "expected no text longer than 16 MiB without a structure",
                    text: Vec::new(),
                });
            }
            if input.is_empty() {
                return Ok(progress);
            }
            top_up = top_up.saturating_mul(2);
        }
        let parsed = parser.parse(input);
        let Parsed { used, progress } = parsed.map_err(|fault| self.failure(&fault, input, &[]))?;
        self.offset += used as u64;
        *input = &input[used..];
        if progress == Progress::NeedsInput {
            self.rest.extend_from_slice(input);
            *input = &[];
        }
        Ok(progress)
    }

    fn failure(&self, fault: &Fault, parsed: &[u8], behind: &[u8]) -> Failure {
        let mut text = parsed.get(fault.at..).unwrap_or_default().to_vec();
        text.extend_from_slice(behind);
        text.truncate(MAX_FAILURE_TEXT);
        Failure {
            offset: self.offset + fault.at as u64,
            what: fault.what,
            text,
        }
    }
}
