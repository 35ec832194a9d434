//! Whether the server is still the one that acknowledged the last request.

use std::{net::SocketAddr, time::Duration};

use http::header;
use vmotel_http::Response;

/// The connection of the last answer.
///
/// A server that is killed and started again between two requests fails none of them. But its end closes the connection, and the client
/// makes another one. Unless the server announced that, or the client itself let the connection go, the server may be a new one.
#[derive(Debug, Default)]
pub(super) struct Link {
    address: Option<SocketAddr>,
    /// When the last answer came; none if the server announced the end of the connection.
    since: Option<Duration>,
}

impl Link {
    /// Takes note of an answer at `now`; returns true if the server may be another one than at the last answer.
    ///
    /// `idle` is how long the client keeps a connection.
    pub(super) fn answered(&mut self, answer: &Response, now: Duration, idle: Duration) -> bool {
        let closes = answer
            .headers
            .get_all(header::CONNECTION)
            .iter()
            .any(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
        self.note(answer.local_address, closes, now, idle)
    }

    /// Forgets the connection: a failure was noticed, and has been acted upon.
    pub(super) const fn failed(&mut self) {
        self.address = None;
        self.since = None;
    }

    /// Returns true if the server announced the end of the connection, so that nothing tells of its own end until there is another.
    pub(super) const fn is_gone(&self) -> bool {
        self.address.is_some() && self.since.is_none()
    }

    fn note(&mut self, address: Option<SocketAddr>, closes: bool, now: Duration, idle: Duration) -> bool {
        let fresh = self.since.is_some_and(|since| now.saturating_sub(since) < idle);
        let changed = self.address.is_some() && address.is_some() && self.address != address;
        self.address = address;
        self.since = (!closes).then_some(now);
        changed && fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_connection_is_suspicious_unless_it_was_to_be_expected() {
        const IDLE: Duration = Duration::from_secs(20);
        let port = |port: u16| Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let at = Duration::from_secs;
        let mut link = Link::default();
        assert!(!link.note(port(1), false, at(0), IDLE), "the first");
        assert!(!link.note(port(1), false, at(5), IDLE), "the same");
        assert!(link.note(port(2), false, at(10), IDLE), "another");
        assert!(!link.note(port(2), true, at(11), IDLE), "its end is announced");
        assert!(link.is_gone());
        assert!(!link.note(port(3), false, at(12), IDLE), "so another is expected");
        assert!(!link.is_gone());
        assert!(!link.note(port(4), false, at(40), IDLE), "the client let it go");
        link.failed();
        assert!(!link.note(port(5), false, at(41), IDLE), "that was acted upon");
        assert!(!link.note(None, false, at(42), IDLE), "nothing is known");
        assert!(!link.note(port(6), false, at(43), IDLE), "nothing was known");
    }
}
