//! The exporter's handle on its worker.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use vmotel_http::Client;

use super::{
    Encoder, FlushError, Push, PushMetrics, PushOutcome, TargetCheck,
    target::Resolved,
    worker::{End, Flush, Setup, Worker},
};
use crate::{BuildError, Config, clock::SystemClock, scraper::Scraper, spool::Spool};

/// The flushes that may wait for their collection; callers beyond it are turned away.
const FLUSHES: usize = 64;

/// What is needed before the exporter is whole: the target and the counters.
#[derive(Debug)]
pub(crate) struct Pushing {
    push: Push,
    target: Resolved,
    client: Client,
    spool: Spool,
    pub(crate) metrics: Arc<PushMetrics>,
}

impl Pushing {
    /// Prepares the pushes of a configuration, if it has any.
    pub(crate) fn prepare(config: &Config) -> Result<Option<Self>, BuildError> {
        let Some(push) = config.push.clone().filter(|_| config.enabled) else {
            return Ok(None);
        };
        let target = push.target.resolve()?;
        let settings = push.client(target.auth.clone());
        let client = Client::new(target.base.clone(), settings).map_err(|error| BuildError::Push {
            message: error.to_string(),
        })?;
        let spool = Spool::open(push.spool.clone())?;
        let metrics = Arc::new(PushMetrics::new(target.to_string(), &push.spool));
        metrics.spool(spool.stats());
        Ok(Some(Self {
            push,
            target,
            client,
            spool,
            metrics,
        }))
    }

    pub(crate) fn encoder(&self, config: &Config) -> Encoder {
        Encoder::new(config, &self.push, &self.target, Arc::clone(&self.metrics))
    }

    /// Starts the worker.
    pub(crate) fn start(self, scraper: Arc<Scraper>, clock: Arc<SystemClock>) -> Result<Pusher, BuildError> {
        let failed = |error: std::io::Error| BuildError::Push {
            message: format!("the worker cannot be started: {error}"),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let (sender, flushes) = mpsc::channel(FLUSHES);
        let (end, ended) = oneshot::channel();
        let pusher = Pusher {
            flushes: sender,
            end: Mutex::new(Some(end)),
            metrics: Arc::clone(&self.metrics),
        };
        let Self {
            push,
            target,
            client,
            spool,
            metrics,
        } = self;
        let (checked, check) = std_mpsc::sync_channel(1);
        let required = (push.check == TargetCheck::Require).then_some(push.request_timeout);
        let work = move || {
            let setup = Setup {
                push,
                target,
                client,
                scraper,
                clock,
                metrics,
                warned: Cell::new(None),
                worried: Cell::new(false),
                checked,
            };
            runtime.block_on(Worker::new(setup, spool).run(flushes, ended));
        };
        thread::Builder::new()
            .name("vmotel-push".to_owned())
            .spawn(work)
            .map_err(failed)?;
        if let Some(timeout) = required {
            // The client keeps to the time itself.
            let told = check.recv_timeout(timeout + Duration::from_secs(1));
            told.unwrap_or_else(|_| {
                Err(format!(
                    "the target did not answer within {} ms",
                    timeout.as_millis()
                ))
            })
            .map_err(|message| BuildError::Push { message })?;
        }
        Ok(pusher)
    }
}

/// Talks to the worker, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Pusher {
    flushes: mpsc::Sender<Flush>,
    end: Mutex<Option<oneshot::Sender<End>>>,
    pub(crate) metrics: Arc<PushMetrics>,
}

impl Pusher {
    /// Has the worker collect and push now, and waits until nothing waits any more.
    pub(crate) async fn flush(&self, timeout: Duration) -> Result<PushOutcome, FlushError> {
        let (reply, answer) = oneshot::channel();
        // Its queue is full only while a collection hangs.
        self.flushes
            .try_send(Flush { timeout, reply })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => FlushError::Busy { limit: FLUSHES },
                mpsc::error::TrySendError::Closed(_) => FlushError::ShutDown,
            })?;
        answer.await.unwrap_or(Err(FlushError::ShutDown))
    }

    /// Has the worker collect a last time and push, for at most `timeout`; blocks for as long.
    ///
    /// Where the worker does not answer in time, what it counted so far tells the outcome.
    pub(crate) fn shutdown(&self, timeout: Duration) -> PushOutcome {
        let before = self.metrics.read();
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (reply, answer) = std_mpsc::channel();
        let sent = end.and_then(|end| end.send(End { timeout, reply }).ok());
        // The worker keeps to the time itself; only a blocked disk holds it up.
        let answered = sent.and_then(|()| answer.recv_timeout(timeout).ok());
        answered.unwrap_or_else(|| {
            let now = self.metrics.read();
            PushOutcome {
                delivered: now.delivered_samples - before.delivered_samples,
                spooled: now.spool.disk_samples,
                lost: now.spool.waiting_samples - now.spool.disk_samples,
            }
        })
    }
}
