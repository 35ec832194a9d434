//! The grammar of a line as an automaton that can stop between any two tokens.

use super::super::block::STALE_NAN;
use super::super::carry::{Fault, Parsed, Parser};
use super::super::json::{Capture, either, fault, key, labels, number, one, plain_text, skip};
use super::super::{Block, Progress, decimal};
use crate::Labels;
use crate::labels::LabelsBuilder;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Line,
    /// A key of the line, or its end unless a comma came before.
    Key,
    /// A comma or the end of the line.
    Next,
    /// The rest of a value that nobody knows.
    Captured,
    /// A value, or the end of the values unless a comma came before.
    Value,
    ValueNext,
    Time,
    TimeNext,
}

/// The most bytes of a line.
#[derive(Debug)]
struct MaxLine(usize);

impl Default for MaxLine {
    fn default() -> Self {
        Self(256 * 1024 * 1024)
    }
}

#[derive(Debug, Default)]
pub(super) struct LinesParser {
    max_line: MaxLine,
    /// Bytes of the line that are done with.
    line: usize,
    state: State,
    comma: bool,
    capture: Capture,
    builder: LabelsBuilder,
    labels: Labels,
    /// Those of the line before.
    before: Labels,
    first: bool,
    has_labels: bool,
    handed_out: bool,
    times: Vec<i64>,
    values: Vec<f64>,
    series: u64,
    samples: u64,
}

impl LinesParser {
    pub(super) fn set_max_line(&mut self, bytes: usize) {
        self.max_line = MaxLine(bytes);
    }

    /// Counts bytes of the line.
    fn add_to_line(&mut self, bytes: usize, at: usize) -> Result<(), Fault> {
        self.line = self.line.saturating_add(bytes);
        if self.line > self.max_line.0 {
            return fault(
                at,
                "expected a shorter line than the decoder's limit, which max_rows_per_line of the export keeps",
            );
        }
        Ok(())
    }

    pub(super) fn block(&self) -> Block<'_> {
        Block {
            labels: &self.labels,
            first: self.first,
            times: &self.times,
            values: &self.values,
        }
    }

    pub(super) fn seen(&self) -> (u64, u64) {
        (self.series, self.samples)
    }

    pub(super) fn is_between_lines(&self) -> bool {
        self.state == State::Line
    }

    fn to(&mut self, state: State, comma: bool, at: usize) -> usize {
        self.state = state;
        self.comma = comma;
        at
    }

    fn token(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        match self.state {
            State::Line => {
                let Some(at) = one(input, at, b'{', "expected an object a line")? else {
                    return Ok(None);
                };
                self.has_labels = false;
                std::mem::swap(&mut self.labels, &mut self.before);
                Ok(Some(self.to(State::Key, false, at)))
            }
            State::Key => self.key(input, at),
            State::Next => self.next(input, at, *b",}", State::Key, State::Line),
            State::Captured => {
                let Some(end) = self.capture.take(input, at)? else {
                    return Ok(Some(input.len()));
                };
                self.capture.finish();
                Ok(Some(self.to(State::Next, false, end)))
            }
            State::Value => self.element(input, at, State::ValueNext),
            State::ValueNext => self.next(input, at, *b",]", State::Value, State::Next),
            State::Time => self.element(input, at, State::TimeNext),
            State::TimeNext => self.next(input, at, *b",]", State::Time, State::Next),
        }
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

    fn key(&mut self, input: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        let begin = skip(input, at);
        if !self.comma && input.get(begin) == Some(&b'}') {
            return Ok(Some(self.to(State::Line, false, begin + 1)));
        }
        let Some((name, behind)) = key(input, begin)? else {
            return Ok(None);
        };
        let list = |state| Ok(one(input, behind, b'[', "expected a list")?.map(|at| (state, at)));
        let found: Result<Option<(State, usize)>, Fault> = match name {
            b"values" => list(State::Value),
            b"timestamps" => list(State::Time),
            b"metric" => {
                let Some(end) = labels(input, behind, &mut self.builder)? else {
                    return Ok(None);
                };
                self.builder.write(&mut self.labels);
                self.has_labels = true;
                Ok(Some((State::Next, end)))
            }
            _ => Ok(Some((State::Captured, behind))),
        };
        Ok(found?.map(|(state, at)| self.to(state, false, at)))
    }

    /// Takes a value or a time however it looks, or the end of the list.
    fn element(&mut self, input: &[u8], at: usize, next: State) -> Result<Option<usize>, Fault> {
        let begin = skip(input, at);
        if !self.comma && input.get(begin) == Some(&b']') {
            return Ok(Some(self.to(State::Next, false, begin + 1)));
        }
        if next == State::TimeNext {
            return Ok(time(input, begin)?.map(|(time, at)| {
                self.times.push(time);
                self.to(next, false, at)
            }));
        }
        Ok(value(input, begin)?.map(|(value, at)| {
            self.values.push(value);
            self.to(next, false, at)
        }))
    }

    /// Takes values as long as they are plain numbers; returns the place behind them.
    #[inline]
    fn plain_values(&mut self, input: &[u8], mut at: usize) -> usize {
        let number = |bytes| decimal::short(bytes, b',').or_else(|| decimal::fast(bytes));
        while let Some((value, length)) = input.get(at..).and_then(number) {
            let Some(end) = self.separator(input, at + length, State::Value) else {
                break;
            };
            self.values.push(value);
            at = end;
            if !self.comma {
                break;
            }
        }
        at
    }

    /// Takes times as long as they are plain numbers; returns the place behind them.
    #[inline]
    fn plain_times(&mut self, input: &[u8], mut at: usize) -> usize {
        while let Some((time, digits)) = input.get(at..).and_then(decimal::integer) {
            if digits > 18 || (digits > 1 && input[at] == b'0') {
                break;
            }
            let Some(end) = self.separator(input, at + digits, State::Time) else {
                break;
            };
            self.times.push(time as i64);
            at = end;
            if !self.comma {
                break;
            }
        }
        at
    }

    /// Takes the comma or the bracket at `at`; returns the place behind it, or `None` if it is something else.
    #[inline]
    fn separator(&mut self, input: &[u8], at: usize, more: State) -> Option<usize> {
        match input.get(at)? {
            b',' => {
                self.state = more;
                self.comma = true;
            }
            b']' => {
                self.state = State::Next;
                self.comma = false;
            }
            _ => return None,
        }
        Some(at + 1)
    }

    fn line_ended(&mut self, at: usize) -> Result<(), Fault> {
        if !self.has_labels {
            return fault(at, "expected the labels of the series");
        }
        if self.times.len() != self.values.len() {
            return fault(at, "expected as many values as timestamps");
        }
        self.first = self.series == 0 || self.labels != self.before;
        self.series += u64::from(self.first);
        self.samples += self.times.len() as u64;
        self.handed_out = true;
        Ok(())
    }
}

