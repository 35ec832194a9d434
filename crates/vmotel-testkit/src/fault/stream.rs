//! A connection, plain or with TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, TcpStream>>),
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => &tls.sock,
        }
    }

    /// Ends the connection so that the other side gets a reset; no other handle of it may be left.
    pub(super) fn reset(self) {
        // Without time to linger, closing throws away what was not sent and says so.
        let _ = set_socket_linger(self.tcp(), Some(Duration::ZERO));
    }

    /// Ends the connection in order.
    pub(super) fn close(mut self) {
        #[cfg(feature = "tls")]
        if let Self::Tls(tls) = &mut self {
            tls.conn.send_close_notify();
        }
        let _ = self.flush();
        let _ = self.tcp().shutdown(Shutdown::Write);
        // What the client still sends is read, or the kernel would answer it with a reset that can overtake the last bytes.
        let _ = self.tcp().set_read_timeout(Some(Duration::from_millis(200)));
        let mut rest = [0; 4096];
        while matches!(self.tcp().read(&mut rest), Ok(1..)) {}
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(out),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.read(out),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.flush(),
        }
    }
}
