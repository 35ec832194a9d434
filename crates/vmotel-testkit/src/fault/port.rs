//! A port that is held while nothing listens on it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt::set_socket_reuseaddr};

/// A port of 127.0.0.1. Its socket is bound and never listens, so that connections are refused and nobody else gets the port.
#[derive(Debug)]
pub(super) struct Port {
    address: SocketAddr,
    _held: OwnedFd,
}

impl Port {
    /// Takes a port; 0 stands for any free one.
    pub(super) fn take(port: u16) -> io::Result<Self> {
        let held = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        // Both sockets have it, or the second one could not be bound.
        set_socket_reuseaddr(&held, true)?;
        bind(&held, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        let address = SocketAddr::try_from(getsockname(&held)?)?;
        Ok(Self { address, _held: held })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to listen, until the listener is dropped.
    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.address)
    }
}
