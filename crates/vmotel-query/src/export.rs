//! Reading stored samples as they were written: JSON lines, decoded while they arrive.

use bytes::BytesMut;
use serde::Deserialize;
use serde_json::Value;
use vmotel_http::BodyStream;

use crate::error::Cut;
use crate::{Error, Labels, RangeSeries, Sample, Timestamp};

/// The series of an export, one line of the answer at a time.
///
/// A series with many samples may come in several parts. Staleness markers are left out and counted.
#[derive(Debug)]
pub struct ExportStream {
    body: BodyStream,
    buffer: BytesMut,
    /// Bytes of the buffer that hold no line end.
    searched: usize,
    ended: bool,
    stale: u64,
    parts: u64,
    samples: u64,
}

#[derive(Deserialize)]
struct Line {
    metric: Labels,
    values: Vec<Value>,
    timestamps: Vec<i64>,
}

impl ExportStream {
    pub(crate) fn new(body: BodyStream) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            searched: 0,
            ended: false,
            stale: 0,
            parts: 0,
            samples: 0,
        }
    }

    /// Returns the next series or part of one, or `None` after the last.
    ///
    /// # Errors
    /// The exchange fails, or a line is not what an export holds (the server also writes errors that occur on the way into the
    /// answer). After an error it returns `None`.
    pub async fn next(&mut self) -> Option<Result<RangeSeries, Error>> {
        if self.ended {
            return None;
        }
        let series = self.line().await.transpose();
        self.ended = !matches!(series, Some(Ok(_)));
        series
    }

    /// Returns how many staleness markers were left out so far.
    #[must_use]
    pub fn stale_markers(&self) -> u64 {
        self.stale
    }

    async fn line(&mut self) -> Result<Option<RangeSeries>, Error> {
        loop {
            if let Some(at) = self.buffer[self.searched..]
                .iter()
                .position(|&byte| byte == b'\n')
            {
                let line = self.buffer.split_to(self.searched + at + 1);
                self.searched = 0;
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return self.decode(&line).map(Some);
            }
            self.searched = self.buffer.len();
            match self.body.next().await {
                Some(Ok(piece)) => self.buffer.extend_from_slice(&piece),
                Some(Err(error)) => {
                    return Err(Error::Truncated {
                        endpoint: "export",
                        series: self.parts,
                        samples: self.samples,
                        cause: Cut::Transport(Box::new(error)),
                    });
                }
                None if self.buffer.trim_ascii().is_empty() => return Ok(None),
                None => {
                    let rest = std::mem::take(&mut self.buffer);
                    self.searched = 0;
                    return self.decode(&rest).map(Some);
                }
            }
        }
    }

    fn decode(&mut self, line: &[u8]) -> Result<RangeSeries, Error> {
        let failed = |reason: String| Error::Decode {
            endpoint: "export",
            reason,
        };
        let line: Line = serde_json::from_slice(line).map_err(|e| failed(e.to_string()))?;
        if line.values.len() != line.timestamps.len() {
            return Err(failed(format!(
                "{} values and {} timestamps",
                line.values.len(),
                line.timestamps.len()
            )));
        }
        let mut samples = Vec::with_capacity(line.values.len());
        for (value, &millis) in line.values.iter().zip(&line.timestamps) {
            let value = match value {
                Value::Null => None,
                Value::Number(number) => number.as_f64(),
                Value::String(text) => Some(text.parse().map_err(|_| failed(format!("the value {text:?}")))?),
                other => return Err(failed(format!("the value {other}"))),
            };
            match value {
                Some(value) => samples.push(Sample {
                    time: Timestamp::from_millis(millis),
                    value,
                }),
                None => self.stale += 1,
            }
        }
        self.parts += 1;
        self.samples += samples.len() as u64;
        Ok(RangeSeries {
            labels: line.metric,
            samples,
        })
    }
}
