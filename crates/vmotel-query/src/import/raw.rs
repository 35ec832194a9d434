//! Samples that are already written in a format of the server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::Request;
use vmotel_http::Body;

use super::{ImportOptions, Output, post};
use crate::params::not_blank;
use crate::tenant::Service;
use crate::{CsvFormat, ParamError, Tenant};

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

/// Returns the request and the number of bytes taken from the iterator.
pub(crate) fn raw_request<I>(
    chunks: I,
    format: &ImportFormat,
    options: &ImportOptions,
    tenant: Tenant,
) -> Result<(Request<Body>, Arc<AtomicU64>), ParamError>
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
    let sent = Arc::new(AtomicU64::new(0));
    let chunks = RawChunks {
        chunks,
        sent: Arc::clone(&sent),
        output: gzip.then(|| Output::new(true)),
    };
    let path = tenant.path(Service::Insert, path);
    Ok((post(&path, form, gzip, Body::chunks(chunks))?, sent))
}

struct RawChunks<I> {
    chunks: I,
    sent: Arc<AtomicU64>,
    /// `None` without compression, and after the end.
    output: Option<Output>,
}

impl<I: Iterator<Item = io::Result<Bytes>>> Iterator for RawChunks<I> {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let chunk = match self.chunks.next() {
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => return Some(Err(error.into())),
                None => return Some(self.output.take()?.finish().map_err(Into::into)),
            };
            self.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            let Some(output) = &mut self.output else {
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
