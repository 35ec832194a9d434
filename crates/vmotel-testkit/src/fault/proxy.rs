//! The proxy: a port, and a thread for each connection.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::connection;
use super::port::Port;
use super::{Fault, Seen};
use crate::Error;

/// How a [`FaultProxy`] is started.
#[derive(Debug, Clone, Default)]
pub struct FaultConfig {
    /// The server behind it, as `host:port`. Default: none; then it answers 204 itself.
    pub upstream: Option<String>,
    /// The port of 127.0.0.1 to listen on. Default: 0, any free one.
    pub port: u16,
    /// What it does at the start. Default: no fault.
    pub fault: Fault,
    /// With what it proves who it is; makes it speak TLS. Default: none.
    #[cfg(feature = "tls")]
    pub tls: Option<crate::tls::ServerTls>,
}

/// A proxy on loopback that stands before a real server and fails on request.
///
/// The fault can be switched at any time, also while requests are under way: those that are stuck are cut then. Each connection has a
/// thread of its own; no runtime is needed. Dropping the proxy closes all.
///
/// # Examples
/// ```
/// use vmotel_testkit::{Fault, FaultConfig, FaultProxy, request};
///
/// let proxy = FaultProxy::start_with(FaultConfig::default())?;
/// assert_eq!(request(proxy.address(), "POST", "/api/v1/write", &[], b"body")?.status, 204);
/// proxy.set(Fault::Status { status: 429, retry_after: Some("2".to_owned()) });
/// let answer = request(proxy.address(), "POST", "/api/v1/write", &[], b"body")?;
/// assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
/// proxy.set(Fault::Dead);
/// assert!(request(proxy.address(), "GET", "/", &[], b"").is_err());
/// assert_eq!((proxy.seen().requests, proxy.seen().acknowledged), (2, 1));
/// # Ok::<(), vmotel_testkit::Error>(())
/// ```
#[derive(Debug)]
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: String,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told when anything in the state changes.
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) upstream: Option<String>,
    fault: Fault,
    next: VecDeque<Fault>,
    /// How often the fault was switched.
    pub(super) switches: u64,
    stopped: bool,
    listening: bool,
    pub(super) seen: Seen,
    heads: VecDeque<String>,
    open: HashMap<u64, TcpStream>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
}

/// Heads of requests that are kept.
const MAX_HEADS: usize = 1000;

