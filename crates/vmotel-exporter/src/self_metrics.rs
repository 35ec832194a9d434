//! The exporter's own metrics, as a source of its own.

mod catalog;
mod snapshot;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use vmotel_cardinality::Limits;
use vmotel_model::{MetricSource, Snapshot, VisitConfig};

pub use self::catalog::SELF_METRICS;
#[cfg(feature = "push")]
pub(crate) use self::catalog::{FAILURES, REJECTIONS, REQUEST_BUCKETS};
use self::{catalog::DURATION_BUCKETS, snapshot::SelfSnapshot};
#[cfg(feature = "push")]
use crate::push::PushMetrics;
use crate::{
    PullStatus,
    encode::Report,
    engine::Meters,
    negotiate::{Coding, Format},
    sources::Sources,
};

/// What became of a scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All sources are in it.
    Complete,
    /// Some sources are missing.
    Partial,
    /// It was answered with an error.
    Failed,
}

/// Why a scrape failed or was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Busy,
    Internal,
    ShutDown,
    Source,
    Stuck,
}

/// Counters of the exporter itself; recording is a few atomic additions per scrape.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    sources: Arc<Sources>,
    limits: Limits,
    meters: Arc<Meters>,
    #[cfg(feature = "push")]
    push: Option<Arc<PushMetrics>>,
    /// By outcome and format.
    scrapes: [[AtomicU64; 2]; 3],
    errors: [AtomicU64; 5],
    /// By coding.
    bytes: [AtomicU64; 3],
    series: AtomicU64,
    merged: AtomicU64,
    dropped: [AtomicU64; Report::REASONS.len()],
    durations: [AtomicU64; DURATION_BUCKETS.len() + 1],
    duration_nanos: AtomicU64,
}

impl SelfMetrics {
    pub(crate) fn new(sources: Arc<Sources>, limits: Limits, meters: Arc<Meters>) -> Self {
        Self {
            sources,
            limits,
            meters,
            #[cfg(feature = "push")]
            push: None,
            scrapes: Default::default(),
            errors: Default::default(),
            bytes: Default::default(),
            series: AtomicU64::default(),
            merged: AtomicU64::default(),
            dropped: Default::default(),
            durations: Default::default(),
            duration_nanos: AtomicU64::default(),
        }
    }

    #[cfg(feature = "push")]
    pub(crate) fn with_push(self, push: Option<Arc<PushMetrics>>) -> Self {
        Self { push, ..self }
    }

    pub(crate) fn scraped(&self, outcome: Outcome, format: Format) {
        add(
            &self.scrapes[outcome as usize][usize::from(format.word() == "openmetrics")],
            1,
        );
    }

    pub(crate) fn failed(&self, reason: Reason) {
        add(&self.errors[reason as usize], 1);
    }

    pub(crate) fn sent(&self, coding: Coding, bytes: usize) {
        add(&self.bytes[coding as usize], bytes as u64);
    }

    /// Returns how scrapes do, as far as it is counted here.
    pub(crate) fn pull_status(&self) -> PullStatus {
        let scrapes = |outcome: Outcome| self.scrapes[outcome as usize].iter().map(get).sum();
        PullStatus {
            complete: scrapes(Outcome::Complete),
            partial: scrapes(Outcome::Partial),
            failed: scrapes(Outcome::Failed),
            series: get(&self.series),
            dropped_series: self.dropped.iter().map(get).sum(),
            merged_series: get(&self.merged),
            bytes: self.bytes.iter().map(get).sum(),
            ..PullStatus::default()
        }
    }

    /// Takes note of one collection: how long it took and what came of it.
    pub(crate) fn collected(&self, took: Duration, report: &Report) {
        let seconds = took.as_secs_f64();
        let bucket = DURATION_BUCKETS.partition_point(|bound| *bound < seconds);
        add(&self.durations[bucket], 1);
        add(
            &self.duration_nanos,
            u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        );
        self.series.store(report.series, Ordering::Relaxed);
        add(&self.merged, report.merged);
        for (counter, dropped) in self.dropped.iter().zip(report.dropped) {
            add(counter, dropped);
        }
    }
}

impl MetricSource for SelfMetrics {
    fn snapshot<'a>(&'a self, config: &'a VisitConfig) -> Box<dyn Snapshot + 'a> {
        Box::new(SelfSnapshot::new(self, config))
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
