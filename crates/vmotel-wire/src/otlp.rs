//! OTLP: `ExportMetricsServiceRequest` in protobuf, in the shape of which every version of VictoriaMetrics stores the same series as
//! of a scrape.
//!
//! - One resource and one scope without attributes; labels are string attributes of the points. `job` and `instance` are best added
//!   by the arguments `extra_label=job=...` and `extra_label=instance=...` of the address.
//! - No unit: it is in the name already. The time is set on each point. Sums and histograms are cumulative, unless the sink makes
//!   deltas of them ([`OtlpSink::deltas`]).
//! - A counter is a monotonic sum only if `total` is the last word of its name and no other: a server that makes names itself
//!   (`-opentelemetry.usePrometheusNaming`) would rename any other.
//! - An exponential histogram `x` is sent as the sums `x_bucket` (with `vmrange`), `x_sum` and `x_count`, and as a metric `x` without
//!   points that carries type and description.
//! - A number that is NaN is left out and counted.

mod body;
mod point;

use vmotel_model::{Family, Kind, MetricSink, Series, SeriesText, Snapshot, Timestamp};

use self::{
    body::{Body, Form},
    point::Head,
};
use crate::{
    Deltas, Merge, MergeConfig, PushConfig, PushReport, RejectReason, Request, Skipped,
    kept::{self, Kept},
    labels::{Labels, PushLabel},
    protobuf::{bytes_len, push_bytes},
    push::{Sending, storable},
    shape::{Scratch, Shape, stored_sum},
};

/// The value of `Content-Type`.
pub const CONTENT_TYPE: &str = "application/x-protobuf";

/// The path of a single node of VictoriaMetrics and of vmagent.
pub const PATH: &str = "/opentelemetry/v1/metrics";

/// Hands the merged families of all snapshots to `emit`, as requests below [`PushConfig::max_request_bytes`].
///
/// `time` is that of the collection. To push again and again without allocating, keep the buffers and use [`encode_with`].
///
/// ```
/// use vmotel_model::Timestamp;
/// use vmotel_wire::{PushConfig, otlp};
///
/// let mut bodies = Vec::new();
/// let time = Timestamp(1_700_000_000_000_000_000);
/// let report = otlp::encode(&[], time, &PushConfig::default(), &mut |request| bodies.push(request.body.to_vec()));
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
    let mut sink = OtlpSink::new(config, time, buffers, emit);
    let merged = merge.visit(snapshots, merging, &mut sink);
    let mut report = sink.finish();
    report.merge = merged;
    report
}

/// Encodes a visit as OTLP.
///
/// ```
/// use vmotel_model::{Family, Kind, MetricSink, Number, Pairs, Point, Series, Timestamp};
/// use vmotel_wire::{PushConfig, otlp::{Buffers, OtlpSink}};
///
/// let (config, mut buffers) = (PushConfig::default(), Buffers::default());
/// let mut bodies = Vec::new();
/// let mut emit = |request: vmotel_wire::Request<'_>| bodies.push(request.body.to_vec());
/// let mut sink = OtlpSink::new(&config, Timestamp(1_700_000_000_000_000_000), &mut buffers, &mut emit);
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
pub struct OtlpSink<'a> {
    config: &'a PushConfig,
    time: Option<Timestamp>,
    stale: bool,
    buffers: &'a mut Buffers,
    form: Form,
    deltas: Option<&'a mut Deltas>,
    /// Whether the series of the family at work become deltas.
    differs: bool,
    sending: Sending<'a>,
}

/// The memory of an [`OtlpSink`], for one after the other.
#[derive(Debug, Default)]
pub struct Buffers {
    body: Body,
    labels: Labels,
    kept: Kept,
    scratch: Scratch,
    text: Vec<u8>,
    own: Vec<u8>,
}

impl std::fmt::Debug for OtlpSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtlpSink")
            .field("time", &self.time)
            .field("report", &self.sending.report)
            .finish_non_exhaustive()
    }
}

