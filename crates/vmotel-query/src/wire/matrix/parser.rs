//! The grammar of an answer as an automaton that can stop between any two tokens.

use super::super::carry::{Fault, Parsed, Parser};
use super::super::json::{Capture, either, fault, key, labels, one, plain_text, skip};
use super::super::{Block, Progress, late};
use super::sample;
use crate::answer::Envelope;
use crate::labels::LabelsBuilder;
use crate::{HistogramSeries, Labels, histogram};

/// So many samples make a block.
const BLOCK: usize = 1024;

/// Native histograms are kept until the end; more than this is no result for people.
const MAX_HISTOGRAM_BYTES: usize = 64 * 1024 * 1024;

/// What a query gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResultKind {
    /// One sample a series.
    Vector,
    /// Samples of a range a series.
    Matrix,
    /// A number; Prometheus only.
    Scalar,
    /// A text; Prometheus only.
    String,
}

/// What comes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Root,
    /// A key of the answer, or its end unless a comma came before.
    Key,
    /// A comma or the end of the answer.
    Next,
    /// The rest of a value that is kept for later.
    Captured(Field),
    Data,
    DataKey,
    DataNext,
    Result,
    /// A series, or the end of the result unless a comma came before.
    Series,
    SeriesNext,
    SeriesKey,
    SeriesKeyNext,
    /// A sample, or the end of the samples unless a comma came before.
    Sample,
    SampleNext,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Status,
    Partial,
    Stats,
    Warnings,
    Infos,
    Trace,
    ErrorType,
    Error,
    Unknown,
    UnknownOfData,
    /// A scalar or a string.
    Single,
    /// Of one sample.
    Histogram,
    Histograms,
    UnknownOfSeries,
}

/// Takes the value of a key; gets the key, the input and the place of the value.
type FieldOf = fn(&mut MatrixParser, &[u8], &[u8], usize) -> Result<Option<usize>, Fault>;

#[derive(Debug, Default)]
pub(super) struct MatrixParser {
    state: State,
    comma: bool,
    capture: Capture,
    envelope: Envelope,
    kind: Option<ResultKind>,
    has_data: bool,
    single: Vec<u8>,
    histogram_bytes: usize,
    builder: LabelsBuilder,
    labels: Labels,
    has_labels: bool,
    first: bool,
    /// The block was handed out, so that its samples can go.
    handed_out: bool,
    times: Vec<i64>,
    values: Vec<f64>,
    series: u64,
    samples: u64,
}

