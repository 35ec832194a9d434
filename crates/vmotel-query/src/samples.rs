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
    chunk: Bytes,
    decoder: Decoder,
    answer: Option<Answer<()>>,
    kind: Option<ResultKind>,
    single: Vec<u8>,
    seen: (u64, u64),
    stale: u64,
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
            chunk: Bytes::new(),
            decoder,
            answer: None,
            kind: None,
            single: Vec::new(),
            seen: (0, 0),
            stale: 0,
        }
    }

    /// Returns the next block of samples, or `None` after the last.
    ///
    /// # Errors
    /// The exchange or the answer breaks off, or the answer cannot be understood. After an error it returns `None`.
    pub async fn next(&mut self) -> Result<Option<Block<'_>>, Error> {
        match self.advance().await {
            Ok(true) => Ok(Some(self.decoder.block())),
            Ok(false) => Ok(None),
            Err(error) => {
                self.decoder = Decoder::Ended;
                Err(error)
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
        let Some(block) = self.next().await? else {
            return Ok(None);
        };
        let mut series = RangeSeries {
            labels: block.labels.clone(),
            samples: Vec::with_capacity(block.values.len()),
        };
        let all = block.values.len();
        series.samples.extend(samples(&block));
        self.stale += (all - series.samples.len()) as u64;
        Ok(Some(series))
    }

    /// Returns how many marks of ended series [`Self::next_series`] left out so far.
    #[must_use]
    pub fn stale_markers(&self) -> u64 {
        self.stale
    }

    /// Returns how many series and samples came so far.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        self.seen
    }

    /// Returns what stood around the samples of a query, once [`Self::next`] has returned `None`; an export has nothing there.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer<()>> {
        self.answer.as_ref()
    }

    /// Returns the kind of the result of a query, once [`Self::next`] has returned `None`.
    #[must_use]
    pub fn kind(&self) -> Option<ResultKind> {
        self.kind
    }

    /// Returns the text of a result that is no list.
    pub(crate) fn single(&self) -> &[u8] {
        &self.single
    }

    pub(crate) fn into_answer(self) -> Answer<()> {
        self.answer.unwrap_or_default()
    }

    async fn advance(&mut self) -> Result<bool, Error> {
        loop {
            let mut input = &self.chunk[..];
            let progress = self.decoder.advance(&mut input)?;
            let used = self.chunk.len() - input.len();
            self.chunk.advance(used);
            self.seen = self.decoder.seen().unwrap_or(self.seen);
            if progress == Progress::Block {
                return Ok(true);
            }
            match self.body.next().await {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => {
                    let (series, samples) = self.seen;
                    return Err(Error::Truncated {
                        endpoint: self.decoder.endpoint(),
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
                    return Ok(false);
                }
            }
        }
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
