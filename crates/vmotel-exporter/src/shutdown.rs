//! The end: bounded, once, with or without a runtime.

use std::{
    sync::{Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

#[cfg(feature = "sdk")]
use opentelemetry_sdk::error::OTelSdkError;
use tokio::sync::oneshot;
use vmotel_model::Clock;

#[cfg(feature = "push")]
use crate::PushOutcome;
use crate::{
    Exporter, ShutdownError,
    exporter::{Inner, Phase},
};

/// What a shutdown did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Whether a scrape was answered after the shutdown began, so that nothing recorded before it is lost.
    /// Only waited for with [`Config::await_final_scrape`](crate::Config::await_final_scrape).
    pub final_scrape: bool,
    /// What became of the samples that waited or were collected a last time; none if nothing is pushed.
    #[cfg(feature = "push")]
    pub push: Option<PushOutcome>,
}

type Outcome = Result<ShutdownReport, ShutdownError>;

/// How far the shutdown is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    Running,
    Done(Outcome),
}

impl Exporter {
    /// Shuts down within `timeout`; the future needs no runtime and blocks no worker.
    ///
    /// In this order: scrapes go on being served; if so configured, one more scrape is awaited; the SDK's provider, if there is one, is
    /// shut down, which collects a last time; listeners finish the responses under way and end; what was collected last is pushed, and all that waits
    /// is sent; further scrapes are answered 503. A second call
    /// returns the first one's result. The work is done by a thread that starts when the future is first polled; it goes on
    /// if the future is dropped.
    ///
    /// # Errors
    /// Returns an error if the deadline passes, naming what was waited for, or if the provider fails to shut down. The exporter
    /// is shut down all the same, and the error has the report of what was pushed ([`ShutdownError::report`]).
    pub async fn shutdown(&self, timeout: Duration) -> Result<ShutdownReport, ShutdownError> {
        let exporter = self.clone();
        let (sender, receiver) = oneshot::channel();
        let thread = thread::Builder::new().name("vmotel-shutdown".to_owned());
        let work = move || {
            // Nobody may be waiting any more.
            let _ = sender.send(exporter.shutdown_blocking(timeout));
        };
        match thread.spawn(work) {
            Ok(_) => receiver.await.unwrap_or(Err(ShutdownError::Thread)),
            Err(_) => Err(ShutdownError::Thread),
        }
    }

    /// Shuts down as [`Exporter::shutdown`] does, and blocks the calling thread for it, at most for `timeout`.
    ///
    /// # Errors
    /// As [`Exporter::shutdown`].
    pub fn shutdown_blocking(&self, timeout: Duration) -> Result<ShutdownReport, ShutdownError> {
        let progress = &self.inner.progress;
        let mut state = progress.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Idle) {
            *state = State::Running;
            drop(state);
            let outcome = run(&self.inner, timeout);
            *progress.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Done(outcome.clone());
            progress.done.notify_all();
            return outcome;
        }
        let running = |state: &mut State| matches!(state, State::Running);
        let (state, _) = progress
            .done
            .wait_timeout_while(state, timeout, running)
            .unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Done(outcome) => outcome.clone(),
            _ => Err(ShutdownError::Timeout {
                step: "another shutdown runs",
                timeout,
                report: ShutdownReport::default(),
            }),
        }
    }

    /// Returns a guard that shuts down, blocking for at most `timeout`, when it is dropped.
    pub fn guard(&self, timeout: Duration) -> ShutdownGuard {
        ShutdownGuard {
            exporter: self.clone(),
            timeout,
        }
    }
}

/// Shuts an exporter down when it is dropped; made by [`Exporter::guard`].
#[derive(Debug)]
#[must_use = "the exporter is shut down when the guard is dropped"]
pub struct ShutdownGuard {
    exporter: Exporter,
    timeout: Duration,
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        if let Err(error) = self.exporter.shutdown_blocking(self.timeout) {
            tracing::warn!(target: "vmotel_exporter", "{error}");
        }
    }
}

fn run(inner: &Inner, timeout: Duration) -> Outcome {
    let end = inner.clock.monotonic().saturating_add(timeout);
    let left = || end.saturating_sub(inner.clock.monotonic());
    let collector = &inner.scraper().collector;
    let wanted = collector.answered_next();
    inner.phase.send_replace(Phase::Draining);
    let mut report = ShutdownReport::default();
    if inner.config().await_final_scrape && inner.config().serves() {
        // A quarter of the time is left for the rest.
        while collector.answered() < wanted && left() > timeout / 4 {
            thread::sleep(Duration::from_millis(5));
        }
    }
    // The last push needs time after it.
    let share = if inner.config().pushes() {
        left() / 3
    } else {
        left()
    };
    let mut result = provider(inner, timeout, share);
    // At least a moment for responses that are ready.
    inner
        .phase
        .send_replace(Phase::Stopped(left().max(Duration::from_millis(10))));
    #[cfg(feature = "push")]
    if let Some(pusher) = &inner.pusher {
        report.push = Some(pusher.shutdown(left()));
    }
    let threads = std::mem::take(&mut *inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        if thread.recv_timeout(left().max(Duration::from_millis(1))) == Err(mpsc::RecvTimeoutError::Timeout) {
            result = result.and(Err(ShutdownError::Timeout {
                step: "a listener finishes its responses",
                timeout,
                report,
            }));
        }
    }
    report.final_scrape = collector.answered() >= wanted;
    collector.close();
    match result {
        Ok(()) => Ok(report),
        Err(error) => Err(error.with_report(report)),
    }
}

#[cfg(not(feature = "sdk"))]
const fn provider(_: &Inner, _: Duration, _: Duration) -> Result<(), ShutdownError> {
    Ok(())
}

/// Shuts the SDK's provider down, if there is one, on a thread, as readers of others may block for longer than there is time.
#[cfg(feature = "sdk")]
fn provider(inner: &Inner, timeout: Duration, left: Duration) -> Result<(), ShutdownError> {
    let Some(provider) = inner.provider().cloned() else {
        return Ok(());
    };
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("vmotel-provider-shutdown".to_owned())
        .spawn(move || sender.send(provider.shutdown_with_timeout(left)))
        .map_err(|_| ShutdownError::Thread)?;
    match receiver.recv_timeout(left) {
        Ok(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) => Ok(()),
        Ok(Err(error)) => Err(ShutdownError::Provider {
            message: error.to_string(),
            report: ShutdownReport::default(),
        }),
        Err(_) => Err(ShutdownError::Timeout {
            step: "the meter provider shuts down",
            timeout,
            report: ShutdownReport::default(),
        }),
    }
}
