//! Prometheus remote write 1.0: `WriteRequest` in protobuf, to be compressed as a snappy block or, for VictoriaMetrics, with zstd.
//!
//! Labels are sorted, `__name__` among them; times are milliseconds; a staleness marker is the NaN that Prometheus uses. Histograms are
//! the series that a scrape would make. Remote write 2.0 is never sent: VictoriaMetrics answers with a success and stores nothing.

mod samples;

use vmotel_model::{Family, Kind, MetricSink, Series, SeriesText, Snapshot, Timestamp};

use self::samples::{Samples, push_label};
use crate::{
    Merge, MergeConfig, PushConfig, PushReport, RejectReason, Request, Skipped,
    histogram::LeTexts,
    kept::{self, Kept},
    labels::Labels,
    number::push_f64,
    protobuf::{bytes_len, push_bytes, push_head, push_varint, varint_key},
    push::{Sending, storable},
    shape::{Scratch, Shape, as_f64, stored_quantile, stored_sum},
};

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "application/x-protobuf";

/// The path of a single node of VictoriaMetrics and of vmagent.
pub const PATH: &str = "/api/v1/write";

/// The headers of a body that is compressed as a snappy block; every receiver takes it.
pub const SNAPPY_HEADERS: [(&str, &str); 3] = [
    ("Content-Type", CONTENT_TYPE),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];

/// The headers of a body that is compressed with zstd; VictoriaMetrics and vmagent take it.
pub const ZSTD_HEADERS: [(&str, &str); 3] = [
    ("Content-Type", CONTENT_TYPE),
    ("Content-Encoding", "zstd"),
    ("X-VictoriaMetrics-Remote-Write-Version", "1"),
];

/// The bits of the NaN that marks a series as gone.
pub const STALE_NAN: u64 = 0x7ff0_0000_0000_0002;