impl<'a> OtlpSink<'a> {
    /// Creates a sink whose points have one time, and which hands each finished request to `emit`.
    #[must_use]
    pub fn new(
        config: &'a PushConfig,
        time: Timestamp,
        buffers: &'a mut Buffers,
        emit: &'a mut dyn FnMut(Request<'_>),
    ) -> Self {
        buffers.body.clear();
        buffers.kept.begin();
        Self {
            config,
            time: storable(time),
            stale: false,
            buffers,
            form: Form::Gauge,
            deltas: None,
            differs: false,
            sending: Sending::new(emit),
        }
    }

    /// Sends counters and histograms as deltas to what `deltas` has seen before; gauges, up-down counters and summaries stay as they are.
    ///
    /// Call it before the first family. VictoriaMetrics drops deltas before 1.132, and stores them as they are from then on: a series of
    /// differences, of which `rate` and `increase` make nothing that is right.
    pub fn deltas(&mut self, deltas: &'a mut Deltas) {
        deltas.begin();
        self.deltas = Some(deltas);
    }

    /// Makes the series that follow staleness markers, or ends that: the server takes them as gone at once.
    ///
    /// A marker repeats the whole shape of the series (bounds, buckets that are not empty, quantiles): the server ends only those of
    /// its series that it finds there.
    pub fn stale(&mut self, stale: bool) {
        self.flush();
        self.stale = stale;
    }

    /// Ends the last request; returns what was encoded and what was left out.
    pub fn finish(mut self) -> PushReport {
        self.flush();
        let Buffers {
            body, labels, kept, ..
        } = &mut *self.buffers;
        kept.end();
        body.emit(labels.metric_name(), self.form, &mut self.sending);
        if let Some(deltas) = self.deltas.take() {
            deltas.end();
        }
        self.sending.report
    }

    /// Writes the numbers that wait for the order of their series.
    fn flush(&mut self) {
        let Buffers {
            body, labels, kept, ..
        } = &mut *self.buffers;
        let (form, sending) = (self.form, &mut self.sending);
        let (name, max) = (labels.metric_name(), self.config.max_bytes());
        let Some(time) = self.time else { return };
        let mut head = Head {
            start: None,
            time,
            stale: self.stale,
        };
        kept.take(|labels, number, start| {
            head.start = start;
            let len = point::number_len(&head, labels.bytes.len());
            if let Err(reason) = body.room(name, form, bytes_len(len), max, sending) {
                sending.report.rejected.add(name, reason);
                return;
            }
            point::push_number(&head, number, &[labels.bytes], len, body.points(name, form));
            sending.report.series += 1;
            sending.report.samples += 1;
            body.count(1);
        });
    }

    /// Encodes a series, or counts why not.
    #[inline]
    fn take(&mut self, series: &Series<'_>) {
        if let Err(reason) = self.encode(series) {
            let name = self.buffers.labels.metric_name();
            self.sending.report.rejected.add(name, reason);
        }
    }

    #[inline]
    fn encode(&mut self, series: &Series<'_>) -> Result<(), RejectReason> {
        let time = self.time.ok_or(RejectReason::Time)?;
        let Buffers {
            body,
            labels,
            kept,
            scratch,
            text,
            own,
        } = &mut *self.buffers;
        let (config, form, stale, sending) = (self.config, self.form, self.stale, &mut self.sending);
        let max = config.max_bytes();
        let mut skipped = Skipped::default();
        let shape = Shape::of(
            labels.kind(),
            &series.point,
            config,
            config.native_exponential,
            stale,
            scratch,
            &mut skipped,
        );
        sending.report.skipped.add(skipped);
        let Some(shape) = shape else { return Ok(()) };
        let start = series.start.filter(|_| config.start_times && form.has_start());
        let (field, push): (u8, PushLabel) = match shape {
            Shape::Number(_) | Shape::Ranges(_) | Shape::Summary(_) => (7, point::push_attribute::<7>),
            Shape::Explicit(_) => (9, point::push_attribute::<9>),
            Shape::Native(_) => (1, point::push_attribute::<1>),
        };
        let id = series.text.as_ref().and_then(SeriesText::id);
        let (type_label, known_as) = (shape.own(), kept::Form::of(config, shape.own(), field));
        match (shape, id.and_then(|id| kept.find(known_as, id))) {
            (Shape::Number(number), Some(block)) => {
                kept.put(block, number, start);
                return Ok(());
            }
            (_, Some(block)) => labels.set(kept.get(block)),
            (_, None) => {
                labels.render(series.labels, type_label, config, push)?;
                let block = id.and_then(|id| kept.add(known_as, id, labels));
                if let (Shape::Number(number), Some(block)) = (shape, block) {
                    kept.put(block, number, start);
                    return Ok(());
                }
            }
        }
        let name = labels.metric_name();
        let head = Head { start, time, stale };
        let mut skipped = Skipped::default();
        let samples = match shape {
            Shape::Number(number) => {
                let len = point::number_len(&head, labels.bytes.len());
                body.room(name, form, bytes_len(len), max, sending)?;
                let out = body.points(name, form);
                point::push_number(&head, number, &[&labels.bytes], len, out);
                1
            }
            Shape::Explicit(histogram) => {
                let sum = stored_sum(histogram.sum, stale, &mut skipped);
                let len = point::explicit_len(&head, &histogram, sum, labels.bytes.len());
                body.room(name, form, bytes_len(len), max, sending)?;
                let out = body.points(name, form);
                point::push_explicit(&head, &histogram, sum, &labels.bytes, len, out);
                histogram.bounds.len() as u64 + 2 + u64::from(sum.is_some())
            }
            Shape::Summary(summary) => {
                text.clear();
                let quantiles = point::push_summary(&head, summary, &labels.bytes, &mut skipped, text);
                body.room(name, form, bytes_len(text.len()), max, sending)?;
                push_bytes(1, text, body.points(name, form));
                quantiles + 1 + u64::from(stale || !summary.sum.is_nan())
            }
            Shape::Native(histogram) => {
                let sum = stored_sum(histogram.sum, stale, &mut skipped);
                text.clear();
                let buckets = point::push_native(&head, histogram, sum, &labels.bytes, own, text);
                body.room(name, form, bytes_len(text.len()), max, sending)?;
                body.native_point(text);
                buckets + 1 + u64::from(sum.is_some())
            }
            Shape::Ranges(ranges) => {
                let sum = stored_sum(ranges.sum(), stale, &mut skipped);
                let samples = body.stage_ranges(&head, &ranges, sum, labels, text, own);
                body.room(name, form, body.staged_len(), max, sending)?;
                body.take_staged();
                samples
            }
        };
        sending.report.skipped.add(skipped);
        sending.report.series += 1;
        sending.report.samples += samples;
        body.count(samples);
        Ok(())
    }
}

