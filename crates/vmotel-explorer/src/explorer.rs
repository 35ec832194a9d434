//! The explorer: the handle on the thread and what it knows.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    ExplorerConfig, ExplorerError, Watched,
    detail::Detail,
    overview::{self, Overview},
    sampler::{self, Question, Shared},
};

/// The questions that may wait for the thread; further ones are answered 503.
const QUESTIONS: usize = 8;

/// Samples the metrics of the process and serves a page that shows them. A cheap clone of one shared state.
///
/// Its thread, `vmotel-explorer`, ends at [`Explorer::shutdown`], or when the last handle is dropped, routers included. Nothing of it
/// runs where no explorer was started.
///
/// ```
/// use vmotel_exporter::Exporter;
/// use vmotel_explorer::{Explorer, ExplorerConfig};
///
/// let exporter = Exporter::builder().with_service_name("shop").with_global(false).build()?;
/// let explorer = Explorer::start(&exporter, ExplorerConfig::default())?;
/// let app: axum::Router = exporter.routes().merge(explorer.routes());
/// # assert!(explorer.shutdown(std::time::Duration::from_secs(5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Explorer {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    questions: Mutex<Option<SyncSender<Question>>>,
    /// Disconnected when the thread ends.
    ended: Mutex<mpsc::Receiver<()>>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// There is no such family.
    Unknown,
    /// Too many wait.
    Busy,
    /// The explorer is shut down.
    ShutDown,
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer")
            .field("config", &self.inner.shared.config)
            .finish_non_exhaustive()
    }
}

impl Explorer {
    /// Starts to sample, on a thread of its own; needs no runtime.
    ///
    /// # Errors
    /// Returns an error if a setting cannot be used or the thread cannot be started.
    pub fn start(watched: impl Into<Watched>, config: ExplorerConfig) -> Result<Self, ExplorerError> {
        config.validate()?;
        let shared = Arc::new(Shared::new(watched.into(), config));
        let (sender, questions) = mpsc::sync_channel(QUESTIONS);
        let (end, ended) = mpsc::channel::<()>();
        let on_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("vmotel-explorer".to_owned())
            .spawn(move || {
                let _end = end;
                sampler::run(&on_thread, &questions);
            })
            .map_err(|source| ExplorerError::Thread { source })?;
        let inner = Inner {
            shared,
            questions: Mutex::new(Some(sender)),
            ended: Mutex::new(ended),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &ExplorerConfig {
        &self.inner.shared.config
    }

    /// Stops sampling; the page shows the last state from then on. Returns true if the thread ended within `timeout`, false if it is
    /// held up by a source.
    pub fn shutdown(&self, timeout: Duration) -> bool {
        let sender = self
            .inner
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(sender);
        let ended = self.inner.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.recv_timeout(timeout) == Err(mpsc::RecvTimeoutError::Disconnected)
    }

    pub(crate) fn overview(&self) -> Overview {
        let shared = &self.inner.shared;
        overview::view(
            shared.now().as_secs_f64(),
            &shared.watched,
            &shared.config,
            &shared.state(),
        )
    }

    /// Reads a family on the explorer's thread.
    pub(crate) async fn detail(&self, name: &str) -> Result<Detail, Unanswered> {
        let answer = self.ask(name)?;
        match answer.await {
            Ok(Some(detail)) => Ok(detail),
            Ok(None) => Err(Unanswered::Unknown),
            Err(_) => Err(Unanswered::ShutDown),
        }
    }

    fn ask(&self, name: &str) -> Result<oneshot::Receiver<Option<Detail>>, Unanswered> {
        let questions = self
            .inner
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let sender = questions.as_ref().ok_or(Unanswered::ShutDown)?;
        let (reply, answer) = oneshot::channel();
        let question = Question {
            name: name.to_owned(),
            reply,
        };
        sender.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => Unanswered::Busy,
            TrySendError::Disconnected(_) => Unanswered::ShutDown,
        })?;
        Ok(answer)
    }
}
