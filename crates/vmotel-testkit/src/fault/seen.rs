//! What a proxy saw.

/// Counts what came to a [`FaultProxy`](crate::FaultProxy) since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Seen {
    /// Connections accepted.
    pub connections: u64,
    /// TLS handshakes that failed.
    pub failed_handshakes: u64,
    /// Requests whose head was read.
    pub requests: u64,
    /// Bytes of bodies read.
    pub body_bytes: u64,
    /// Requests that were handed on whole.
    pub forwarded: u64,
    /// Answers of the status 2xx that were given back whole.
    pub acknowledged: u64,
    /// Requests that met a fault.
    pub faults: u64,
}