impl MetricSink for OtlpSink<'_> {
    fn family(&mut self, family: &Family<'_>) {
        self.flush();
        let Buffers {
            body, labels, kept, ..
        } = &mut *self.buffers;
        body.close_family(labels.metric_name(), self.form);
        labels.family(family, self.config.names);
        kept.family(labels.metric_name());
        body.begin_family(family.help);
        let delta = self.deltas.is_some() && Deltas::has(family.kind);
        self.differs = delta && !self.stale;
        if let Some(deltas) = self.deltas.as_mut().filter(|_| self.differs) {
            deltas.family(family.name);
        }
        self.form = match family.kind {
            Kind::Counter | Kind::UpDownCounter => Form::Sum {
                monotonic: family.kind == Kind::Counter && keeps_its_name(labels.metric_name()),
                delta,
            },
            Kind::Histogram => Form::Histogram { delta },
            Kind::Summary => Form::Summary,
            _ => Form::Gauge,
        };
    }

    #[inline]
    fn series(&mut self, series: &Series<'_>) {
        if self.differs
            && let Some(time) = self.time
            && let Some(deltas) = self.deltas.take()
        {
            deltas.of(series, time, &mut |delta| self.take(delta));
            self.deltas = Some(deltas);
            return;
        }
        self.take(series);
    }
}

/// Returns true if a server that gives names to monotonic sums leaves this one: `total` is its last word, and no other.
fn keeps_its_name(name: &str) -> bool {
    name.strip_suffix("_total")
        .is_some_and(|stem| !stem.is_empty() && stem.split('_').all(|word| word != "total"))
}