impl MatrixParser {
    pub(super) fn block(&self) -> Block<'_> {
        Block {
            labels: &self.labels,
            first: self.first,
            times: &self.times,
            values: &self.values,
        }
    }

    pub(super) fn kind(&self) -> Option<ResultKind> {
        self.kind
    }

    pub(super) fn seen(&self) -> (u64, u64) {
        (self.series, self.samples)
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn into_parts(self) -> (Envelope, bool, Vec<u8>) {
        (self.envelope, self.has_data, self.single)
    }

    /// Forgets the samples of a block that was handed out.
    fn begin_block(&mut self) {
        if self.handed_out {
            self.handed_out = false;
            self.first = false;
            self.times.clear();
            self.values.clear();
        }
    }

    fn push(&mut self, millis: i64, value: f64) {
        self.times.push(millis);
        self.values.push(value);
        self.samples += 1;
    }

    /// Takes one token; returns the place behind it, or `None` if it is not whole.
    fn token(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        match self.state {
            State::Root => {
                Ok(one(input, at, b'{', "expected an object")?.map(|at| self.to(State::Key, false, at)))
            }
            State::Key => self.key_or_end(input, at, State::Done, Self::field),
            State::Next => self.next(input, at, *b",}", State::Key, State::Done),
            State::Captured(field) => {
                let end = self.capture.take(input, at)?;
                if let Some(end) = end {
                    self.captured(field, end)?;
                    return Ok(Some(end));
                }
                // All of it is kept elsewhere; nothing needs to be carried over.
                Ok(Some(input.len()))
            }
            State::Data => self.data(input, at),
            State::DataKey => self.key_or_end(input, at, State::Next, Self::field_of_data),
            State::DataNext => self.next(input, at, *b",}", State::DataKey, State::Next),
            State::Result => self.result(input, at),
            State::Series => {
                match late_error(&input[skip(input, at).min(input.len())..]) {
                    Some(true) => return fault(skip(input, at), "expected a series"),
                    Some(false) => {}
                    None => return Ok(None),
                }
                let Some((at, begins)) =
                    either(input, at, *b"{]", "expected a series or the end of the result")?
                else {
                    return Ok(None);
                };
                if begins {
                    self.series += 1;
                    self.has_labels = false;
                    self.first = true;
                    return Ok(Some(self.to(State::SeriesKey, false, at)));
                }
                if self.comma {
                    return fault(at - 1, "expected a series after a comma");
                }
                Ok(Some(self.to(State::DataNext, false, at)))
            }
            State::SeriesNext => self.next(input, at, *b",]", State::Series, State::DataNext),
            State::SeriesKey => self.key_or_end(input, at, State::SeriesNext, Self::field_of_series),
            State::SeriesKeyNext => self.next(input, at, *b",}", State::SeriesKey, State::SeriesNext),
            State::Sample => self.sample(input, at),
            State::SampleNext => self.next(input, at, *b",]", State::Sample, State::SeriesKeyNext),
            State::Done => {
                let end = skip(input, at);
                if end < input.len() {
                    return fault(end, "expected nothing after the answer");
                }
                Ok(Some(end))
            }
        }
    }

    fn to(&mut self, state: State, comma: bool, at: usize) -> usize {
        self.state = state;
        self.comma = comma;
        at
    }

    fn next(
        &mut self,
        input: &[u8],
        at: usize,
        bytes: [u8; 2],
        more: State,
        end: State,
    ) -> Result<Option<usize>, Fault> {
        let next = either(input, at, bytes, "expected a comma or the end")?;
        Ok(next.map(|(at, comma)| self.to(if comma { more } else { end }, comma, at)))
    }

    fn key_or_end(
        &mut self,
        input: &[u8],
        at: usize,
        end: State,
        field: FieldOf,
    ) -> Result<Option<usize>, Fault> {
        let begin = skip(input, at);
        if !self.comma && input.get(begin) == Some(&b'}') {
            return Ok(Some(self.to(end, false, begin + 1)));
        }
        match key(input, begin)? {
            Some((name, at)) => field(self, name, input, at),
            None => Ok(None),
        }
    }

    fn field(&mut self, name: &[u8], _: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        let field = match name {
            b"data" => return Ok(Some(self.to(State::Data, false, at))),
            b"status" => Field::Status,
            b"isPartial" => Field::Partial,
            b"stats" => Field::Stats,
            b"warnings" => Field::Warnings,
            b"infos" => Field::Infos,
            b"trace" => Field::Trace,
            b"errorType" => Field::ErrorType,
            b"error" => Field::Error,
            _ => Field::Unknown,
        };
        Ok(Some(self.to(State::Captured(field), false, at)))
    }

    fn captured(&mut self, field: Field, end: usize) -> Result<(), Fault> {
        let text = self.capture.finish();
        let envelope = &mut self.envelope;
        self.state = State::Next;
        match field {
            Field::Status => envelope.status = text,
            Field::Partial => envelope.is_partial = text,
            Field::Stats => envelope.stats = text,
            Field::Warnings => envelope.warnings = text,
            Field::Infos => envelope.infos = text,
            Field::Trace => envelope.trace = text,
            Field::ErrorType => envelope.error_type = text,
            Field::Error => envelope.error = text,
            Field::Unknown => {}
            Field::UnknownOfData => self.state = State::DataNext,
            Field::Single => {
                self.single = text;
                self.state = State::DataNext;
            }
            Field::Histogram | Field::Histograms => {
                self.state = State::SeriesKeyNext;
                return self.histograms(&text, field == Field::Histograms, end);
            }
            Field::UnknownOfSeries => self.state = State::SeriesKeyNext,
        }
        Ok(())
    }

    fn histograms(&mut self, text: &[u8], several: bool, end: usize) -> Result<(), Fault> {
        self.histogram_bytes += text.len();
        if self.histogram_bytes > MAX_HISTOGRAM_BYTES {
            return fault(end, "expected less than 64 MiB of native histograms");
        }
        let Ok(samples) = histogram::read(text, several) else {
            return fault(end, "expected native histograms before");
        };
        let labels = self.labels.clone();
        self.envelope.histograms.push(HistogramSeries { labels, samples });
        Ok(())
    }

    fn data(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        let Some((behind, is_object)) = either(input, at, *b"{n", "expected an object as data")? else {
            return Ok(None);
        };
        if !is_object {
            // `null`, beside an error.
            self.capture.finish();
            return Ok(Some(self.to(State::Captured(Field::Unknown), false, behind - 1)));
        }
        self.has_data = true;
        Ok(Some(self.to(State::DataKey, false, behind)))
    }

    fn field_of_data(&mut self, name: &[u8], input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        match name {
            b"resultType" => {
                let Some((kind, behind)) = plain_text(input, at)? else {
                    return Ok(None);
                };
                self.kind = Some(match kind {
                    b"vector" => ResultKind::Vector,
                    b"matrix" => ResultKind::Matrix,
                    b"scalar" => ResultKind::Scalar,
                    b"string" => ResultKind::String,
                    _ => return fault(at, "expected vector, matrix, scalar or string"),
                });
                Ok(Some(self.to(State::DataNext, false, behind)))
            }
            b"result" => Ok(Some(self.to(State::Result, false, at))),
            _ => Ok(Some(self.to(State::Captured(Field::UnknownOfData), false, at))),
        }
    }

    fn result(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        if let Some(ResultKind::Scalar | ResultKind::String) = self.kind {
            return Ok(Some(self.to(State::Captured(Field::Single), false, at)));
        }
        Ok(one(input, at, b'[', "expected a list of series")?.map(|at| self.to(State::Series, false, at)))
    }

    fn field_of_series(&mut self, name: &[u8], input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        match name {
            b"metric" => {
                let Some(behind) = labels(input, at, &mut self.builder)? else {
                    return Ok(None);
                };
                self.builder.write(&mut self.labels);
                self.has_labels = true;
                Ok(Some(self.to(State::SeriesKeyNext, false, behind)))
            }
            b"values" | b"value" | b"histograms" | b"histogram" if !self.has_labels => {
                fault(at, "expected the labels before the samples")
            }
            b"values" => Ok(one(input, at, b'[', "expected a list of samples")?
                .map(|at| self.to(State::Sample, false, at))),
            b"value" => Ok(sample::any(input, at)?.map(|(millis, value, behind)| {
                self.push(millis, value);
                self.to(State::SeriesKeyNext, false, behind)
            })),
            b"histogram" => Ok(Some(self.to(State::Captured(Field::Histogram), false, at))),
            b"histograms" => Ok(Some(self.to(State::Captured(Field::Histograms), false, at))),
            _ => Ok(Some(self.to(State::Captured(Field::UnknownOfSeries), false, at))),
        }
    }

    fn sample(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        let begin = skip(input, at);
        if !self.comma && input.get(begin) == Some(&b']') {
            return Ok(Some(self.to(State::SeriesKeyNext, false, begin + 1)));
        }
        Ok(sample::any(input, begin)?.map(|(millis, value, behind)| {
            self.push(millis, value);
            self.to(State::SampleNext, false, behind)
        }))
    }

    /// Takes samples one after the other as long as they look as usual; returns the place behind them.
    #[inline]
    fn samples(&mut self, input: &[u8], mut at: usize) -> usize {
        while self.times.len() < BLOCK {
            let Some((millis, value, length)) = input.get(at..).and_then(sample::usual) else {
                break;
            };
            let Some(behind) = input.get(at + length) else {
                break;
            };
            let (state, comma) = match behind {
                b',' => (State::Sample, true),
                b']' => (State::SeriesKeyNext, false),
                _ => break,
            };
            self.push(millis, value);
            at += length + 1;
            self.state = state;
            self.comma = comma;
            if !comma {
                break;
            }
        }
        at
    }
}

