//! The scrapes that wait.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{Answer, Limits, Want};
use crate::error::ScrapeError;

/// A scrape that waits for its answer.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) want: Want,
    pub(super) sender: oneshot::Sender<Answer>,
}

/// The scrapes that wait for the next collection, and those of the one under way.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiter>,
    running: Vec<Waiter>,
    /// When the collection under way began.
    since: Option<Duration>,
    started: bool,
    closed: bool,
    answered: u64,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    /// Adds a scrape. Returns true if the thread is to be started.
    ///
    /// Where the collection under way hangs, all that wait are answered so, the new one too: no timer is needed for that.
    pub(super) fn push(&self, waiter: Waiter, now: Duration) -> Result<bool, ScrapeError> {
        let mut state = self.lock();
        if state.closed {
            return Err(ScrapeError::ShutDown);
        }
        if let Some(since) = state.since.map(|since| now.saturating_sub(since))
            && since > self.limits.timeout
        {
            let stuck = ScrapeError::Stuck {
                since,
                limit: self.limits.timeout,
            };
            let mut waiters = std::mem::take(&mut state.running);
            waiters.append(&mut state.waiting);
            drop(state);
            for waiter in waiters {
                // One that went away needs no answer.
                let _ = waiter.sender.send(Err(stuck.clone()));
            }
            return Err(stuck);
        }
        if state.waiting.len() + state.running.len() >= self.limits.pending {
            state.waiting.retain(|waiter| !waiter.sender.is_closed());
            if state.waiting.len() + state.running.len() >= self.limits.pending {
                return Err(ScrapeError::Busy {
                    limit: self.limits.pending,
                });
            }
        }
        state.waiting.push(waiter);
        let start = !std::mem::replace(&mut state.started, true);
        drop(state);
        self.wake.notify_one();
        Ok(start)
    }

    /// Takes back the start that [`Queue::push`] asked for.
    pub(super) fn not_started(&self) {
        let mut state = self.lock();
        state.started = false;
        state.waiting.clear();
    }

    /// Waits for scrapes and begins a collection for them; returns what they want, sorted. None if the thread is to end.
    pub(super) fn next(&self, now: impl Fn() -> Duration) -> Option<Vec<Want>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            state.waiting.retain(|waiter| !waiter.sender.is_closed());
            if !state.waiting.is_empty() {
                break;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.running = std::mem::take(&mut state.waiting);
        state.since = Some(now());
        let mut wants: Vec<Want> = state.running.iter().map(|waiter| waiter.want).collect();
        wants.sort_unstable_by_key(|want| (want.form.order(), want.coding as u8));
        wants.dedup();
        Some(wants)
    }

    /// Ends the collection and answers those that waited for it.
    pub(super) fn answer(&self, answers: &[(Want, Answer)]) {
        let mut state = self.lock();
        state.since = None;
        state.answered += 1;
        let waiters = std::mem::take(&mut state.running);
        drop(state);
        for waiter in waiters {
            if let Some((_, answer)) = answers.iter().find(|(want, _)| *want == waiter.want) {
                // One that went away needs no answer.
                let _ = waiter.sender.send(answer.clone());
            }
        }
    }

    pub(super) fn answered(&self) -> u64 {
        self.lock().answered
    }

    /// Returns what [`Queue::answered`] will be once a collection that begins after this call was answered.
    pub(super) fn answered_next(&self) -> u64 {
        let state = self.lock();
        state.answered + 1 + u64::from(state.since.is_some())
    }

    /// Answers those that wait that the exporter is shut down; those of the collection under way get its result.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for waiter in waiting {
            let _ = waiter.sender.send(Err(ScrapeError::ShutDown));
        }
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
