//! The worker: ticks, flushes, and the last push. Its thread has a runtime of its own and nothing else to do.

use std::{
    cell::{Cell, RefCell},
    pin::{Pin, pin},
    sync::{Arc, mpsc},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc as tokio_mpsc, oneshot},
    time::{Instant, sleep_until, timeout_at},
};
use vmotel_http::Client;
use vmotel_model::Clock;

use super::{
    Batch, FlushError, Push, PushMetrics, PushOutcome, PushReading, schedule::Schedule, sender::Sender,
    target::Resolved,
};
use crate::{
    clock::SystemClock,
    error::ScrapeError,
    scraper::Scraper,
    spool::{Kept, Spool},
};

/// At least this long between two warnings.
const QUIET: Duration = Duration::from_secs(60);

/// Asks the worker to collect and push now.
#[derive(Debug)]
pub(super) struct Flush {
    pub(super) timeout: Duration,
    pub(super) reply: oneshot::Sender<Result<PushOutcome, FlushError>>,
}

/// Asks the worker for the last push.
#[derive(Debug)]
pub(super) struct End {
    pub(super) timeout: Duration,
    pub(super) reply: mpsc::Sender<PushOutcome>,
}

/// What both halves of the worker need.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) push: Push,
    pub(super) target: Resolved,
    pub(super) client: Client,
    pub(super) scraper: Arc<Scraper>,
    pub(super) clock: Arc<SystemClock>,
    pub(super) metrics: Arc<PushMetrics>,
    pub(super) warned: Cell<Option<Duration>>,
    /// Whether a warning stands that no good news has followed.
    pub(super) worried: Cell<bool>,
    /// Takes what the first exchange with the target showed.
    pub(super) checked: mpsc::SyncSender<Result<(), String>>,
}

impl Setup {
    /// Logs a warning, unless there was one in the last minute.
    pub(super) fn warn(&self, text: &str) {
        let now = self.clock.monotonic();
        let quiet = |last| now.saturating_sub(last) < QUIET;
        if !self.warned.get().is_some_and(quiet) {
            self.warned.set(Some(now));
            self.worried.set(true);
            tracing::warn!(target: "vmotel_exporter", "{text}");
        }
    }

    /// Takes note of an exchange with the target. Returns true if it was the first.
    pub(super) fn check(&self, result: Result<(), String>) -> bool {
        let tells = self.metrics.checked(&result);
        if tells {
            // Nobody waits, unless the start depends on it.
            let _ = self.checked.try_send(result);
        }
        tells
    }

    /// Logs that all is well, if the last that was logged said otherwise.
    pub(super) fn relieve(&self) {
        if self.worried.replace(false) {
            tracing::info!(target: "vmotel_exporter", "pushes work again ({})", self.target);
        }
    }
}

/// The worker's state; it lives on one thread.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) setup: Setup,
    pub(super) spool: RefCell<Spool>,
    /// Something came into the spool, or the shutdown began.
    pub(super) wake: Notify,
    /// Something became of a request.
    pub(super) progress: Notify,
    /// A collection is under way.
    collecting: Cell<bool>,
    /// A collection has come to its end.
    collected: Notify,
    /// The shutdown began.
    pub(super) hurry: Cell<bool>,
}

/// A flush that waits for the spool to be empty.
#[derive(Debug)]
struct Waiting {
    flush: Flush,
    deadline: Instant,
    before: PushReading,
}

impl Worker {
    pub(super) fn new(setup: Setup, spool: Spool) -> Self {
        setup.metrics.spool(spool.stats());
        Self {
            setup,
            spool: RefCell::new(spool),
            wake: Notify::new(),
            progress: Notify::new(),
            collecting: Cell::new(false),
            collected: Notify::new(),
            hurry: Cell::new(false),
        }
    }

    /// Works until the last push is done, or until the exporter is dropped without one.
    pub(super) async fn run(self, flushes: tokio_mpsc::Receiver<Flush>, end: oneshot::Receiver<End>) {
        // What is under way goes on when the shutdown begins; further ticks and flushes do not.
        let mut sender = Sender::new(&self);
        let mut sending = pin!(sender.run());
        let mut serving = pin!(self.serve(flushes));
        let end = tokio::select! {
            end = end => end.ok(),
            () = &mut serving => None,
            () = &mut sending => None,
        };
        let Some(End { timeout, reply }) = end else {
            let _ = self.spool.borrow_mut().keep(|| true);
            return;
        };
        tokio::select! {
            outcome = self.finish(timeout, serving) => {
                // The caller waits no longer than it said.
                let _ = reply.send(outcome);
            }
            () = &mut sending => {}
        }
    }

