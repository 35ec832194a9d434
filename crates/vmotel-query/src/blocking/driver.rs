//! The thread that drives the asynchronous client.

use std::io;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::Error;

/// A thread with a runtime for one thread, stopped and joined when this is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    runtime: Handle,
    /// Dropping it stops the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("vmotel-query".to_owned())
            .spawn(move || {
                // An error: the sender was dropped, which is the signal.
                let _ = runtime.block_on(stopped);
                // A look-up of a name that hangs must not keep this thread.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Runs work on the thread and waits for its end.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        if self.is_own_thread() {
            return Err(Error::Blocking {
                reason: "the call comes from the client's own thread, expected another one",
            });
        }
        let (done, outcome) = mpsc::sync_channel(1);
        // Dropping the handle leaves the task running.
        drop(self.runtime.spawn(async move {
            let _ = done.send(work.await);
        }));
        outcome.recv().unwrap_or(Err(Error::Blocking {
            reason: "the call panicked",
        }))
    }

    fn is_own_thread(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| thread.thread().id() == thread::current().id())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.stop.take());
        let own = self.is_own_thread();
        if let Some(thread) = self.thread.take()
            && !own
        {
            // It does not panic: tasks that do are caught.
            let _ = thread.join();
        }
    }
}
