//! The signals that end a process.

use std::{future::Future, io, thread};

use tokio::sync::oneshot;

use crate::{Exporter, wait};

/// Returns a future that ends when the process is asked to end: Ctrl-C, and SIGTERM on Unix.
///
/// The signals are caught from the call on, by a thread of its own, so that the future needs no runtime. If they cannot be
/// caught, which is logged, the future never ends. Needs the feature `signal`.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    let (sender, receiver) = oneshot::channel();
    let caught = thread::Builder::new()
        .name("vmotel-signal".to_owned())
        .spawn(move || {
            if let Err(error) = catch(sender) {
                tracing::error!(target: "vmotel_exporter", "signals cannot be caught: {error}");
            }
        });
    if let Err(error) = caught {
        tracing::error!(target: "vmotel_exporter", "signals cannot be caught: {error}");
    }
    async move {
        if receiver.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn catch(mut sender: oneshot::Sender<()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            result = ended() => result?,
            () = sender.closed() => return Ok(()),
        }
        // The future may have been dropped in this moment.
        let _ = sender.send(());
        Ok(())
    })
}

#[cfg(unix)]
async fn ended() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn ended() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

impl Exporter {
    /// Returns a future that ends when the process is asked to end, or when this exporter's shutdown begins.
    ///
    /// For axum's `with_graceful_shutdown`. See [`shutdown_signal`].
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut phase = self.watch();
        let signal = shutdown_signal();
        async move {
            tokio::select! {
                () = signal => {}
                () = async { drop(phase.wait_for(|phase| *phase != crate::exporter::Phase::Running).await) } => {}
            }
        }
    }

    /// Blocks until the process is asked to end, or until this exporter's shutdown begins. See [`shutdown_signal`].
    pub fn wait_for_signal(&self) {
        wait::block_on(self.shutdown_signal());
    }
}