impl FaultProxy {
    /// Starts a proxy before a server, given as `host:port`, without a fault.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(upstream: &str) -> Result<Self, Error> {
        Self::start_with(FaultConfig {
            upstream: Some(upstream.to_owned()),
            ..FaultConfig::default()
        })
    }

    /// Starts a proxy with settings.
    ///
    /// # Errors
    /// There is no port, or the certificate cannot be used.
    pub fn start_with(config: FaultConfig) -> Result<Self, Error> {
        let failed = |source| Error::Spawn {
            program: "the fault proxy".to_owned(),
            source,
        };
        let port = Port::take(config.port).map_err(failed)?;
        let address = port.address();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                upstream: config.upstream,
                fault: config.fault,
                next: VecDeque::new(),
                switches: 0,
                stopped: false,
                listening: false,
                seen: Seen::default(),
                heads: VecDeque::new(),
                open: HashMap::new(),
                #[cfg(feature = "tls")]
                tls: config
                    .tls
                    .map(|tls| tls.server_config())
                    .transpose()
                    .map_err(failed)?,
            }),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let acceptor = thread::Builder::new()
            .name("fault-proxy".to_owned())
            .spawn(move || accept(&theirs, &port))
            .map_err(failed)?;
        let proxy = Self {
            shared,
            address: address.to_string(),
            acceptor: Some(acceptor),
        };
        proxy.settle();
        Ok(proxy)
    }

    /// Returns `127.0.0.1:port`, which stays the same.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the address with its scheme, `http` or `https`, and no path.
    #[must_use]
    pub fn url(&self) -> String {
        #[cfg(feature = "tls")]
        if self.shared.lock().tls.is_some() {
            return format!("https://{}", self.address);
        }
        format!("http://{}", self.address)
    }

    /// Switches the fault for all requests from now on, and cuts those that are stuck in another one; returns when it is in force.
    pub fn set(&self, fault: Fault) {
        let mut state = self.shared.lock();
        state.fault = fault;
        state.next.clear();
        state.switches += 1;
        drop(state);
        self.settle();
    }

    /// Sets the faults of the next requests, one each, over that of [`Self::set`], which counts again afterwards.
    ///
    /// [`Fault::Dead`] and [`Fault::BlackHole`] take a request too here: it is read, then the connection is reset, or left without an answer.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.lock().next.extend(faults);
    }

    /// Sets the server behind it, as `host:port`.
    pub fn set_upstream(&self, upstream: &str) {
        self.shared.lock().upstream = Some(upstream.to_owned());
    }

    /// Sets with what the proxy proves who it is, for connections made from now on.
    ///
    /// # Errors
    /// The certificate cannot be used.
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, tls: &crate::tls::ServerTls) -> Result<(), Error> {
        let config = tls.server_config().map_err(|source| Error::Spawn {
            program: "the fault proxy".to_owned(),
            source,
        })?;
        self.shared.lock().tls = Some(config);
        Ok(())
    }

    /// Closes all open connections in order, as a server does that is restarted.
    pub fn close_connections(&self) {
        self.shared.lock().cut();
    }

    /// Returns what the proxy saw so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.shared.lock().seen
    }

    /// Returns the start lines and headers of the last 1000 requests, oldest first.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        self.shared.lock().heads.iter().cloned().collect()
    }

    /// Wakes the acceptor and waits until it listens, or does not, as the fault demands.
    fn settle(&self) {
        self.shared.changed.notify_all();
        let mut state = self.shared.lock();
        if state.fault == Fault::Dead {
            state.cut();
        }
        while state.listening != (state.fault != Fault::Dead && !state.stopped) && !self.has_ended() {
            drop(state);
            // An acceptor that waits for a connection gets one.
            let _ = TcpStream::connect(&self.address);
            state = self.shared.lock();
            let waited = self.shared.changed.wait_timeout(state, connection::MOMENT);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn has_ended(&self) -> bool {
        self.acceptor.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopped = true;
        state.switches += 1;
        state.cut();
        drop(state);
        self.settle();
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for at most this long; returns whether the fault was switched since.
    pub(super) fn wait(&self, switches: u64, pause: std::time::Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), pause, |state| state.switches == switches);
        waited.unwrap_or_else(PoisonError::into_inner).0.switches != switches
    }

    /// Waits until the fault is switched.
    pub(super) fn wait_for_switch(&self, switches: u64) {
        let waited = self
            .changed
            .wait_while(self.lock(), |state| state.switches == switches);
        drop(waited);
    }
}

impl State {
    /// Returns the fault that a connection meets before it sends anything.
    pub(super) fn lasting(&self) -> &Fault {
        &self.fault
    }

    /// Notes a request; returns its fault.
    pub(super) fn request(&mut self, head: String) -> Fault {
        self.seen.requests += 1;
        if self.heads.len() == MAX_HEADS {
            self.heads.pop_front();
        }
        self.heads.push_back(head);
        let fault = self.next.pop_front().unwrap_or_else(|| self.fault.clone());
        self.seen.faults += u64::from(fault != Fault::None);
        fault
    }

    pub(super) fn forget(&mut self, connection: u64) {
        self.open.remove(&connection);
    }

    fn cut(&mut self) {
        for (_, stream) in self.open.drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Accepts connections while the port is not dead.
fn accept(shared: &Arc<Shared>, port: &Port) {
    let mut listener: Option<TcpListener> = None;
    loop {
        let mut state = shared.lock();
        if state.stopped || state.fault == Fault::Dead {
            listener = None;
            state.listening = false;
            shared.changed.notify_all();
            if state.stopped {
                return;
            }
            let waited = shared
                .changed
                .wait_while(state, |state| !state.stopped && state.fault == Fault::Dead);
            drop(waited);
            continue;
        }
        if listener.is_none() {
            listener = port.listen().ok();
        }
        let Some(listener) = &listener else {
            // Somebody else listens; the port comes back when it goes.
            drop(shared.changed.wait_timeout(state, connection::MOMENT));
            continue;
        };
        state.listening = true;
        shared.changed.notify_all();
        drop(state);
        if let Ok((stream, _)) = listener.accept() {
            drop(open(shared, stream));
        }
    }
}

/// Begins to serve a connection, unless it only came to wake the acceptor.
fn open(shared: &Arc<Shared>, stream: TcpStream) -> io::Result<()> {
    let mut state = shared.lock();
    if state.stopped || state.fault == Fault::Dead {
        return Ok(());
    }
    state.seen.connections += 1;
    let number = state.seen.connections;
    state.open.insert(number, stream.try_clone()?);
    drop(state);
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("fault-connection".to_owned())
        .spawn(move || connection::serve(&shared, number, stream))?;
    Ok(())
}
