//! One collection: all sources, encoded once in each form.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use vmotel_model::{MetricSource, Snapshot, Timestamp, VisitConfig};
use vmotel_wire::{Exponential, Merge};

#[cfg(feature = "push")]
use crate::push::{Batch, Encoder};
use crate::{
    Format,
    encode::{Report, encode},
    engine::Meters,
    error::ScrapeError,
    self_metrics::SelfMetrics,
    sources::{Sources, Warned, message},
    target_info::TargetInfo,
};

/// Everything that a collection needs.
#[derive(Debug)]
pub(crate) struct Gatherer {
    pub(crate) views: Views,
    pub(crate) meters: Arc<Meters>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) target_info: Option<TargetInfo>,
    pub(crate) metrics: Arc<SelfMetrics>,
    pub(crate) self_metrics: bool,
    pub(crate) fail_on_any_source: bool,
    pub(crate) exponential: Exponential,
    #[cfg(feature = "push")]
    pub(crate) encoder: Option<Encoder>,
    /// Buffers that are kept between collections.
    pub(crate) merge: Mutex<Merge>,
    pub(crate) warned: Warned,
    /// The length of the last body, for the next one's buffer.
    pub(crate) len: AtomicUsize,
}

/// How sources are visited: for classic names, for names of any characters, and for pushes. Equal ones share a collection.
#[derive(Debug)]
pub(crate) struct Views {
    pub(crate) classic: VisitConfig,
    pub(crate) utf8: VisitConfig,
    #[cfg(feature = "push")]
    pub(crate) push: VisitConfig,
}

/// What a collection is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text(Format),
    /// A push, with staleness markers for all series or without.
    #[cfg(feature = "push")]
    Push {
        markers: bool,
    },
}

impl Form {
    /// Brings equal forms together.
    pub(crate) const fn order(self) -> u8 {
        match self {
            Self::Text(format) => format as u8,
            #[cfg(feature = "push")]
            Self::Push { markers } => 100 + markers as u8,
        }
    }
}

impl Views {
    pub(crate) fn of(&self, form: Form) -> &VisitConfig {
        match form {
            Form::Text(format) if format.is_utf8() => &self.utf8,
            Form::Text(_) => &self.classic,
            #[cfg(feature = "push")]
            Form::Push { .. } => &self.push,
        }
    }
}

/// What a collection gave, for one form.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) content: Content,
    pub(crate) report: Report,
    /// The sources that are missing or incomplete.
    pub(crate) failed: Arc<[String]>,
    /// Whether the scrape counts as failed because of them.
    pub(crate) is_failure: bool,
}

#[derive(Debug)]
pub(crate) enum Content {
    Text(Bytes),
    #[cfg(feature = "push")]
    Batch(Batch),
}

impl Gatherer {
    /// Collects all sources once on the calling thread, and encodes them in forms that have equal views. No panic of a source gets
    /// out.
    ///
    /// `time` is now. With `without_hanging`, sources that are being called by another thread are left out, as they hang.
    pub(crate) fn gather(
        &self,
        forms: &[Form],
        time: Timestamp,
        without_hanging: bool,
    ) -> Vec<(Form, Result<Gathered, ScrapeError>)> {
        let Some(first) = forms.first() else {
            return Vec::new();
        };
        let config = self.views.of(*first);
        let sources = &self.sources;
        let snapshots: Vec<_> = sources
            .iter()
            .map(|source| {
                if without_hanging && source.is_called() {
                    source.health.fault("a call of it has not returned");
                    return None;
                }
                source.snapshot(config)
            })
            .collect();
        let fault = self.meters.fault();
        for (source, snapshot) in sources.iter().zip(&snapshots) {
            match &fault {
                Some(fault) if source.name == self.meters.name() => source.health.fault(fault),
                _ if snapshot.is_some() => source.health.good(),
                _ => {}
            }
        }
        let mut list: Vec<Box<dyn Snapshot + '_>> = Vec::with_capacity(sources.len() + 2);
        list.extend(self.target_info.as_ref().map(|info| info.snapshot(config)));
        for snapshot in snapshots.into_iter().flatten() {
            list.push(Box::new(snapshot));
        }
        #[cfg(feature = "push")]
        if fault.is_some() && forms.iter().any(|form| matches!(form, Form::Push { .. })) {
            // Scrapes had it, or will say that it failed; a push may not have had the last values yet.
            list.extend(self.meters.parting(config));
        }
        if self.self_metrics {
            list.push(self.metrics.snapshot(config));
        }

        let encoded: Vec<_> = forms
            .iter()
            .map(|form| (*form, self.encode(*form, &list, time)))
            .collect();
        drop(list);

        let mut failed = Vec::new();
        for source in sources.iter().filter(|source| !source.health.is_up()) {
            let why = source.health.last().unwrap_or_default();
            self.warned
                .warn(&format!("the source {:?} failed: {why}", source.name));
            failed.push((source.name.clone(), why));
        }
        for notice in self.meters.notices() {
            self.warned.warn(&notice);
        }
        let is_failure = !failed.is_empty() && (self.fail_on_any_source || failed.len() == sources.len());
        let names: Arc<[String]> = failed.iter().map(|(name, _)| name.clone()).collect();
        let finish = |(mut content, report): (Content, Report)| {
            for warning in &report.warnings {
                self.warned.warn(warning);
            }
            if let Content::Text(body) = &mut content
                && is_failure
            {
                *body = [explanation(&failed).as_bytes(), body].concat().into();
            }
            Gathered {
                content,
                report,
                failed: Arc::clone(&names),
                is_failure,
            }
        };
        encoded
            .into_iter()
            .map(|(form, result)| (form, result.map(finish)))
            .collect()
    }

    #[cfg_attr(
        not(feature = "push"),
        expect(unused_variables, reason = "texts carry no times")
    )]
    fn encode(
        &self,
        form: Form,
        list: &[Box<dyn Snapshot + '_>],
        time: Timestamp,
    ) -> Result<(Content, Report), ScrapeError> {
        // Taken out, so that a panic leaves fresh buffers behind.
        let mut merge = std::mem::take(&mut *self.merge.lock().unwrap_or_else(PoisonError::into_inner));
        let encoded = AssertUnwindSafe(|| match form {
            Form::Text(format) => {
                let mut body = Vec::with_capacity(self.len.load(Ordering::Relaxed) + 1024);
                let report = encode(format, &self.exponential, &mut merge, list, &mut body);
                self.len.store(body.len(), Ordering::Relaxed);
                Ok((Content::Text(body.into()), report))
            }
            #[cfg(feature = "push")]
            Form::Push { markers } => {
                let encoder = self.encoder.as_ref().ok_or(ScrapeError::Disabled)?;
                let batch = encoder.encode(&mut merge, list, time, markers).map_err(|error| {
                    ScrapeError::Compress {
                        coding: "that of the push",
                        message: error.to_string(),
                    }
                })?;
                let report = Report::from(&batch.report);
                Ok((Content::Batch(batch), report))
            }
        });
        let result = catch_unwind(encoded).map_err(|panic| ScrapeError::Panicked {
            message: message(panic.as_ref()),
        })?;
        *self.merge.lock().unwrap_or_else(PoisonError::into_inner) = merge;
        result
    }
}

/// Comments that tell what is missing, for whoever reads the body of a failed scrape.
fn explanation(failed: &[(String, String)]) -> String {
    failed
        .iter()
        .map(|(name, why)| format!("# error: the source {name:?} failed: {why:?}\n"))
        .collect()
}
