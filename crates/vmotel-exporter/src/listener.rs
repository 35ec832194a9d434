//! A listener of its own.

mod bind;
mod connections;
mod timed;

use std::{
    fmt,
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, mpsc},
    thread,
};

use crate::{Exporter, ListenError, exporter::Phase};

/// A listener that runs on a thread of its own; it ends with the exporter, not with this handle.
#[derive(Debug, Clone)]
pub struct Listener {
    address: Option<SocketAddr>,
    path: String,
}

impl Listener {
    /// Returns the bound address; none if metrics are switched off, so that no port was bound.
    #[must_use]
    pub const fn local_addr(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Returns the URL of the metrics.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.address
            .map(|address| format!("http://{address}{}", self.path))
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.url() {
            Some(url) => f.write_str(&url),
            None => f.write_str("metrics are switched off"),
        }
    }
}

impl Exporter {
    /// Binds the configured host and port and serves the metrics on a thread of its own (`vmotel-listen`).
    ///
    /// Needs no runtime, and answers even while the application's runtime is blocked. It ends at the exporter's shutdown or
    /// when its last handle is dropped. If metrics are switched off nothing is bound. Needs the feature `listener`.
    ///
    /// # Errors
    /// Returns an error if the host has no address, the port is in use or not permitted, or the exporter is shut down.
    ///
    /// ```
    /// use vmotel_exporter::Exporter;
    ///
    /// let exporter = Exporter::builder().with_port(0).with_global(false).build()?;
    /// let listener = exporter.listen()?;
    /// assert!(listener.local_addr().is_some_and(|address| address.ip().is_loopback()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listen(&self) -> Result<Listener, ListenError> {
        let path = self.config().path.clone();
        if !self.config().serves() {
            return Ok(Listener { address: None, path });
        }
        let listener = self.bind()?;
        let address = listener
            .local_addr()
            .map_err(|source| ListenError::Start { source })?;
        self.listen_on(listener)?;
        Ok(Listener {
            address: Some(address),
            path,
        })
    }

    /// Binds the configured host and port, for [`Exporter::serve`].
    ///
    /// Of several addresses of a host, such as `localhost`, it is the first one of IPv4.
    ///
    /// # Errors
    /// Returns an error if the host has no address, or the port is in use or not permitted.
    pub fn bind(&self) -> Result<TcpListener, ListenError> {
        bind::bind(&self.config().host, self.config().port)
    }

    /// Serves the metrics on `listener`, on a thread of its own as [`Exporter::listen`].
    ///
    /// # Errors
    /// Returns an error if the exporter is shut down or the thread cannot be started.
    pub fn listen_on(&self, listener: TcpListener) -> Result<(), ListenError> {
        if self.phase().is_stopped() {
            return Err(ListenError::ShutDown);
        }
        let start = |source: io::Error| ListenError::Start { source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(start)?;
        let (ended, end) = mpsc::channel::<()>();
        let phase = self.watch();
        let (scraper, limits) = (Arc::clone(self.scraper()), self.connection_limits());
        thread::Builder::new()
            .name("vmotel-listen".to_owned())
            .spawn(move || {
                let _ended = ended;
                if let Err(error) = runtime.block_on(connections::serve(listener, scraper, phase, limits)) {
                    tracing::error!(target: "vmotel_exporter", "the listener failed: {error}");
                }
                // A connection that outlives its grace is cut off.
                runtime.shutdown_background();
            })
            .map_err(start)?;
        self.joins(end);
        Ok(())
    }

    /// Serves the metrics on `listener`, on the caller's tokio runtime, which needs its IO and time drivers.
    ///
    /// The future ends at the exporter's shutdown, which does not wait for it.
    ///
    /// # Errors
    /// Returns an error if the listener cannot be used on the runtime or the exporter is shut down.
    pub fn serve(
        &self,
        listener: TcpListener,
    ) -> impl Future<Output = Result<(), ListenError>> + Send + 'static + use<> {
        let phase = self.watch();
        let stopped = matches!(self.phase(), Phase::Stopped(_));
        let (scraper, limits) = (Arc::clone(self.scraper()), self.connection_limits());
        async move {
            if stopped {
                return Err(ListenError::ShutDown);
            }
            connections::serve(listener, scraper, phase, limits)
                .await
                .map_err(|source| ListenError::Start { source })
        }
    }

    fn connection_limits(&self) -> connections::Limits {
        let config = self.config();
        connections::Limits {
            connections: config.max_connections,
            write: config.write_timeout,
            idle: config.idle_timeout,
        }
    }
}