    async fn serve(&self, mut flushes: tokio_mpsc::Receiver<Flush>) {
        let mut schedule = Schedule::new(&self.setup.push, self.setup.clock.monotonic());
        let mut due = self.due(&mut schedule);
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            if self.hurry.get() {
                return std::future::pending().await;
            }
            let soonest = waiting.iter().map(|waiting| waiting.deadline).min();
            tokio::select! {
                flush = flushes.recv() => {
                    let Some(flush) = flush else { return std::future::pending().await };
                    let before = self.setup.metrics.read();
                    let deadline = Instant::now() + flush.timeout;
                    self.collect(false, deadline).await;
                    waiting.push(Waiting { flush, deadline, before });
                }
                () = until(due) => {
                    self.collect(false, Instant::now() + self.setup.push.export_timeout).await;
                    due = self.due(&mut schedule);
                }
                () = self.progress.notified(), if !waiting.is_empty() => {}
                () = until(soonest) => {}
            }
            self.answer(&mut waiting);
        }
    }

    /// Returns when the next collection starts, if any.
    fn due(&self, schedule: &mut Option<Schedule>) -> Option<Instant> {
        let (now, wall) = (self.setup.clock.monotonic(), self.setup.clock.now());
        let due = schedule.as_mut()?.next(now, wall);
        Instant::now().checked_add(due.saturating_sub(now))
    }

    /// Collects into the spool, until `limit` at most.
    ///
    /// Where a source hangs, the others are collected without it: it is reported, and what else there is gets out.
    async fn collect(&self, markers: bool, limit: Instant) {
        self.collecting.set(true);
        self.collect_until(markers, limit).await;
        self.collecting.set(false);
        self.collected.notify_waiters();
    }

    async fn collect_until(&self, markers: bool, limit: Instant) {
        let now = Instant::now();
        let patience = self
            .setup
            .push
            .export_timeout
            .min(self.setup.scraper.collect_timeout);
        let limit = limit.min(now + patience);
        let result = match timeout_at(limit, self.setup.scraper.push(markers)).await {
            Err(_) | Ok(Err(ScrapeError::Stuck { .. })) => {
                let patience = limit
                    .saturating_duration_since(now)
                    .max(Duration::from_millis(20))
                    / 2;
                let rest = self.setup.scraper.push_rest(markers);
                timeout_at(Instant::now() + patience, rest)
                    .await
                    .unwrap_or(Err(ScrapeError::Stuck {
                        since: limit.saturating_duration_since(now),
                        limit: patience,
                    }))
            }
            Ok(result) => result,
        };
        match result {
            Ok(batch) => self.take(batch),
            Err(error) => {
                self.setup.metrics.not_collected(error.to_string());
                self.setup
                    .warn(&format!("nothing was collected for a push: {error}"));
            }
        }
    }

    fn take(&self, batch: Batch) {
        batch.claim();
        self.setup.metrics.collected(&batch.report);
        let mut spool = self.spool.borrow_mut();
        let mut dropped = 0;
        for parcel in batch.parcels {
            dropped += spool.push(parcel).dropped_samples;
        }
        self.setup.metrics.spool(spool.stats());
        drop(spool);
        if dropped > 0 {
            self.setup.warn(&format!(
                "the queue is full: {dropped} samples were dropped, the oldest first"
            ));
        }
        if let Some(error) = self.setup.client.certificate_error() {
            self.setup
                .warn(&format!("the last good certificates are used: {error}"));
        }
        self.wake.notify_one();
    }

    /// Answers the flushes that have what they wait for, or wait no longer.
    fn answer(&self, waiting: &mut Vec<Waiting>) {
        let (now, reading) = (Instant::now(), self.setup.metrics.read());
        let left = reading.spool.waiting_samples;
        let is_empty = reading.spool.waiting_parcels == 0;
        let (done, rest) = std::mem::take(waiting)
            .into_iter()
            .partition(|waiting: &Waiting| {
                is_empty || waiting.deadline <= now || waiting.flush.reply.is_closed()
            });
        *waiting = rest;
        for Waiting { flush, before, .. } in done {
            let answer = if is_empty {
                Ok(outcome(&before, &reading, Kept::default()))
            } else {
                Err(FlushError::Timeout {
                    waiting: left,
                    timeout: flush.timeout,
                    last_error: self.setup.metrics.status().last_error,
                })
            };
            // One that went away needs no answer.
            let _ = flush.reply.send(answer);
        }
    }

    /// Collects a last time and sends what waits, within `timeout`.
    async fn finish(&self, timeout: Duration, serving: Pin<&mut impl Future<Output = ()>>) -> PushOutcome {
        let begin = Instant::now();
        let before = self.setup.metrics.read();
        self.hurry.set(true);
        self.wake.notify_one();
        if self.collecting.get() {
            // What it reads is not thrown away.
            tokio::select! {
                () = self.collected.notified() => {}
                () = serving => {}
                () = sleep_until(begin + timeout / 4) => {}
            }
        }
        let push = &self.setup.push;
        let markers = push.stale_markers && !push.interval.is_zero();
        self.collect(markers, begin + timeout / 2).await;
        let on_disk = push.spool.directory.is_some();
        // A server that is well has taken it by now. What it has not is safe before time runs short.
        let mut safe = on_disk.then_some(begin + timeout / 4);
        // Bringing it to disk takes time, too.
        let end = begin
            + if on_disk {
                timeout - timeout / 10
            } else {
                timeout - timeout / 50
            };
        loop {
            let stats = self.spool.borrow().stats();
            let can_wait = on_disk && self.setup.metrics.status().failing > 0;
            if stats.waiting_parcels == 0 || can_wait || Instant::now() >= end {
                break;
            }
            if safe.is_some_and(|safe| Instant::now() >= safe) {
                safe = None;
                let mut spool = self.spool.borrow_mut();
                spool.write_through();
                self.setup.metrics.spool(spool.stats());
            }
            // A deadline that passes ends the loop.
            let _ = timeout_at(safe.unwrap_or(end), self.progress.notified()).await;
        }
        let mut spool = self.spool.borrow_mut();
        let kept = spool.keep(|| Instant::now() < begin + timeout);
        self.setup.metrics.spool(spool.stats());
        outcome(&before, &self.setup.metrics.read(), kept)
    }
}

fn outcome(before: &PushReading, after: &PushReading, kept: Kept) -> PushOutcome {
    PushOutcome {
        delivered: after.delivered_samples - before.delivered_samples,
        spooled: kept.spooled_samples,
        lost: kept.lost_samples
            + (after.refused_samples - before.refused_samples)
            + (after.spool.dropped_samples - before.spool.dropped_samples),
    }
}

/// Waits until a time, or for ever.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
