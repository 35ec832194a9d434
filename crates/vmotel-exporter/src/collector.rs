//! The thread that collects, and the scrapes that wait for it.
//!
//! A collection may take long (callbacks, a hundred thousand series), so that it never runs on a thread that serves requests.
//! All scrapes that wait when a collection begins share its result: 200 scrapes at once cost as much as two.

mod queue;

use std::{sync::Arc, thread, time::Duration};

use bytes::Bytes;
use tokio::sync::oneshot;
use vmotel_model::Clock;

use self::queue::{Queue, Waiter};
#[cfg(feature = "push")]
use crate::push::Batch;
use crate::{
    Format,
    clock::SystemClock,
    compress,
    error::ScrapeError,
    gather::{Content, Form, Gathered, Gatherer},
    negotiate::Coding,
};

/// What a scrape is answered with.
#[derive(Debug, Clone)]
pub(crate) struct Scraped {
    pub(crate) body: Bytes,
    pub(crate) failed: Arc<[String]>,
    pub(crate) is_failure: bool,
}

/// What came of a collection.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Scraped(Scraped),
    #[cfg(feature = "push")]
    Batch(Batch),
}

type Answer = Result<Reply, ScrapeError>;

/// A form and, for a text, its coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Want {
    form: Form,
    coding: Coding,
}

/// The limits of the collector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) pending: usize,
    pub(crate) timeout: Duration,
}

/// Takes scrapes and has them answered by its thread, which starts with the first of them.
#[derive(Debug)]
pub(crate) struct Collector {
    queue: Arc<Queue>,
    gatherer: Arc<Gatherer>,
    clock: Arc<SystemClock>,
}

impl Collector {
    pub(crate) fn new(gatherer: Arc<Gatherer>, limits: Limits, clock: Arc<SystemClock>) -> Self {
        Self {
            queue: Arc::new(Queue::new(limits)),
            gatherer,
            clock,
        }
    }

    /// Answers with the result of a collection that begins after this call. Needs no runtime.
    pub(crate) async fn scrape(&self, format: Format, coding: Coding) -> Result<Scraped, ScrapeError> {
        let form = Form::Text(format);
        match self.collect(Want { form, coding }).await? {
            Reply::Scraped(scraped) => Ok(scraped),
            #[cfg(feature = "push")]
            Reply::Batch(_) => unreachable!("a text was asked for"),
        }
    }

    /// Answers with the requests of a collection that begins after this call. Needs no runtime.
    #[cfg(feature = "push")]
    pub(crate) async fn push(&self, markers: bool) -> Result<Batch, ScrapeError> {
        let want = Want {
            form: Form::Push { markers },
            coding: Coding::Identity,
        };
        match self.collect(want).await? {
            Reply::Batch(batch) => Ok(batch),
            Reply::Scraped(_) => unreachable!("a push was asked for"),
        }
    }

    /// Collects on a thread of its own what can be collected while the collector's thread hangs.
    #[cfg(feature = "push")]
    pub(crate) async fn push_rest(&self, markers: bool) -> Result<Batch, ScrapeError> {
        let (sender, receiver) = oneshot::channel();
        let (gatherer, time) = (Arc::clone(&self.gatherer), self.clock.now());
        let form = Form::Push { markers };
        thread::Builder::new()
            .name("vmotel-collect-rest".to_owned())
            .spawn(move || sender.send(gatherer.gather(&[form], time, true)))
            .map_err(|_| ScrapeError::Thread)?;
        let gathered = receiver.await.unwrap_or_default();
        match gathered.into_iter().next() {
            Some((_, Ok(gathered))) => match gathered.content {
                Content::Batch(batch) => Ok(batch),
                Content::Text(_) => unreachable!("a push was asked for"),
            },
            Some((_, Err(error))) => Err(error),
            None => Err(ScrapeError::Thread),
        }
    }

    async fn collect(&self, want: Want) -> Answer {
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
        thread::Builder::new()
            .name("vmotel-collect".to_owned())
            .spawn(move || run(&queue, &gatherer, &clock))
            .map(drop)
            .map_err(|_| {
                self.queue.not_started();
                ScrapeError::Thread
            })
    }

    /// Returns what collections are made of.
    pub(crate) const fn gatherer(&self) -> &Arc<Gatherer> {
        &self.gatherer
    }

    /// Returns how many collections were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.queue.answered()
    }

    /// Returns what [`Collector::answered`] will be once a collection that begins after this call was answered.
    pub(crate) fn answered_next(&self) -> u64 {
        self.queue.answered_next()
    }

    /// Refuses further scrapes and ends the thread after the collection under way.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

fn run(queue: &Queue, gatherer: &Gatherer, clock: &SystemClock) {
    while let Some(wants) = queue.next(|| clock.monotonic()) {
        let answers: Vec<(Want, Answer)> = collect(&wants, gatherer, clock);
        queue.answer(&answers);
    }
}

/// Collects once for all forms with equal views, encodes once per form and compresses once per coding.
fn collect(wants: &[Want], gatherer: &Gatherer, clock: &SystemClock) -> Vec<(Want, Answer)> {
    let mut answers = Vec::with_capacity(wants.len());
    let mut left: Vec<Form> = wants.iter().map(|want| want.form).collect();
    left.dedup();
    while let Some(first) = left.first() {
        let view = gatherer.views.of(*first);
        let (forms, others) = left.iter().partition(|form| gatherer.views.of(**form) == view);
        left = others;
        let begin = clock.monotonic();
        let mut report = None;
        for (form, result) in gatherer.gather(&forms, clock.now(), false) {
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
