//! Writing samples with their own timestamps: JSON lines, compressed, made while they are sent.

mod raw;

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use http::header::CONTENT_ENCODING;
use vmotel_http::Body;

pub use raw::ImportFormat;
pub(crate) use raw::raw_request;

use crate::form::Form;
use crate::params::label_names;
use crate::request::unusable;
use crate::tenant::Service;
use crate::{Labels, ParamError, Sample, Tenant, Timestamp};

/// A series with samples to be stored.
pub type ImportSeries = crate::RangeSeries;

/// Options of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOptions {
    /// Labels added to every series, in place of its own of the same name. Default: none.
    pub extra_labels: Vec<(String, String)>,
    /// The time for the whole exchange. Default: the client's timeout, which a large import needs more than.
    pub timeout: Option<Duration>,
    /// Whether to compress with gzip on the way, which both versions understand. Default: true; never done for native blocks, which are
    /// compressed already.
    pub gzip: bool,
    /// Prometheus text only: the time of samples without one. Default: the server's now.
    pub timestamp: Option<Timestamp>,
    /// What not to send, as the server would drop it; for [`QueryClient::import_with`](crate::QueryClient::import_with) only.
    pub limits: ImportLimits,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            extra_labels: Vec::new(),
            timeout: None,
            gzip: true,
            timestamp: None,
            limits: ImportLimits::default(),
        }
    }
}

impl ImportOptions {
    fn form(&self) -> Result<Form, ParamError> {
        label_names(&self.extra_labels)?;
        let mut form = Form::default();
        form.scope(&self.extra_labels, &[]);
        Ok(form)
    }
}

/// What the server is known to drop without a word; such series are not sent but counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// The largest number of labels, the metric's name included. Default: 40, as `-maxLabelsPerTimeseries`.
    pub max_labels: usize,
    /// The longest label name, in bytes. Default: 256.
    pub max_name_bytes: usize,
    /// The longest label value or metric name, in bytes. Default: 4096, as `-maxLabelValueLen`.
    pub max_value_bytes: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            max_labels: 40,
            max_name_bytes: 256,
            max_value_bytes: 4096,
        }
    }
}

/// What became of the series of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Series sent. One that comes several times counts each time.
    pub series: u64,
    /// Samples sent.
    pub samples: u64,
    /// Series not sent: no metric name, or beyond a limit.
    pub rejected_series: u64,
    /// Samples not sent: those of rejected series, and NaN, which the server drops.
    pub rejected_samples: u64,
    /// Why the first series was rejected.
    pub first_rejection: Option<String>,
}

/// A chunk of the body holds about this much compressed text.
const CHUNK_BYTES: usize = 64 * 1024;
/// A line holds at most this many samples: the server refuses lines beyond 10 MiB.
const SAMPLES_PER_LINE: usize = 10_000;

/// Returns the request and the report, which is whole once the body was read to its end.
pub(crate) fn request<I>(
    series: I,
    options: &ImportOptions,
    tenant: Tenant,
) -> Result<(Request<Body>, Arc<Mutex<ImportReport>>), ParamError>
where
    I: Iterator<Item = ImportSeries> + Send + 'static,
{
    let report = Arc::new(Mutex::new(ImportReport::default()));
    let chunks = Chunks {
        series,
        limits: options.limits,
        report: Arc::clone(&report),
        output: Some(Output::new(options.gzip)),
        line: Vec::new(),
    };
    let path = tenant.path(Service::Insert, "/api/v1/import");
    Ok((
        post(&path, options.form()?, options.gzip, Body::chunks(chunks))?,
        report,
    ))
}

fn post(path: &str, form: Form, gzip: bool, body: Body) -> Result<Request<Body>, ParamError> {
    let form = form.into_text();
    let mut request = if form.is_empty() {
        Request::post(path)
    } else {
        Request::post(format!("{path}?{form}"))
    };
    if gzip {
        request = request.header(CONTENT_ENCODING, "gzip");
    }
    request.body(body).map_err(unusable)
}

/// Gathers text until there is enough for a chunk.
enum Output {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Output {
    fn new(gzip: bool) -> Self {
        let buffer = Vec::with_capacity(2 * CHUNK_BYTES);
        if gzip {
            Self::Gzip(Box::new(GzEncoder::new(buffer, Compression::fast())))
        } else {
            Self::Plain(buffer)
        }
    }

    fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(buffer) => buffer.extend_from_slice(text),
            Self::Gzip(encoder) => encoder.write_all(text)?,
        }
        Ok(())
    }

    /// Returns what is there if it is enough for a chunk.
    fn chunk(&mut self) -> Option<Bytes> {
        let buffer = match self {
            Self::Plain(buffer) => buffer,
            Self::Gzip(encoder) => encoder.get_mut(),
        };
        (buffer.len() >= CHUNK_BYTES)
            .then(|| std::mem::replace(buffer, Vec::with_capacity(2 * CHUNK_BYTES)).into())
    }

    fn finish(self) -> std::io::Result<Bytes> {
        match self {
            Self::Plain(buffer) => Ok(buffer.into()),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}

struct Chunks<I> {
    series: I,
    limits: ImportLimits,
    report: Arc<Mutex<ImportReport>>,
    /// `None` after the end.
    output: Option<Output>,
    line: Vec<u8>,
}

impl<I: Iterator<Item = ImportSeries>> Iterator for Chunks<I> {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let output = self.output.as_mut()?;
            let Some(series) = self.series.next() else {
                return Some(self.output.take()?.finish().map_err(Into::into));
            };
            let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(reason) = self.limits.check(&series.labels) {
                report.rejected_series += 1;
                report.rejected_samples += series.samples.len() as u64;
                report.first_rejection.get_or_insert(reason);
                continue;
            }
            report.series += 1;
            for samples in series.samples.chunks(SAMPLES_PER_LINE) {
                self.line.clear();
                let kept = line(&mut self.line, &series.labels, samples);
                report.samples += kept;
                report.rejected_samples += samples.len() as u64 - kept;
                if kept > 0
                    && let Err(error) = output.write(&self.line)
                {
                    return Some(Err(error.into()));
                }
            }
            if let Some(chunk) = output.chunk() {
                return Some(Ok(chunk));
            }
        }
    }
}

impl ImportLimits {
    fn check(&self, labels: &Labels) -> Result<(), String> {
        if labels.name().is_empty() {
            return Err(format!("the series {labels} has no metric name"));
        }
        // A label with an empty value is no label.
        let count = labels.iter().filter(|(_, value)| !value.is_empty()).count();
        if count > self.max_labels {
            return Err(format!(
                "{} has {count} labels, expected at most {}",
                labels.name(),
                self.max_labels
            ));
        }
        for (name, value) in labels.iter() {
            if name.is_empty() || name.len() > self.max_name_bytes {
                let limit = self.max_name_bytes;
                return Err(format!(
                    "{} has a label name of {} bytes, expected 1 to {limit}",
                    labels.name(),
                    name.len()
                ));
            }
            if value.len() > self.max_value_bytes {
                let limit = self.max_value_bytes;
                return Err(format!(
                    "the value of label {name} has {} bytes, expected at most {limit}",
                    value.len()
                ));
            }
        }
        Ok(())
    }
}

/// Writes one line without the samples that are NaN; returns how many samples it holds.
fn line(out: &mut Vec<u8>, labels: &Labels, samples: &[Sample]) -> u64 {
    out.extend_from_slice(b"{\"metric\":{");
    for (i, (name, value)) in labels.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        quoted(out, name);
        out.push(b':');
        quoted(out, value);
    }
    out.extend_from_slice(b"},\"values\":[");
    let kept = || samples.iter().filter(|sample| !sample.value.is_nan());
    for (i, sample) in kept().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        // Writing to a Vec cannot fail.
        let _ = match sample.value {
            f64::INFINITY => write!(out, "{comma}\"Infinity\""),
            f64::NEG_INFINITY => write!(out, "{comma}\"-Infinity\""),
            value => write!(out, "{comma}{value}"),
        };
    }
    out.extend_from_slice(b"],\"timestamps\":[");
    for (i, sample) in kept().enumerate() {
        let _ = write!(out, "{}{}", if i > 0 { "," } else { "" }, sample.time.as_millis());
    }
    out.extend_from_slice(b"]}\n");
    kept().count() as u64
}

/// Writes a JSON string (RFC 8259, section 7).
fn quoted(out: &mut Vec<u8>, text: &str) {
    // Writing a str to a Vec cannot fail.
    let _ = serde_json::to_writer(out, text);
}
