//! One collection: all sources, encoded once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use vmotel_model::{MetricSource, Snapshot, VisitConfig};
use vmotel_wire::{Exponential, Merge};

use crate::{
    Format, SdkSource,
    encode::{Report, encode},
    error::ScrapeError,
    self_metrics::SelfMetrics,
    sources::{Sources, Warned, message},
    target_info::TargetInfo,
};

/// The name of the SDK's pipeline among the sources.
pub(crate) const SDK: &str = "opentelemetry_sdk";

/// Everything that a collection needs.
#[derive(Debug)]
pub(crate) struct Gatherer {
    /// For formats whose names are classic, and for those whose names may hold any character.
    pub(crate) classic: VisitConfig,
    pub(crate) utf8: VisitConfig,
    pub(crate) sdk: SdkSource,
    pub(crate) sources: Arc<Sources>,
    pub(crate) target_info: Option<TargetInfo>,
    pub(crate) metrics: Arc<SelfMetrics>,
    pub(crate) self_metrics: bool,
    pub(crate) fail_on_any_source: bool,
    pub(crate) exponential: Exponential,
    /// Buffers that are kept between collections.
    pub(crate) merge: Mutex<Merge>,
    pub(crate) warned: Warned,
    /// The length of the last body, for the next one's buffer.
    pub(crate) len: AtomicUsize,
}

/// What a collection gave.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) body: Vec<u8>,
    pub(crate) report: Report,
    /// The sources that are missing or incomplete, and why.
    pub(crate) failed: Vec<(String, String)>,
    /// Whether the scrape counts as failed because of them.
    pub(crate) is_failure: bool,
}

impl Gatherer {
    /// Collects all sources on the calling thread. No panic of a source gets out.
    pub(crate) fn gather(&self, format: Format) -> Result<Gathered, ScrapeError> {
        let config = if format.is_utf8() {
            &self.utf8
        } else {
            &self.classic
        };
        let sources = self.sources.list();
        let snapshots: Vec<_> = sources.iter().map(|source| source.snapshot(config)).collect();
        let sdk_fault = self.sdk_fault();
        for (source, snapshot) in sources.iter().zip(&snapshots) {
            match &sdk_fault {
                Some(fault) if source.name == SDK => source.health.fault(fault),
                _ if snapshot.is_some() => source.health.good(),
                _ => {}
            }
        }
        let mut list: Vec<Box<dyn Snapshot + '_>> = Vec::with_capacity(sources.len() + 2);
        list.extend(self.target_info.as_ref().map(|info| info.snapshot(config)));
        for snapshot in snapshots.into_iter().flatten() {
            list.push(Box::new(snapshot));
        }
        if self.self_metrics {
            list.push(self.metrics.snapshot(config));
        }

        let mut body = Vec::with_capacity(self.len.load(Ordering::Relaxed) + 1024);
        // Taken out, so that a panic leaves fresh buffers behind.
        let mut merge = std::mem::take(&mut *self.merge.lock().unwrap_or_else(PoisonError::into_inner));
        let encoded = AssertUnwindSafe(|| encode(format, &self.exponential, &mut merge, &list, &mut body));
        let report = catch_unwind(encoded).map_err(|panic| ScrapeError::Panicked {
            message: message(panic.as_ref()),
        })?;
        drop(list);
        *self.merge.lock().unwrap_or_else(PoisonError::into_inner) = merge;
        self.len.store(body.len(), Ordering::Relaxed);

        let mut failed = Vec::new();
        for source in sources.iter().filter(|source| !source.health.is_up()) {
            let why = source.health.last().unwrap_or_default();
            self.warned
                .warn(&format!("the source {:?} failed: {why}", source.name));
            failed.push((source.name.clone(), why));
        }
        for notice in self.sdk.take_notices() {
            self.warned.warn(&notice.to_string());
        }
        for warning in &report.warnings {
            self.warned.warn(warning);
        }
        let is_failure = !failed.is_empty() && (self.fail_on_any_source || failed.len() == sources.len());
        if is_failure {
            body.splice(0..0, explanation(&failed).into_bytes());
        }
        Ok(Gathered {
            body,
            report,
            failed,
            is_failure,
        })
    }

    fn sdk_fault(&self) -> Option<String> {
        let status = self.sdk.status();
        (!status.is_healthy()).then(|| status.to_string())
    }
}

/// Comments that tell what is missing, for whoever reads the body of a failed scrape.
fn explanation(failed: &[(String, String)]) -> String {
    failed
        .iter()
        .map(|(name, why)| format!("# error: the source {name:?} failed: {why:?}\n"))
        .collect()
}
