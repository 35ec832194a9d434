//! From snapshots to finished requests.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use vmotel_model::{MetricSink, Naming, Snapshot, Timestamp};
use vmotel_wire::{Merge, MergeConfig, Names, PushConfig, PushReport, Request, compress, otlp, remote_write};

use super::{Push, target::Resolved};
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
    buffers: Mutex<Buffers>,
}

#[derive(Debug, Default)]
struct Buffers {
    otlp: otlp::Buffers,
    write: remote_write::Buffers,
    packed: Vec<u8>,
}

/// What one collection became.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) parcels: Vec<Parcel>,
    pub(crate) report: PushReport,
}

impl Encoder {
    pub(super) fn new(config: &Config, push: &Push, target: &Resolved) -> Self {
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
            buffers: Mutex::default(),
        }
    }

    /// Returns the labels that a visit has to give to every series.
    pub(crate) fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// Encodes and compresses what the snapshots hold, as of `time`; with `markers`, staleness markers for all of it follow, a millisecond
    /// later.
    pub(crate) fn encode(
        &self,
        merge: &mut Merge,
        snapshots: &[Box<dyn Snapshot + '_>],
        time: Timestamp,
        markers: bool,
    ) -> io::Result<Batch> {
        // Taken out, so that a panic leaves fresh buffers behind.
        let mut buffers = std::mem::take(&mut *self.buffers.lock().unwrap_or_else(PoisonError::into_inner));
        let mut parcels = Vec::new();
        let report = self.pass(merge, &mut buffers, snapshots, (time, false), &mut parcels)?;
        if markers {
            let later = Timestamp(time.0.saturating_add(1_000_000));
            let _ = self.pass(merge, &mut buffers, snapshots, (later, true), &mut parcels)?;
        }
        *self.buffers.lock().unwrap_or_else(PoisonError::into_inner) = buffers;
        Ok(Batch { parcels, report })
    }

    fn pass(
        &self,
        merge: &mut Merge,
        buffers: &mut Buffers,
        snapshots: &[Box<dyn Snapshot + '_>],
        (time, stale): (Timestamp, bool),
        parcels: &mut Vec<Parcel>,
    ) -> io::Result<PushReport> {
        let Buffers { otlp, write, packed } = buffers;
        let mut result = Ok(());
        let mut emit = |request: Request<'_>| {
            if result.is_err() {
                return;
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
fn pack(kind: ParcelKind, body: &[u8], packed: &mut Vec<u8>) -> io::Result<Bytes> {
    match kind {
        ParcelKind::Otlp => return Ok(Bytes::copy_from_slice(body)),
        ParcelKind::OtlpGzip => compress::gzip(body, u32::from(LEVEL), packed)?,
        ParcelKind::RemoteWriteSnappy => compress::snappy(body, packed)?,
        #[cfg(feature = "zstd")]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => compress::zstd(body, i32::from(LEVEL), packed)?,
        #[cfg(not(feature = "zstd"))]
        ParcelKind::OtlpZstd | ParcelKind::RemoteWriteZstd => {
            return Err(io::Error::other("zstd is not built in"));
        }
    }
    Ok(Bytes::copy_from_slice(packed))
}