/// Hands the merged families of all snapshots to `emit`, as requests below [`PushConfig::max_request_bytes`].
///
/// `time` is that of the collection. To push again and again without allocating, keep the buffers and use [`encode_with`].
///
/// ```
/// use vmotel_model::Timestamp;
/// use vmotel_wire::{PushConfig, remote_write};
///
/// let mut bodies = Vec::new();
/// let time = Timestamp(1_700_000_000_000_000_000);
/// let report =
///     remote_write::encode(&[], time, &PushConfig::default(), &mut |request| bodies.push(request.body.to_vec()));
/// assert_eq!(report.requests, 0);
/// assert!(bodies.is_empty());
/// ```
pub fn encode(
    snapshots: &[Box<dyn Snapshot + '_>],
    time: Timestamp,
    config: &PushConfig,
    emit: &mut dyn FnMut(Request<'_>),
) -> PushReport {
    encode_with(
        &mut Merge::default(),
        &mut Buffers::default(),
        snapshots,
        time,
        config,
        emit,
    )
}

/// As [`encode`], with a merge and buffers that are kept between pushes.
pub fn encode_with(
    merge: &mut Merge,
    buffers: &mut Buffers,
    snapshots: &[Box<dyn Snapshot + '_>],
    time: Timestamp,
    config: &PushConfig,
    emit: &mut dyn FnMut(Request<'_>),
) -> PushReport {
    let merging = MergeConfig {
        names: config.names,
        ..MergeConfig::default()
    };
    let mut sink = RemoteWriteSink::new(config, time, buffers, emit);
    let merged = merge.visit(snapshots, merging, &mut sink);
    let mut report = sink.finish();
    report.merge = merged;
    report
}

/// The memory of a [`RemoteWriteSink`], for one after the other.
#[derive(Debug, Default)]
pub struct Buffers {
    body: Vec<u8>,
    labels: Labels,
    kept: Kept,
    scratch: Scratch,
    les: LeTexts,
    text: Vec<u8>,
    metadata: Vec<u8>,
    /// Behind the value of a sample: its time.
    time: Vec<u8>,
}

/// Encodes a visit as remote write 1.0.
///
/// ```
/// use vmotel_model::{Family, Kind, MetricSink, Number, Pairs, Point, Series, Timestamp};
/// use vmotel_wire::{PushConfig, remote_write::{Buffers, RemoteWriteSink}};
///
/// let (config, mut buffers) = (PushConfig::default(), Buffers::default());
/// let mut bodies = Vec::new();
/// let mut emit = |request: vmotel_wire::Request<'_>| bodies.push(request.body.to_vec());
/// let mut sink = RemoteWriteSink::new(&config, Timestamp(1_700_000_000_000_000_000), &mut buffers, &mut emit);
/// sink.family(&Family { name: "orders_total", kind: Kind::Counter, unit: "", help: "Orders taken." });
/// sink.series(&Series {
///     labels: &Pairs(&[("shop", "Bern")]),
///     text: None,
///     point: Point::Number(Number::U64(3)),
///     start: None,
/// });
/// assert_eq!(sink.finish().samples, 1);
/// assert_eq!(bodies.len(), 1);
/// ```
pub struct RemoteWriteSink<'a> {
    config: &'a PushConfig,
    time: Option<Timestamp>,
    stale: bool,
    buffers: &'a mut Buffers,
    pending: Pending,
    sending: Sending<'a>,
}

impl std::fmt::Debug for RemoteWriteSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteWriteSink")
            .field("time", &self.time)
            .field("report", &self.sending.report)
            .finish_non_exhaustive()
    }
}

impl<'a> RemoteWriteSink<'a> {
    /// Creates a sink whose samples have one time, and which hands each finished request to `emit`.
    #[must_use]
    pub fn new(
        config: &'a PushConfig,
        time: Timestamp,
        buffers: &'a mut Buffers,
        emit: &'a mut dyn FnMut(Request<'_>),
    ) -> Self {
        buffers.body.clear();
        buffers.metadata.clear();
        buffers.time.clear();
        buffers.time.push(varint_key(2));
        push_varint(time.as_millis(), &mut buffers.time);
        buffers.kept.begin();
        Self {
            config,
            time: storable(time),
            stale: false,
            buffers,
            pending: Pending::default(),
            sending: Sending::new(emit),
        }
    }

    /// Makes the series that follow staleness markers, or ends that: the server takes them as gone at once.
    ///
    /// A marker ends the series that its own shape makes, so that it repeats the shape of the last value.
    pub fn stale(&mut self, stale: bool) {
        self.flush();
        self.stale = stale;
    }

    /// Ends the last request; returns what was encoded and what was left out.
    pub fn finish(mut self) -> PushReport {
        self.flush();
        self.buffers.kept.end();
        let end = self.buffers.body.len();
        self.emit(end);
        self.sending.report
    }

    /// Hands over the first `end` bytes and keeps the others for the next request.
    fn emit(&mut self, end: usize) {
        self.pending.emit(&mut self.buffers.body, end, &mut self.sending);
    }

    /// Writes the numbers that wait for the order of their series.
    fn flush(&mut self) {
        let Buffers {
            body,
            labels,
            kept,
            metadata,
            time,
            ..
        } = &mut *self.buffers;
        let (name, max) = (labels.metric_name(), self.config.max_bytes());
        kept.take(|labels, number, _| {
            let start = body.len();
            body.extend_from_slice(metadata);
            let mut out = Samples {
                name,
                labels,
                time,
                stale: self.stale,
                own: "",
                count: 0,
                out: body,
            };
            out.push("", b"", as_f64(number));
            let done = self.pending.end(body, start, 1, max, metadata, &mut self.sending);
            if let Err(reason) = done {
                self.sending.report.rejected.add(name, reason);
            }
        });
    }

    #[inline]
    fn encode(&mut self, series: &Series<'_>) -> Result<(), RejectReason> {
        self.time.ok_or(RejectReason::Time)?;
        let Buffers {
            body,
            labels,
            kept,
            scratch,
            les,
            text,
            metadata,
            time,
        } = &mut *self.buffers;
        let (config, stale) = (self.config, self.stale);
        let mut skipped = Skipped::default();
        let shape = Shape::of(
            labels.kind(),
            &series.point,
            config,
            false,
            stale,
            scratch,
            &mut skipped,
        );
        let Some(shape) = shape else {
            self.sending.report.skipped.add(skipped);
            return Ok(());
        };
        let id = series.text.as_ref().and_then(SeriesText::id);
        let (own, known_as) = (shape.own(), kept::Form::of(config, shape.own(), 1));
        match (shape, id.and_then(|id| kept.find(known_as, id))) {
            (Shape::Number(number), Some(block)) => {
                kept.put(block, number, None);
                return Ok(());
            }
            (_, Some(block)) => labels.set(kept.get(block)),
            (_, None) => {
                labels.render(series.labels, own, config, push_label)?;
                let block = id.and_then(|id| kept.add(known_as, id, labels));
                if let (Shape::Number(number), Some(block)) = (shape, block) {
                    kept.put(block, number, None);
                    return Ok(());
                }
            }
        }
        let start = body.len();
        body.extend_from_slice(metadata);
        let mut out = Samples {
            name: labels.metric_name(),
            labels: labels.encoded(),
            time,
            stale,
            own,
            count: 0,
            out: body,
        };
        match shape {
            Shape::Number(number) => out.push("", b"", as_f64(number)),
            Shape::Explicit(histogram) => {
                les.set(histogram.bounds, false);
                let mut total = 0u64;
                for (index, count) in histogram.counts.iter().enumerate() {
                    total = total.saturating_add(*count);
                    let le = if index < histogram.bounds.len() {
                        value_of(les.get(index))
                    } else {
                        b"+Inf"
                    };
                    out.push("_bucket", le, total as f64);
                }
                out.sum_and_count(stored_sum(histogram.sum, stale, &mut skipped), histogram.count);
            }
            Shape::Ranges(ranges) => {
                ranges.for_each(text, |range, count| out.push("_bucket", range, count as f64));
                out.sum_and_count(stored_sum(ranges.sum(), stale, &mut skipped), ranges.count());
            }
            Shape::Summary(summary) => {
                for quantile in summary.quantiles {
                    if stored_quantile(quantile.quantile, quantile.value, stale, &mut skipped) {
                        text.clear();
                        push_f64(quantile.quantile, text);
                        out.push("", text, quantile.value);
                    }
                }
                out.sum_and_count(stored_sum(Some(summary.sum), stale, &mut skipped), summary.count);
            }
            // Not asked for.
            Shape::Native(_) => skipped.mismatched += 1,
        }
        let samples = out.count;
        self.sending.report.skipped.add(skipped);
        let max = config.max_bytes();
        self.pending
            .end(body, start, samples, max, metadata, &mut self.sending)
    }
}

