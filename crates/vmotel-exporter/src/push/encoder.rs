//! From snapshots to finished requests.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use vmotel_model::{MetricSink, Naming, Snapshot, Timestamp};
use vmotel_wire::{
    Deltas, Merge, MergeConfig, Names, PushConfig, PushReport, Request, compress, otlp, remote_write,
    staleness::{Protocol, RollCall},
};

use super::{
    Push, PushMetrics,
    target::Resolved,
    temporality::{Lender, Lent},
};
use crate::{
    Config, identity,
    spool::{Parcel, ParcelKind},
};

/// Level of gzip and zstd: a body is compressed once and read once, so that speed counts.
const LEVEL: u8 = 1;

/// Encodes collections as the target wants them.
#[derive(Debug)]
pub(crate) struct Encoder {
    config: PushConfig,
    kind: ParcelKind,
    query: Arc<str>,
    /// `job` and `instance`, if the body has to carry them.
    labels: Vec<(String, String)>,
    /// Whether series that are gone are ended.
    ends: bool,
    /// If counters and histograms are sent as deltas.
    deltas: Option<Lender>,
    metrics: Arc<PushMetrics>,
    buffers: Mutex<Buffers>,
}

#[derive(Debug, Default)]
struct Buffers {
    otlp: otlp::Buffers,
    write: remote_write::Buffers,
    packed: Vec<u8>,
    last: Last,
}

/// What is remembered of the last push, to end what the next one lacks.
#[derive(Debug, Default)]
struct Last {
    roll: RollCall,
    bodies: Vec<Bytes>,
    raw: Vec<u8>,
    markers: Vec<u8>,
}

/// What one collection became.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) parcels: Vec<Parcel>,
    pub(crate) report: PushReport,
    claim: Arc<Claim>,
}

impl Batch {
    /// Tells that the samples are in somebody's hands; those of a batch that is dropped without it count as discarded.
    pub(super) fn claim(&self) {
        self.claim.taken.store(true, Ordering::Relaxed);
    }
}

/// Shared by the copies of one batch.
#[derive(Debug)]
struct Claim {
    metrics: Arc<PushMetrics>,
    samples: u64,
    taken: AtomicBool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !*self.taken.get_mut() {
            self.metrics.discarded(self.samples);
        }
    }
}

impl Encoder {
    pub(super) fn new(config: &Config, push: &Push, target: &Resolved, metrics: Arc<PushMetrics>) -> Self {
        let labels = identity::labels(config);
        let by_server = target.is_victoria && !config.honor_labels;
        let wire = PushConfig {
            exponential: config.exponential.clone(),
            native_exponential: push.native_exponential,
            names: names(config.naming),
            max_request_bytes: push.max_request_bytes,
            added_labels: if by_server { labels.len() } else { 0 },
            ..PushConfig::default()
        };
        let query = if by_server {
            identity::arguments(&labels)
        } else {
            String::new()
        };
        Self {
            config: wire,
            kind: target.kind,
            query: query.into(),
            labels: if by_server { Vec::new() } else { labels },
            ends: push.stale_markers && !push.interval.is_zero(),
            deltas: Lender::new(push.temporality),
            metrics,
            buffers: Mutex::default(),
        }
    }

