//! Host and port to a bound socket.

use std::{
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

use crate::ListenError;

/// Binds the first usable address of `host`, those of IPv4 first: scrapers of VictoriaMetrics use IPv4 unless told otherwise.
pub(super) fn bind(host: &str, port: u16) -> Result<TcpListener, ListenError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses: Vec<SocketAddr> = (bare, port)
        .to_socket_addrs()
        .map_err(|source| ListenError::Resolve {
            host: host.into(),
            source: Some(source),
        })?
        .collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            // The family is not there: the next address may be of the other one. Any other failure is the user's to know.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
                ) => {}
            Err(source) => {
                return Err(ListenError::Bind {
                    host: host.into(),
                    port,
                    source,
                });
            }
        }
    }
    Err(ListenError::Resolve {
        host: host.into(),
        source: None,
    })
}