/// Reads a number, `null`, `"Infinity"` or `"-Infinity"`.
fn value(input: &[u8], at: usize) -> Result<Option<(f64, usize)>, Fault> {
    match input.get(at) {
        None => Ok(None),
        Some(b'"') => {
            let Some((text, behind)) = plain_text(input, at)? else {
                return Ok(None);
            };
            let value = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            value.map_or_else(
                || fault(at, "expected a number"),
                |value| Ok(Some((value, behind))),
            )
        }
        Some(b'n') => match input.get(at..at + 4) {
            None => Ok(None),
            Some(b"null") => Ok(Some((STALE_NAN, at + 4))),
            Some(_) => fault(at, "expected a number"),
        },
        Some(_) => number(input, at),
    }
}

fn time(input: &[u8], at: usize) -> Result<Option<(i64, usize)>, Fault> {
    let Some((_, behind)) = number(input, at)? else {
        return Ok(None);
    };
    let time = std::str::from_utf8(&input[at..behind])
        .ok()
        .and_then(|text| text.parse().ok());
    time.map_or_else(
        || fault(at, "expected a time in whole milliseconds"),
        |time| Ok(Some((time, behind))),
    )
}

impl Parser for LinesParser {
    fn parse(&mut self, input: &[u8]) -> Result<Parsed, Fault> {
        if self.handed_out {
            self.handed_out = false;
            self.times.clear();
            self.values.clear();
            self.line = 0;
        }
        let mut at = 0;
        loop {
            match self.state {
                State::Value => at = self.plain_values(input, at),
                State::Time => at = self.plain_times(input, at),
                _ => {}
            }
            let before = self.state;
            let Some(end) = self.token(input, at)? else {
                break;
            };
            at = end;
            if matches!(before, State::Key | State::Next) && self.state == State::Line {
                self.add_to_line(at, at)?;
                self.line_ended(at - 1)?;
                return Ok(Parsed {
                    used: at,
                    progress: Progress::Block,
                });
            }
            if at == input.len() && self.state == State::Captured {
                break;
            }
        }
        self.add_to_line(at, at)?;
        Ok(Parsed {
            used: at,
            progress: Progress::NeedsInput,
        })
    }
}
