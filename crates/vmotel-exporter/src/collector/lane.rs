//! A thread that collects for all that wait.

use std::{sync::Arc, thread};

use tokio::sync::oneshot;
use vmotel_model::Clock;

use super::{
    Answer, Limits, Reply, Scraped, Want,
    queue::{Queue, Waiter},
};
use crate::{
    clock::SystemClock,
    compress,
    error::ScrapeError,
    gather::{Content, Form, Gathered, Gatherer},
    negotiate::Coding,
};

/// Has its thread, which starts with the first scrape, answer those that wait.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) queue: Arc<Queue>,
    gatherer: Arc<Gatherer>,
    limits: Limits,
    clock: Arc<SystemClock>,
    /// Whether it leaves out sources that another thread is calling.
    without_hanging: bool,
}

impl Lane {
    pub(super) fn new(
        gatherer: Arc<Gatherer>,
        limits: Limits,
        clock: Arc<SystemClock>,
        without_hanging: bool,
    ) -> Self {
        Self {
            queue: Arc::new(Queue::new(limits)),
            gatherer,
            limits,
            clock,
            without_hanging,
        }
    }

    /// Returns one in the place of this one, whose thread hangs.
    pub(super) fn again(&self) -> Self {
        let (gatherer, clock) = (Arc::clone(&self.gatherer), Arc::clone(&self.clock));
        Self::new(gatherer, self.limits, clock, self.without_hanging)
    }

    pub(super) const fn gatherer(&self) -> &Arc<Gatherer> {
        &self.gatherer
    }

    pub(super) async fn collect(&self, want: Want) -> Answer {
        let receiver = self.submit(want)?;
        // The sender is dropped unanswered only if the thread ends, which it does at shutdown.
        receiver.await.unwrap_or(Err(ScrapeError::ShutDown))
    }

    fn submit(&self, want: Want) -> Result<oneshot::Receiver<Answer>, ScrapeError> {
        let (sender, receiver) = oneshot::channel();
        let waiter = Waiter { want, sender };
        if self.queue.push(waiter, self.clock.monotonic())? {
            self.start()?;
        }
        Ok(receiver)
    }

    fn start(&self) -> Result<(), ScrapeError> {
        let (queue, gatherer, clock) = (
            Arc::clone(&self.queue),
            Arc::clone(&self.gatherer),
            Arc::clone(&self.clock),
        );
        let without_hanging = self.without_hanging;
        let name = if without_hanging {
            "vmotel-collect-rest"
        } else {
            "vmotel-collect"
        };
        let work = move || {
            while let Some(wants) = queue.next(|| clock.monotonic()) {
                let answers = collect(&wants, &gatherer, &clock, without_hanging);
                queue.answer(&answers);
            }
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map(drop)
            .map_err(|_| {
                self.queue.not_started();
                ScrapeError::Thread
            })
    }
}

/// Collects once for all forms with equal views, encodes once per form and compresses once per coding.
fn collect(
    wants: &[Want],
    gatherer: &Gatherer,
    clock: &SystemClock,
    without_hanging: bool,
) -> Vec<(Want, Answer)> {
    let mut answers = Vec::with_capacity(wants.len());
    let mut left: Vec<Form> = wants.iter().map(|want| want.form).collect();
    left.dedup();
    while let Some(first) = left.first() {
        let view = gatherer.views.of(*first);
        let (forms, others) = left.iter().partition(|form| gatherer.views.of(**form) == view);
        left = others;
        let begin = clock.monotonic();
        let mut report = None;
        for (form, result) in gatherer.gather(&forms, clock.now(), without_hanging) {
            let codings = wants.iter().filter(|want| want.form == form);
            match result {
                Ok(gathered) => {
                    answers.extend(codings.map(|want| (*want, reply(&gathered, want.coding))));
                    report.get_or_insert(gathered.report);
                }
                Err(error) => {
                    gatherer.warned.warn(&error.to_string());
                    answers.extend(codings.map(|want| (*want, Err(error.clone()))));
                }
            }
        }
        if let Some(report) = report {
            let took = clock.monotonic().saturating_sub(begin);
            gatherer.metrics.collected(took, &report);
        }
    }
    answers
}

/// Returns what answers for a coding.
fn reply(gathered: &Gathered, coding: Coding) -> Answer {
    match &gathered.content {
        Content::Text(body) => Ok(Reply::Scraped(Scraped {
            body: compress::compress(coding, body)?,
            failed: Arc::clone(&gathered.failed),
            is_failure: gathered.is_failure,
        })),
        #[cfg(feature = "push")]
        Content::Batch(batch) => Ok(Reply::Batch(batch.clone())),
    }
}
