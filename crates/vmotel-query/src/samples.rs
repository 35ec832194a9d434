//! Samples while they arrive.

use bytes::{Buf as _, Bytes};
use vmotel_http::BodyStream;

use crate::error::Cut;
use crate::wire::{
    Block, CsvDecoder, JsonLinesDecoder, MatrixDecoder, Progress, ResultKind, Whole, is_stale,
};
use crate::{Answer, Error, RangeSeries, Sample, Timestamp};

/// The samples of an answer, a block at a time, in constant memory.
///
/// An answer that breaks off is an [`Error::Truncated`], never an end: only `None` means that all is there.
///
/// # Examples
/// ```no_run
/// use vmotel_query::{ExportQuery, QueryClient};
///
/// # async fn run(client: QueryClient) -> Result<(), vmotel_query::Error> {
/// let mut stream = client.export(&ExportQuery::new("up")).await?;
/// while let Some(block) = stream.next().await? {
///     println!("{}: {} samples", block.labels, block.values.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SampleStream {
    body: BodyStream,
    decoding: Decoding,
}

/// What reads the body.
#[derive(Debug)]
pub(crate) enum Decoder {
    Matrix(Box<MatrixDecoder>),
    JsonLines(Box<JsonLinesDecoder>),
    Csv(Box<CsvDecoder>),
    #[cfg(feature = "unstable-native")]
    Native(Box<crate::wire::NativeDecoder>),
    /// The end, or an error, was handed out.
    Ended,
}

impl SampleStream {
    pub(crate) fn new(body: BodyStream, decoder: Decoder) -> Self {
        Self {
            body: body.without_limit(),
            decoding: Decoding::new(decoder),
        }
    }

    /// Returns the next block of samples, or `None` after the last.
    ///
    /// # Errors
    /// The exchange or the answer breaks off, or the answer cannot be understood. After an error it returns `None`.
    pub async fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        loop {
            match self.decoding.step()? {
                Step::Block => return Ok(Some(self.decoding.block())),
                Step::End => return Ok(None),
                Step::NeedsBody => self.decoding.feed(self.body.next().await)?,
            }
        }
    }

    /// Returns the next samples of a series as its own, those that mark the end of a series left out and counted; `None` after the last.
    ///
    /// A series may come in several parts.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_series(&mut self) -> Result<Option<RangeSeries>, Error> {
        let Some(_) = self.next().await? else {
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

    /// Returns the text of a result that is no list.
    pub(crate) fn single(&self) -> &[u8] {
        &self.decoding.single
    }

    pub(crate) fn into_answer(self) -> Answer<()> {
        self.decoding.answer.unwrap_or_default()
    }

    /// Takes the stream apart, for a body that is read elsewhere.
    #[cfg(feature = "blocking")]
    pub(crate) fn into_parts(self) -> (BodyStream, Decoding) {
        (self.body, self.decoding)
    }
}

/// What [`Decoding`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A block is ready.
    Block,
    /// It has used what it was fed.
    NeedsBody,
    /// All was handed out.
    End,
}

/// The part of a stream that waits for nothing.
#[derive(Debug)]
pub(crate) struct Decoding {
    chunk: Bytes,
    decoder: Decoder,
    pub(crate) answer: Option<Answer<()>>,
    pub(crate) kind: Option<ResultKind>,
    single: Vec<u8>,
    pub(crate) seen: (u64, u64),
    pub(crate) stale: u64,
}

impl Decoding {
    fn new(decoder: Decoder) -> Self {
        Self {
            chunk: Bytes::new(),
            decoder,
            answer: None,
            kind: None,
            single: Vec::new(),
            seen: (0, 0),
            stale: 0,
        }
    }

