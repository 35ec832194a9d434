//! What pushes count.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use vmotel_model::Timestamp;
use vmotel_wire::PushReport;

use super::PushStatus;
use crate::{
    self_metrics::{FAILURES, REJECTIONS, REQUEST_BUCKETS},
    spool::{SpoolConfig, SpoolStats},
};

/// How a request failed, in the order of [`FAILURES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    Connect,
    Timeout,
    Broken,
    Status,
    Refused,
}

/// The counters of pushes, written by the worker and read by anyone.
#[derive(Debug)]
pub(crate) struct PushMetrics {
    target: String,
    /// The number of the place and its most bytes.
    queue_limit: (usize, u64),
    collections: AtomicU64,
    failed_collections: AtomicU64,
    discarded_samples: AtomicU64,
    delivered_samples: AtomicU64,
    refused_samples: AtomicU64,
    bytes: AtomicU64,
    failures: [AtomicU64; FAILURES.len()],
    rejections: [AtomicU64; REJECTIONS.len()],
    failing: AtomicU64,
    /// In nanoseconds since 1970; 0 for never.
    last_success: AtomicU64,
    durations: [AtomicU64; REQUEST_BUCKETS.len() + 1],
    duration_nanos: AtomicU64,
    spool: Mutex<SpoolStats>,
    last_error: Mutex<Option<String>>,
    /// What the first exchange with the target showed.
    target_check: Mutex<Option<Result<(), String>>>,
}

/// One reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct PushReading {
    pub(crate) collections: u64,
    pub(crate) failed_collections: u64,
    pub(crate) queue_limit: (usize, u64),
    pub(crate) discarded_samples: u64,
    pub(crate) delivered_samples: u64,
    pub(crate) refused_samples: u64,
    pub(crate) bytes: u64,
    pub(crate) failures: Vec<u64>,
    pub(crate) rejections: Vec<u64>,
    pub(crate) last_success: u64,
    pub(crate) durations: Vec<u64>,
    pub(crate) duration_nanos: u64,
    pub(crate) spool: SpoolStats,
}

impl PushMetrics {
    pub(super) fn new(target: String, spool: &SpoolConfig) -> Self {
        let queue_limit = match spool.directory {
            Some(_) => (1, spool.disk_bytes),
            None => (0, spool.memory_bytes),
        };
        Self {
            target,
            queue_limit,
            collections: AtomicU64::default(),
            failed_collections: AtomicU64::default(),
            discarded_samples: AtomicU64::default(),
            delivered_samples: AtomicU64::default(),
            refused_samples: AtomicU64::default(),
            bytes: AtomicU64::default(),
            failures: Default::default(),
            rejections: Default::default(),
            failing: AtomicU64::default(),
            last_success: AtomicU64::default(),
            durations: Default::default(),
            duration_nanos: AtomicU64::default(),
            spool: Mutex::default(),
            last_error: Mutex::default(),
            target_check: Mutex::default(),
        }
    }

    /// Takes note of a collection, and of what was left out of it.
    pub(super) fn collected(&self, report: &PushReport) {
        self.collections.fetch_add(1, Relaxed);
        let (rejected, skipped) = (&report.rejected, &report.skipped);
        let counts = [
            rejected.too_many_labels,
            rejected.long_label_name,
            rejected.long_label_value,
            rejected.long_metric_name,
            rejected.empty_metric_name,
            rejected.time,
            rejected.too_large,
            skipped.nan,
            skipped.mismatched,
            skipped.invalid,
        ];
        for (counter, count) in self.rejections.iter().zip(counts) {
            counter.fetch_add(count, Relaxed);
        }
    }

    /// Takes note of an acknowledgement; `samples` is 0 if they were acknowledged before.
    pub(super) fn delivered(&self, samples: u64, bytes: usize, took: Duration, now: Timestamp) {
        self.delivered_samples.fetch_add(samples, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
        self.took(took);
        self.last_success.store(now.0, Relaxed);
        self.failing.store(0, Relaxed);
    }

    /// Takes note of a failure; returns how many came in a row.
    pub(super) fn failed(&self, how: Failed, took: Duration, error: String) -> u64 {
        self.failures[how as usize].fetch_add(1, Relaxed);
        self.took(took);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.failing.fetch_add(1, Relaxed) + 1
    }

    /// Takes note of a collection that gave nothing.
    pub(super) fn not_collected(&self, error: String) {
        self.failed_collections.fetch_add(1, Relaxed);
        self.error(error);
    }

    /// Takes note of what was collected when nobody waited for it any more.
    pub(super) fn discarded(&self, samples: u64) {
        self.discarded_samples.fetch_add(samples, Relaxed);
    }

    pub(super) fn refused(&self, samples: u64) {
        self.refused_samples.fetch_add(samples, Relaxed);
    }

    pub(super) fn error(&self, error: String) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn spool(&self, stats: SpoolStats) {
        *self.spool.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }

    fn took(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = REQUEST_BUCKETS.partition_point(|bound| *bound < seconds);
        self.durations[bucket].fetch_add(1, Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.duration_nanos.fetch_add(nanos, Relaxed);
    }

    pub(crate) fn read(&self) -> PushReading {
        let all = |counters: &[AtomicU64]| counters.iter().map(|counter| counter.load(Relaxed)).collect();
        PushReading {
            collections: self.collections.load(Relaxed),
            failed_collections: self.failed_collections.load(Relaxed),
            queue_limit: self.queue_limit,
            discarded_samples: self.discarded_samples.load(Relaxed),
            delivered_samples: self.delivered_samples.load(Relaxed),
            refused_samples: self.refused_samples.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            failures: all(&self.failures),
            rejections: all(&self.rejections),
            last_success: self.last_success.load(Relaxed),
            durations: all(&self.durations),
            duration_nanos: self.duration_nanos.load(Relaxed),
            spool: *self.spool.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub(crate) fn status(&self) -> PushStatus {
        let reading = self.read();
        PushStatus {
            target: self.target.clone(),
            collections: reading.collections,
            failed_collections: reading.failed_collections,
            discarded_samples: reading.discarded_samples,
            delivered_samples: reading.delivered_samples,
            refused_samples: reading.refused_samples,
            dropped_samples: reading.spool.dropped_samples,
            waiting_samples: reading.spool.waiting_samples,
            rejected_series: reading.rejections.iter().sum(),
            retries: reading.failures.iter().sum::<u64>() - reading.failures[Failed::Refused as usize],
            resent_requests: reading.spool.resent_parcels,
            failing: self.failing.load(Relaxed),
            last_success: Some(Timestamp(reading.last_success)).filter(|time| time.0 > 0),
            last_error: self
                .last_error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            target_check: self
                .target_check
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// Takes note of an exchange; the first tells, and a success later corrects a failure. Returns true if it told.
    pub(super) fn checked(&self, result: &Result<(), String>) -> bool {
        let mut check = self.target_check.lock().unwrap_or_else(PoisonError::into_inner);
        let tells = check.is_none() || result.is_ok() && matches!(*check, Some(Err(_)));
        if tells {
            *check = Some(result.clone());
        }
        tells
    }
}
