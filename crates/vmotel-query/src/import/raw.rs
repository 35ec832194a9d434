//! Samples that are already written in a format of the server.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use memchr::memrchr;
use vmotel_http::Body;

use super::{ImportOptions, Output, post};
use crate::params::not_blank;
use crate::tenant::Service;
use crate::{CsvFormat, Error, ParamError, Tenant};

/// The form of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportFormat {
    /// A JSON object a line, as [`ExportFormat::JsonLines`](crate::ExportFormat::JsonLines).
    JsonLines,
    /// The Prometheus text format.
    Text,
    /// CSV. A column `__name__` cannot carry the name: all samples become series of `metric`.
    Csv {
        /// The columns.
        format: CsvFormat,
        /// The name of the metric.
        metric: String,
    },
    /// Blocks of an export in the server's own format. The only one that the server refuses if it is broken.
    Native,
}

/// What became of the chunks.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    bytes: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

impl Sent {
    /// Returns the number of bytes, or why the iterator gave no more.
    pub(crate) fn outcome(&self) -> Result<u64, Error> {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.take() {
            None => Ok(bytes),
            Some(source) => Err(Error::Input { bytes, source }),
        }
    }
}

/// Returns the request, and what will have become of the chunks.
pub(crate) fn raw_request<I>(
    chunks: I,
    format: &ImportFormat,
    options: &ImportOptions,
    tenant: Tenant,
) -> Result<(Request<Body>, Arc<Sent>), ParamError>
where
    I: Iterator<Item = io::Result<Bytes>> + Send + 'static,
{
    let mut form = options.form()?;
    let path = match format {
        ImportFormat::JsonLines => "/api/v1/import",
        ImportFormat::Text => {
            form.optional("timestamp", options.timestamp.map(|time| time.as_millis()));
            "/api/v1/import/prometheus"
        }
        ImportFormat::Csv { format, metric } => {
            format.validate()?;
            not_blank("metric", metric)?;
            form.pair("format", format.for_import(metric));
            "/api/v1/import/csv"
        }
        ImportFormat::Native => "/api/v1/import/native",
    };
    let gzip = options.gzip && *format != ImportFormat::Native;
    let sent = Arc::new(Sent::default());
    let chunks = RawChunks {
        chunks,
        sent: Arc::clone(&sent),
        lines: (*format != ImportFormat::Native).then(Vec::new),
        output: gzip.then(|| Output::new(true)),
    };
    let path = tenant.path(Service::Insert, path);
    Ok((post(&path, form, gzip, Body::chunks(chunks))?, sent))
}

struct RawChunks<I> {
    chunks: I,
    sent: Arc<Sent>,
    /// The beginning of a line whose end has not come yet; `None` for blocks. The server takes half a line for a whole one, with a number
    /// cut short, so none is sent.
    lines: Option<Vec<u8>>,
    /// `None` without compression, and after the end.
    output: Option<Output>,
}

impl<I: Iterator<Item = io::Result<Bytes>>> Iterator for RawChunks<I> {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let chunk = match self.chunks.next() {
                Some(Ok(chunk)) => self.whole_lines(chunk),
                Some(Err(error)) => {
                    // To break the request off here would cut what is on its way at any byte.
                    self.lines = None;
                    let mut failure = self.sent.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    *failure = Some(error);
                    return Some(self.output.take()?.finish().map_err(Into::into));
                }
                None => match self.lines.take().filter(|rest| !rest.is_empty()) {
                    Some(rest) => Bytes::from(rest),
                    None => return Some(self.output.take()?.finish().map_err(Into::into)),
                },
            };
            self.sent.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            let Some(output) = &mut self.output else {
                if chunk.is_empty() {
                    continue;
                }
                return Some(Ok(chunk));
            };
            if let Err(error) = output.write(&chunk) {
                return Some(Err(error.into()));
            }
            if let Some(chunk) = output.chunk() {
                return Some(Ok(chunk));
            }
        }
    }
}

/// A longer line is sent as it comes.
const MAX_LINE: usize = 16 * 1024 * 1024;

impl<I> RawChunks<I> {
    /// Returns what is whole, and keeps the rest for the next time.
    fn whole_lines(&mut self, chunk: Bytes) -> Bytes {
        let Some(begun) = &mut self.lines else {
            return chunk;
        };
        let end = match memrchr(b'\n', &chunk) {
            Some(end) => end + 1,
            None if begun.len() < MAX_LINE => 0,
            None => chunk.len(),
        };
        if begun.is_empty() && end == chunk.len() {
            return chunk;
        }
        let rest = chunk[end..].to_vec();
        let mut whole = std::mem::replace(begun, rest);
        if end == 0 {
            // Still the same line.
            whole.append(begun);
            *begun = whole;
            return Bytes::new();
        }
        whole.extend_from_slice(&chunk[..end]);
        whole.into()
    }
}