/// What the request at work holds.
#[derive(Debug, Default)]
struct Pending {
    series: u64,
    samples: u64,
}

impl Pending {
    /// Ends a series that begins at `start`; hands over what stands before it if the request would be too large.
    #[inline]
    fn end(
        &mut self,
        body: &mut Vec<u8>,
        start: usize,
        samples: u64,
        max: usize,
        metadata: &mut Vec<u8>,
        sending: &mut Sending<'_>,
    ) -> Result<(), RejectReason> {
        let len = body.len();
        if len - start > max {
            body.truncate(start);
            return Err(RejectReason::TooLarge { bytes: len - start });
        }
        metadata.clear();
        if len > max {
            self.emit(body, start, sending);
        }
        self.series += 1;
        self.samples += samples;
        sending.report.series += 1;
        sending.report.samples += samples;
        Ok(())
    }

    fn emit(&mut self, body: &mut Vec<u8>, end: usize, sending: &mut Sending<'_>) {
        if end > 0 {
            sending.emit(Request {
                body: &body[..end],
                series: self.series,
                samples: self.samples,
            });
        }
        body.drain(..end);
        *self = Self::default();
    }
}

impl MetricSink for RemoteWriteSink<'_> {
    fn family(&mut self, family: &Family<'_>) {
        self.flush();
        let Buffers {
            labels,
            kept,
            metadata,
            ..
        } = &mut *self.buffers;
        labels.family(family, self.config.names);
        kept.family(labels.metric_name());
        metadata.clear();
        if self.config.metadata {
            push_metadata(labels.metric_name(), family, metadata);
        }
    }

    #[inline]
    fn series(&mut self, series: &Series<'_>) {
        if let Err(reason) = self.encode(series) {
            let name = self.buffers.labels.metric_name();
            self.sending.report.rejected.add(name, reason);
        }
    }
}

/// Appends a `MetricMetadata` as field 3 of a `WriteRequest`.
fn push_metadata(name: &str, family: &Family<'_>, out: &mut Vec<u8>) {
    let kind: u8 = match family.kind {
        Kind::Counter => 1,
        Kind::UpDownCounter | Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::Summary => 5,
        _ => 0,
    };
    let help = if family.help.is_empty() {
        0
    } else {
        bytes_len(family.help.len())
    };
    push_head(3, 2 + bytes_len(name.len()) + help, out);
    out.extend_from_slice(&[varint_key(1), kind]);
    push_bytes(2, name.as_bytes(), out);
    if help > 0 {
        push_bytes(4, family.help.as_bytes(), out);
    }
}

/// Returns the value in `le="value"} `.
fn value_of(le: &[u8]) -> &[u8] {
    le.get(4..le.len().saturating_sub(3)).unwrap_or_default()
}
