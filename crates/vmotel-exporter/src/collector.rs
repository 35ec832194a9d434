//! The threads that collect, and the scrapes that wait for it.
//!
//! A collection may take long (callbacks, a hundred thousand series), so that it never runs on a thread that serves requests.
//! All scrapes that wait when a collection begins share its result: 200 scrapes at once cost as much as two.

mod lane;
mod queue;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use self::lane::Lane;
#[cfg(feature = "push")]
use crate::push::Batch;
use crate::{
    Format,
    clock::SystemClock,
    error::ScrapeError,
    gather::{Form, Gatherer},
    negotiate::Coding,
    wait,
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

#[cfg(feature = "push")]
impl Want {
    const fn push(markers: bool) -> Self {
        Self {
            form: Form::Push { markers },
            coding: Coding::Identity,
        }
    }
}

/// The limits of a lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) pending: usize,
    pub(crate) timeout: Duration,
}

/// Takes scrapes and has them answered: by the first lane, and while a source hangs in it, by another one without that source.
#[derive(Debug)]
pub(crate) struct Collector {
    first: Lane,
    rest: Mutex<Arc<Lane>>,
}

impl Collector {
    pub(crate) fn new(gatherer: Arc<Gatherer>, limits: Limits, clock: Arc<SystemClock>) -> Self {
        Self {
            first: Lane::new(Arc::clone(&gatherer), limits, Arc::clone(&clock), false),
            rest: Mutex::new(Arc::new(Lane::new(gatherer, limits, clock, true))),
        }
    }

    /// Answers with the result of a collection that begins after this call. Needs no runtime.
    ///
    /// Where a source hangs, which `patience` or a scrape that comes later finds out, the answer lacks it.
    pub(crate) async fn scrape(
        &self,
        format: Format,
        coding: Coding,
        patience: impl Future<Output = ()>,
    ) -> Result<Scraped, ScrapeError> {
        let form = Form::Text(format);
        let want = Want { form, coding };
        match wait::before(self.first.collect(want), patience).await {
            None | Some(Err(ScrapeError::Stuck { .. })) => scraped(self.collect_rest(want).await?),
            Some(answer) => scraped(answer?),
        }
    }

    /// Answers with the requests of a collection that begins after this call. Needs no runtime.
    #[cfg(feature = "push")]
    pub(crate) async fn push(&self, markers: bool) -> Result<Batch, ScrapeError> {
        batch(self.first.collect(Want::push(markers)).await?)
    }

    /// Collects what can be collected while the first lane hangs.
    #[cfg(feature = "push")]
    pub(crate) async fn push_rest(&self, markers: bool) -> Result<Batch, ScrapeError> {
        batch(self.collect_rest(Want::push(markers)).await?)
    }

    async fn collect_rest(&self, want: Want) -> Answer {
        let lane = Arc::clone(&self.rest());
        let answer = lane.collect(want).await;
        if !matches!(answer, Err(ScrapeError::Stuck { .. })) {
            return answer;
        }
        // One more source hangs, which the next lane leaves out. There are never more lanes than sources.
        let next = {
            let mut rest = self.rest();
            if Arc::ptr_eq(&rest, &lane) {
                lane.queue.close();
                *rest = Arc::new(lane.again());
            }
            Arc::clone(&rest)
        };
        next.collect(want).await
    }

    fn rest(&self) -> MutexGuard<'_, Arc<Lane>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what collections are made of.
    pub(crate) const fn gatherer(&self) -> &Arc<Gatherer> {
        self.first.gatherer()
    }

    /// Returns how many collections were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.first.queue.answered()
    }

    /// Returns what [`Collector::answered`] will be once a collection that begins after this call was answered.
    pub(crate) fn answered_next(&self) -> u64 {
        self.first.queue.answered_next()
    }

    /// Refuses further scrapes and ends the threads after the collections under way.
    pub(crate) fn close(&self) {
        self.first.queue.close();
        self.rest().queue.close();
    }
}

fn scraped(reply: Reply) -> Result<Scraped, ScrapeError> {
    match reply {
        Reply::Scraped(scraped) => Ok(scraped),
        #[cfg(feature = "push")]
        Reply::Batch(_) => unreachable!("a text was asked for"),
    }
}

#[cfg(feature = "push")]
fn batch(reply: Reply) -> Result<Batch, ScrapeError> {
    match reply {
        Reply::Batch(batch) => Ok(batch),
        Reply::Scraped(_) => unreachable!("a push was asked for"),
    }
}