    pub(crate) fn block(&self) -> Block<'_> {
        self.decoder.block()
    }

    /// Returns the block as a series of its own without the marks of its end, which are counted.
    pub(crate) fn series(&mut self) -> RangeSeries {
        let block = self.decoder.block();
        let mut series = RangeSeries {
            labels: block.labels.clone(),
            samples: Vec::with_capacity(block.values.len()),
        };
        series.samples.extend(samples(&block));
        self.stale += (block.values.len() - series.samples.len()) as u64;
        series
    }

    /// Decodes from what it was fed.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        if matches!(self.decoder, Decoder::Ended) {
            return Ok(Step::End);
        }
        let mut input = &self.chunk[..];
        let progress = self.decoder.advance(&mut input);
        let used = self.chunk.len() - input.len();
        self.chunk.advance(used);
        self.seen = self.decoder.seen().unwrap_or(self.seen);
        match progress {
            Ok(Progress::Block) => Ok(Step::Block),
            Ok(Progress::NeedsInput) => Ok(Step::NeedsBody),
            Err(error) => {
                self.decoder = Decoder::Ended;
                Err(error)
            }
        }
    }

    /// Takes what the body gave next.
    pub(crate) fn feed(&mut self, piece: Option<Result<Bytes, vmotel_http::Error>>) -> Result<(), Error> {
        match piece {
            Some(Ok(chunk)) => self.chunk = chunk,
            Some(Err(error)) => {
                let (series, samples) = self.seen;
                let endpoint = self.decoder.endpoint();
                self.decoder = Decoder::Ended;
                return Err(Error::Truncated {
                    endpoint,
                    series,
                    samples,
                    cause: Cut::Transport(Box::new(error)),
                });
            }
            None => {
                let decoder = std::mem::replace(&mut self.decoder, Decoder::Ended);
                if let Some(whole) = decoder.finish()? {
                    self.answer = Some(whole.answer);
                    self.kind = whole.kind;
                    self.single = whole.single;
                }
            }
        }
        Ok(())
    }
}

/// Returns the samples of a block but those that mark the end of a series.
pub(crate) fn samples(block: &Block<'_>) -> impl Iterator<Item = Sample> {
    block
        .times
        .iter()
        .zip(block.values)
        .filter(|(_, value)| !is_stale(**value))
        .map(|(time, value)| Sample {
            time: Timestamp::from_millis(*time),
            value: *value,
        })
}

impl Decoder {
    fn advance(&mut self, input: &mut &[u8]) -> Result<Progress, Error> {
        match self {
            Self::Matrix(decoder) => decoder.advance(input),
            Self::JsonLines(decoder) => decoder.advance(input),
            Self::Csv(decoder) => decoder.advance(input),
            #[cfg(feature = "unstable-native")]
            Self::Native(decoder) => decoder.advance(input),
            Self::Ended => {
                *input = &[];
                Ok(Progress::NeedsInput)
            }
        }
    }

    fn block(&self) -> Block<'_> {
        match self {
            Self::Matrix(decoder) => decoder.block(),
            Self::JsonLines(decoder) => decoder.block(),
            Self::Csv(decoder) => decoder.block(),
            #[cfg(feature = "unstable-native")]
            Self::Native(decoder) => decoder.block(),
            Self::Ended => Block::empty(),
        }
    }

    fn seen(&self) -> Option<(u64, u64)> {
        Some(match self {
            Self::Matrix(decoder) => decoder.seen(),
            Self::JsonLines(decoder) => decoder.seen(),
            Self::Csv(decoder) => decoder.seen(),
            #[cfg(feature = "unstable-native")]
            Self::Native(decoder) => decoder.seen(),
            Self::Ended => return None,
        })
    }

    fn endpoint(&self) -> &'static str {
        match self {
            Self::Matrix(_) => "query",
            _ => "export",
        }
    }

    fn finish(self) -> Result<Option<Whole>, Error> {
        match self {
            Self::Matrix(decoder) => decoder.finish_whole().map(Some),
            Self::JsonLines(decoder) => decoder.finish().map(|_| None),
            Self::Csv(decoder) => decoder.finish().map(|_| None),
            #[cfg(feature = "unstable-native")]
            Self::Native(decoder) => decoder.finish().map(|_| None),
            Self::Ended => Ok(None),
        }
    }
}