    /// Returns the labels that a visit has to give to every series.
    pub(crate) fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// Encodes and compresses what the snapshots hold, as of `time`, and staleness markers for series of the last push that are gone; with
    /// `markers`, those of all series follow, a millisecond later.
    pub(crate) fn encode(
        &self,
        merge: &mut Merge,
        snapshots: &[Box<dyn Snapshot + '_>],
        time: Timestamp,
        markers: bool,
    ) -> io::Result<Batch> {
        let mut lent = self.deltas.as_ref().map(Lender::borrow).transpose()?;
        // Taken out, so that a panic leaves fresh buffers behind.
        let mut buffers = std::mem::take(&mut *self.buffers.lock().unwrap_or_else(PoisonError::into_inner));
        let mut parcels = Vec::new();
        buffers.last.roll.begin();
        let report = self.pass(
            merge,
            &mut buffers,
            snapshots,
            (time, false),
            lent.as_mut().and_then(Lent::get),
            &mut parcels,
        )?;
        if self.ends {
            self.end_missing(&mut buffers, time, &mut parcels)?;
        }
        if markers {
            let later = Timestamp(time.0.saturating_add(1_000_000));
            let _ = self.pass(
                merge,
                &mut buffers,
                snapshots,
                (later, true),
                lent.as_mut().and_then(Lent::get),
                &mut parcels,
            )?;
        }
        *self.buffers.lock().unwrap_or_else(PoisonError::into_inner) = buffers;
        let claim = Claim {
            metrics: Arc::clone(&self.metrics),
            samples: parcels.iter().map(|parcel| parcel.samples).sum(),
            taken: AtomicBool::new(false),
        };
        Ok(Batch {
            parcels,
            report,
            claim: Arc::new(claim),
        })
    }

    fn pass(
        &self,
        merge: &mut Merge,
        buffers: &mut Buffers,
        snapshots: &[Box<dyn Snapshot + '_>],
        (time, stale): (Timestamp, bool),
        deltas: Option<&mut Deltas>,
        parcels: &mut Vec<Parcel>,
    ) -> io::Result<PushReport> {
        let Buffers {
            otlp,
            write,
            packed,
            last,
        } = buffers;
        let mut result = Ok(());
        let mut emit = |request: Request<'_>| {
            if result.is_err() {
                return;
            }
            if self.ends && !stale {
                last.roll.note(protocol(self.kind), request.body);
            }
            match pack(self.kind, request.body, packed) {
                Ok(body) => parcels.push(Parcel {
                    body,
                    kind: self.kind,
                    query: Arc::clone(&self.query),
                    // Markers are no samples: they tell that there are none.
                    samples: if stale { 0 } else { request.samples },
                    series: request.series,
                    time,
                }),
                Err(error) => result = Err(error),
            }
        };
        let mut merging = MergeConfig::default();
        merging.names = self.config.names;
        let mut visit = |sink: &mut dyn MetricSink| merge.visit(snapshots, merging, sink);
        let (merged, mut report) = match self.kind {
            ParcelKind::Otlp | ParcelKind::OtlpGzip | ParcelKind::OtlpZstd => {
                let mut sink = otlp::OtlpSink::new(&self.config, time, otlp, &mut emit);
                if let Some(deltas) = deltas {
                    sink.deltas(deltas);
                }
                sink.stale(stale);
                (visit(&mut sink), sink.finish())
            }
            ParcelKind::RemoteWriteSnappy | ParcelKind::RemoteWriteZstd => {
                let mut sink = remote_write::RemoteWriteSink::new(&self.config, time, write, &mut emit);
                sink.stale(stale);
                (visit(&mut sink), sink.finish())
            }
        };
        report.merge = merged;
        result.map(|()| report)
    }

    /// Appends markers for the series of the last push that `parcels`, those of this one, do not have; remembers this one.
    fn end_missing(
        &self,
        buffers: &mut Buffers,
        time: Timestamp,
        parcels: &mut Vec<Parcel>,
    ) -> io::Result<()> {
        let Buffers { packed, last, .. } = buffers;
        let bodies = parcels.iter().map(|parcel| parcel.body.clone()).collect();
        let before = std::mem::replace(&mut last.bodies, bodies);
        if last.roll.missing() == 0 {
            return Ok(());
        }
        for body in before {
            unpack(self.kind, &body, &mut last.raw)?;
            last.markers.clear();
            let protocol = protocol(self.kind);
            let series = last.roll.markers(protocol, &last.raw, time, &mut last.markers);
            if series > 0 {
                parcels.push(Parcel {
                    body: pack(self.kind, &last.markers, packed)?,
                    kind: self.kind,
                    query: Arc::clone(&self.query),
                    samples: 0,
                    series,
                    time,
                });
            }
        }
        Ok(())
    }
}

const fn protocol(kind: ParcelKind) -> Protocol {
    match kind {
        ParcelKind::Otlp | ParcelKind::OtlpGzip | ParcelKind::OtlpZstd => Protocol::Otlp,
        ParcelKind::RemoteWriteSnappy | ParcelKind::RemoteWriteZstd => Protocol::RemoteWrite,
    }
}

/// Names that are not classic go out as they are; the strategy wanted them.
const fn names(naming: Naming) -> Names {
    if naming.is_classic() {
        Names::Classic
    } else {
        Names::Quoted
    }
}

/// Compresses a body, by way of a buffer that is kept.
pub(super) fn pack(kind: ParcelKind, body: &[u8], packed: &mut Vec<u8>) -> io::Result<Bytes> {
    match kind {
        ParcelKind::Otlp => return Ok(Bytes::copy_from_slice(body)),
        ParcelKind::OtlpGzip => compress::gzip(body, u32::from(LEVEL), packed)?,
        ParcelKind::RemoteWriteSnappy => compress::snappy(body, packed)?,
        #[cfg(feature = "zstd")]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => compress::zstd(body, i32::from(LEVEL), packed)?,
        #[cfg(not(feature = "zstd"))]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => return Err(no_zstd()),
    }
    Ok(Bytes::copy_from_slice(packed))
}

/// Undoes [`pack`].
fn unpack(kind: ParcelKind, body: &[u8], raw: &mut Vec<u8>) -> io::Result<()> {
    match kind {
        ParcelKind::Otlp => {
            raw.clear();
            raw.extend_from_slice(body);
            Ok(())
        }
        ParcelKind::OtlpGzip => compress::gunzip(body, raw),
        ParcelKind::RemoteWriteSnappy => compress::unsnappy(body, raw),
        #[cfg(feature = "zstd")]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => compress::unzstd(body, raw),
        #[cfg(not(feature = "zstd"))]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => Err(no_zstd()),
    }
}

#[cfg(not(feature = "zstd"))]
fn no_zstd() -> io::Error {
    io::Error::other("zstd is not built in")
}