impl Parser for MatrixParser {
    fn parse(&mut self, input: &[u8]) -> Result<Parsed, Fault> {
        self.begin_block();
        let mut at = 0;
        loop {
            if self.state == State::Sample {
                at = self.samples(input, at);
            }
            if self.times.len() >= BLOCK && self.state == State::Sample {
                return Ok(self.hand_out(at));
            }
            let before = self.state;
            match self.token(input, at)? {
                Some(end) => at = end,
                None => {
                    return Ok(Parsed {
                        used: at,
                        progress: Progress::NeedsInput,
                    });
                }
            }
            let series_ended =
                matches!(before, State::SeriesKey | State::SeriesKeyNext) && self.state == State::SeriesNext;
            if series_ended && (self.first || !self.times.is_empty()) {
                if !self.has_labels {
                    return fault(at, "expected the labels of the series");
                }
                return Ok(self.hand_out(at));
            }
            if at == input.len() && matches!(self.state, State::Done | State::Captured(_)) {
                return Ok(Parsed {
                    used: at,
                    progress: Progress::NeedsInput,
                });
            }
        }
    }
}

/// Tells whether an error of the server begins here in place of a series; `None` if that is not clear yet.
fn late_error(input: &[u8]) -> Option<bool> {
    if input.len() < late::BEGIN.len() && late::BEGIN.starts_with(input) {
        return None;
    }
    Some(input.starts_with(late::BEGIN))
}

impl MatrixParser {
    fn hand_out(&mut self, used: usize) -> Parsed {
        self.handed_out = true;
        Parsed {
            used,
            progress: Progress::Block,
        }
    }
}
