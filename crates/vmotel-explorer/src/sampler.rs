//! The thread that samples, and reads families in detail when it is asked to.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use vmotel_model::Snapshot;
use vmotel_wire::{Merge, MergeConfig};

use crate::{
    ExplorerConfig, Watched,
    detail::{self, Detail},
    reading::{Known, Sample},
    state::State,
};

/// Asks for a family in detail.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) reply: oneshot::Sender<Option<Detail>>,
}

/// What the thread and the page share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) watched: Watched,
    pub(crate) config: ExplorerConfig,
    started: Instant,
    state: Mutex<State>,
}

impl Shared {
    #[expect(
        clippy::disallowed_methods,
        reason = "the thread of the explorer keeps its own time"
    )]
    pub(crate) fn new(watched: Watched, config: ExplorerConfig) -> Self {
        Self {
            state: Mutex::new(State::new(config.history)),
            watched,
            config,
            started: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Samples at the interval until nobody can ask any more.
pub(crate) fn run(shared: &Arc<Shared>, questions: &Receiver<Question>) {
    let interval = shared.config.interval;
    let mut sampler = Sampler::default();
    let mut next = Duration::ZERO;
    loop {
        let wait = next.saturating_sub(shared.now());
        match questions.recv_timeout(wait) {
            Ok(question) => {
                let detail = catch_unwind(AssertUnwindSafe(|| read(shared, &question.name)));
                // Whoever went away needs no answer.
                let _ = question.reply.send(detail.unwrap_or_default());
            }
            Err(RecvTimeoutError::Timeout) => {
                sampler.sample(shared);
                // Not made up for if it took longer than an interval.
                next = (next + interval).max(shared.now());
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn read(shared: &Shared, name: &str) -> Option<Detail> {
    let watched = &shared.watched;
    let snapshot = watched.source.snapshot(&watched.visit);
    detail::read(snapshot.as_ref(), name, &watched.exemplars)
}

/// What is kept from one sample to the next.
#[derive(Default)]
struct Sampler {
    merge: Merge,
    known: Known,
}

impl Sampler {
    fn sample(&mut self, shared: &Shared) {
        let begin = shared.now();
        let taken = catch_unwind(AssertUnwindSafe(|| self.visit(shared)));
        let took = shared.now().saturating_sub(begin);
        shared.watched.exemplars.tick();
        let counts = shared.watched.controllers.iter();
        let counts: Vec<_> = counts.map(|(_, controller)| controller.label_counts()).collect();
        let mut state = shared.state();
        state.took = took;
        state.failure = taken.as_ref().err().map(|panic| message(panic.as_ref()));
        let Ok((readings, left_out)) = taken else {
            return;
        };
        state.add(begin, readings, left_out);
        for (controller, counts) in counts.into_iter().enumerate() {
            state.add_labels(controller, counts);
        }
    }

    fn visit(&mut self, shared: &Shared) -> (Vec<crate::reading::Reading>, u64) {
        let (watched, config) = (&shared.watched, &shared.config);
        let list: [Box<dyn Snapshot + '_>; 1] = [watched.source.snapshot(&watched.visit)];
        let mut sample = Sample::new(&mut self.known, config.max_families, config.max_series);
        // What is merged and dropped, a scrape reports.
        let _ = self.merge.visit(&list, MergeConfig::default(), &mut sample);
        sample.finish()
    }
}

/// Returns what a panic of a source said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text: String = text.unwrap_or("no message").chars().take(200).collect();
    format!("a source panicked: {text}")
}
