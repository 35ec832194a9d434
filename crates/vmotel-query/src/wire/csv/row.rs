//! Rows.

use memchr::{memchr, memchr2};

use super::super::block::STALE_NAN;
use super::super::carry::{Fault, Parsed, Parser};
use super::super::json::{fault, text};
use super::super::{Block, Progress, decimal};
use crate::labels::LabelsBuilder;
use crate::{CsvColumn, CsvFormat, Labels, ParamError, TimeFormat, rfc3339};

/// So many samples make a block.
const BLOCK: usize = 1024;

#[derive(Debug)]
pub(super) struct RowsParser {
    columns: Vec<CsvColumn>,
    /// The first row of newer versions.
    header: String,
    /// The columns are labels, then the value, then the time in milliseconds.
    usual: bool,
    begun: bool,
    /// In the usual order: the labels of the row before, as they were written.
    prefix: Vec<u8>,
    /// The same of the row that is being read.
    next_prefix: Vec<u8>,
    builder: LabelsBuilder,
    field: Vec<u8>,
    labels: Labels,
    candidate: Labels,
    first: bool,
    handed_out: bool,
    times: Vec<i64>,
    values: Vec<f64>,
    series: u64,
    samples: u64,
}

/// What a row holds beside its labels, and where it ends.
struct Row {
    value: f64,
    time: i64,
    end: usize,
}

impl RowsParser {
    pub(super) fn new(format: &CsvFormat) -> Result<Self, ParamError> {
        format.validate()?;
        let columns = format.columns.clone();
        if !columns.iter().any(|column| matches!(column, CsvColumn::Time(_))) {
            return Err(ParamError {
                name: "columns",
                value: format.for_export(),
                expected: "one column of times",
            });
        }
        let usual = matches!(
            columns.as_slice(),
            [labels @ .., CsvColumn::Value, CsvColumn::Time(TimeFormat::Millis)]
                if labels.iter().all(|column| matches!(column, CsvColumn::Label(_)))
        );
        Ok(Self {
            columns,
            header: format.for_export(),
            usual,
            begun: false,
            prefix: Vec::new(),
            next_prefix: Vec::new(),
            builder: LabelsBuilder::default(),
            field: Vec::new(),
            labels: Labels::default(),
            candidate: Labels::default(),
            first: false,
            handed_out: false,
            times: Vec::new(),
            values: Vec::new(),
            series: 0,
            samples: 0,
        })
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

    fn push(&mut self, value: f64, time: i64) {
        // The server stores no other NaN.
        self.values.push(if value.is_nan() { STALE_NAN } else { value });
        self.times.push(time);
        self.samples += 1;
    }

    /// Takes rows that begin as the one before did; returns the place behind them.
    fn rows_of_the_same_series(&mut self, input: &[u8], mut at: usize) -> usize {
        while self.times.len() < BLOCK {
            let Some(row) = input
                .get(at..)
                .and_then(|row| row.strip_prefix(self.prefix.as_slice()))
            else {
                break;
            };
            let Some((value, length)) = decimal::fast(row) else {
                break;
            };
            if row.get(length) != Some(&b',') {
                break;
            }
            let Some((time, digits)) = row.get(length + 1..).and_then(decimal::integer) else {
                break;
            };
            let end = length + 1 + digits;
            if digits > 18 || row.get(end) != Some(&b'\n') {
                break;
            }
            self.push(value, time as i64);
            at += self.prefix.len() + end + 1;
        }
        at
    }

    /// Reads a row however it looks, its labels into `candidate`; `None` if it is not whole.
    fn row(&mut self, input: &[u8], begin: usize) -> Result<Option<Row>, Fault> {
        self.builder.clear();
        let mut row = Row {
            value: 0.0,
            time: 0,
            end: begin,
        };
        self.next_prefix.clear();
        for i in 0..self.columns.len() {
            let at = row.end;
            self.field.clear();
            let behind = if input.get(at) == Some(&b'"') {
                let Some(behind) = text(input, at, &mut self.field)? else {
                    return Ok(None);
                };
                behind
            } else {
                let Some(length) = memchr2(b',', b'\n', &input[at.min(input.len())..]) else {
                    return Ok(None);
                };
                self.field.extend_from_slice(&input[at..at + length]);
                at + length
            };
            let last = i + 1 == self.columns.len();
            match input.get(behind) {
                None => return Ok(None),
                Some(b',') if !last => {}
                Some(b'\n') if last => {}
                Some(_) => return fault(at, "expected a row with as many fields as the format has columns"),
            }
            row.end = behind + 1;
            let Ok(field) = std::str::from_utf8(&self.field) else {
                return fault(at, "expected UTF-8");
            };
            match &self.columns[i] {
                CsvColumn::Label(name) => {
                    if !field.is_empty() {
                        self.builder.push(name, field);
                    }
                    if self.usual {
                        self.next_prefix.extend_from_slice(&input[at..row.end]);
                    }
                }
                CsvColumn::Value => match field.parse() {
                    Ok(value) => row.value = value,
                    Err(_) => return fault(at, "expected a number"),
                },
                CsvColumn::Time(format) => match time(field, *format) {
                    Some(time) => row.time = time,
                    None => return fault(at, "expected a time"),
                },
            }
        }
        if !self.builder.finish() {
            return fault(begin, "expected labels below 4 GiB");
        }
        self.builder.write(&mut self.candidate);
        Ok(Some(row))
    }

    fn skip_header(&mut self, input: &[u8]) -> Option<usize> {
        let end = memchr(b'\n', input)?;
        self.begun = true;
        Some(if input[..end] == *self.header.as_bytes() {
            end + 1
        } else {
            0
        })
    }
}

fn time(field: &str, format: TimeFormat) -> Option<i64> {
    match format {
        TimeFormat::Seconds => field.parse::<i64>().ok()?.checked_mul(1000),
        TimeFormat::Millis => field.parse().ok(),
        TimeFormat::Nanos => Some(field.parse::<i64>().ok()?.div_euclid(1_000_000)),
        TimeFormat::Rfc3339 => rfc3339::parse(field).map(|time| time.as_millis()),
    }
}

impl Parser for RowsParser {
    fn parse(&mut self, input: &[u8]) -> Result<Parsed, Fault> {
        if self.handed_out {
            self.handed_out = false;
            self.first = false;
            self.times.clear();
            self.values.clear();
        }
        let mut at = 0;
        if !self.begun {
            match self.skip_header(input) {
                Some(end) => at = end,
                None => {
                    return Ok(Parsed {
                        used: 0,
                        progress: Progress::NeedsInput,
                    });
                }
            }
        }
        loop {
            if self.usual && !self.prefix.is_empty() {
                at = self.rows_of_the_same_series(input, at);
            }
            let full = self.times.len() >= BLOCK;
            let row = if full { None } else { self.row(input, at)? };
            let Some(row) = row else {
                // What was gathered need not wait for more.
                self.handed_out = !self.times.is_empty();
                return Ok(Parsed {
                    used: at,
                    progress: if self.handed_out {
                        Progress::Block
                    } else {
                        Progress::NeedsInput
                    },
                });
            };
            if self.series == 0 || self.candidate != self.labels {
                if !self.times.is_empty() {
                    self.handed_out = true;
                    return Ok(Parsed {
                        used: at,
                        progress: Progress::Block,
                    });
                }
                std::mem::swap(&mut self.labels, &mut self.candidate);
                self.series += 1;
                self.first = true;
            }
            std::mem::swap(&mut self.prefix, &mut self.next_prefix);
            self.push(row.value, row.time);
            at = row.end;
        }
    }
}
