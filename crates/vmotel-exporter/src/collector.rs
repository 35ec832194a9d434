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
use crate::{
    Format,
    clock::SystemClock,
    compress,
    error::ScrapeError,
    gather::{Gathered, Gatherer},
    negotiate::Coding,
};

/// What a scrape is answered with.
#[derive(Debug, Clone)]
pub(crate) struct Scraped {
    pub(crate) body: Bytes,
    pub(crate) failed: Arc<[String]>,
    pub(crate) is_failure: bool,
}

pub(crate) type Answer = Result<Scraped, ScrapeError>;

/// A format and a coding.
pub(crate) type Want = (Format, Coding);

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
    pub(crate) async fn scrape(&self, want: Want) -> Answer {
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

/// Collects once per format and compresses once per coding.
fn collect(wants: &[Want], gatherer: &Gatherer, clock: &SystemClock) -> Vec<(Want, Answer)> {
    let mut answers = Vec::with_capacity(wants.len());
    let mut formats: Vec<Format> = wants.iter().map(|(format, _)| *format).collect();
    formats.dedup();
    for format in formats {
        let begin = clock.monotonic();
        let result = gatherer.gather(format);
        let codings = wants.iter().filter(|want| want.0 == format).map(|want| want.1);
        match result {
            Ok(gathered) => {
                let Gathered {
                    body,
                    report,
                    failed,
                    is_failure,
                } = gathered;
                let failed: Arc<[String]> = failed.into_iter().map(|(name, _)| name).collect();
                let body = Bytes::from(body);
                for coding in codings {
                    let answer = compress::compress(coding, &body).map(|body| Scraped {
                        body,
                        failed: Arc::clone(&failed),
                        is_failure,
                    });
                    answers.push(((format, coding), answer));
                }
                gatherer
                    .metrics
                    .collected(clock.monotonic().saturating_sub(begin), &report);
            }
            Err(error) => {
                gatherer.warned.warn(&error.to_string());
                answers.extend(codings.map(|coding| ((format, coding), Err(error.clone()))));
            }
        }
    }
    answers
}
