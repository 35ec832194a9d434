//! Exports in VictoriaMetrics' own format: blocks as they are stored.

mod block;
mod name;

use super::carry::{Carry, Fault, Parsed, Parser};
use super::{Block, Progress};
use crate::error::Cut;
use crate::labels::LabelsBuilder;
use crate::{Error, Labels};
use block::BlockReader;

/// Decodes a native export while it arrives, in constant memory. Only with the feature `unstable-native`.
///
/// The format is the server's own: documented nowhere, the same from 1.112 to 1.145, and free to change. Whatever a block claims is
/// checked; nothing in it can make the decoder panic or take more than some megabytes, of usual ones half of one. Blocks of one series need not follow each
/// other. A format that changed shows as an error, and JSON lines remain.
#[derive(Debug, Default)]
pub struct NativeDecoder {
    carry: Carry,
    parser: NativeParser,
}

/// The name of the endpoint in errors.
const ENDPOINT: &str = "export/native";
/// The largest marshalled name: that of 16 MiB of labels would be refused as a token.
const MAX_NAME: usize = 4 * 1024 * 1024;
/// Two columns of at most 16,384 numbers, each at most ten bytes, and a header.
const MAX_BLOCK: usize = 2 * 16_384 * 10 + 256;

impl NativeDecoder {
    /// Creates a decoder for one export.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes from the front of `input`, taking from it what was used, until a block is ready or more input is needed.
    ///
    /// # Errors
    /// The input is no native export; after an error the decoder must not be used again.
    pub fn advance(&mut self, input: &mut &[u8]) -> Result<Progress, Error> {
        self.carry
            .advance(&mut self.parser, input)
            .map_err(|failure| Error::Decode {
                endpoint: ENDPOINT,
                reason: format!("{} at byte {}", failure.what, failure.offset),
            })
    }

    /// Returns the block that is ready; empty unless [`Self::advance`] just said so.
    #[must_use]
    pub fn block(&self) -> Block<'_> {
        Block {
            labels: &self.parser.labels,
            first: self.parser.first,
            times: &self.parser.reader.times,
            values: &self.parser.reader.values,
        }
    }

    /// Returns how many series and samples were decoded so far; a series whose blocks follow each other counts once.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        (self.parser.series, self.parser.samples)
    }

    /// Ends the export and returns the number of series and samples.
    ///
    /// # Errors
    /// The export ends in the middle of a block.
    pub fn finish(self) -> Result<(u64, u64), Error> {
        let (series, samples) = self.seen();
        if self.parser.range.is_some() && self.carry.rest().is_empty() {
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

#[derive(Debug, Default)]
struct NativeParser {
    /// The range of time that was asked for; blocks reach beyond it.
    range: Option<(i64, i64)>,
    name: Vec<u8>,
    builder: LabelsBuilder,
    labels: Labels,
    first: bool,
    reader: BlockReader,
    series: u64,
    samples: u64,
}

/// Reads a length and what it is the length of; returns it and the place behind.
fn sized(input: &[u8], at: usize, max: usize) -> Result<Option<(&[u8], usize)>, Fault> {
    let Some(size) = input.get(at..at + 4).and_then(|size| size.try_into().ok()) else {
        return Ok(None);
    };
    let size = u32::from_be_bytes(size) as usize;
    if size > max {
        return Err(Fault {
            at,
            what: "expected a shorter part",
        });
    }
    let begin = at + 4;
    Ok(input.get(begin..begin + size).map(|part| (part, begin + size)))
}

fn time(input: &[u8], at: usize) -> Option<i64> {
    let bytes = input.get(at..at + 8)?.try_into().ok()?;
    // The sign stands in the lowest bit.
    let bits = u64::from_be_bytes(bytes);
    Some((bits >> 1) as i64 ^ -((bits & 1) as i64))
}

impl Parser for NativeParser {
    fn parse(&mut self, input: &[u8]) -> Result<Parsed, Fault> {
        let mut at = 0;
        let range = match self.range {
            Some(range) => range,
            None => {
                let (Some(from), Some(to)) = (time(input, 0), time(input, 8)) else {
                    return Ok(Parsed {
                        used: 0,
                        progress: Progress::NeedsInput,
                    });
                };
                at = 16;
                *self.range.insert((from, to))
            }
        };
        loop {
            let whole = match sized(input, at, MAX_NAME)? {
                Some((name, behind)) => {
                    sized(input, behind, MAX_BLOCK)?.map(|(block, end)| (name, block, end))
                }
                None => None,
            };
            let Some((name, block, end)) = whole else {
                return Ok(Parsed {
                    used: at,
                    progress: Progress::NeedsInput,
                });
            };
            let wrong = |what| Fault { at, what };
            let known = self.series > 0 && name == self.name;
            if !known {
                name::read(name, &mut self.builder).map_err(wrong)?;
                self.builder.write(&mut self.labels);
                self.name.clear();
                self.name.extend_from_slice(name);
                self.series += 1;
            }
            self.first = !known;
            self.reader.read(block, range).map_err(wrong)?;
            at = end;
            if !self.reader.times.is_empty() || self.first {
                self.samples += self.reader.times.len() as u64;
                return Ok(Parsed {
                    used: at,
                    progress: Progress::Block,
                });
            }
        }
    }
}
