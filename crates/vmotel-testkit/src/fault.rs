//! What can go wrong between an exporter and its server.

mod connection;
mod port;
mod proxy;
mod seen;
mod stream;
mod wire;

use std::time::Duration;

pub use proxy::{FaultConfig, FaultProxy};
pub use seen::Seen;

/// What a [`FaultProxy`] does to a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fault {
    /// Hands the request on and its answer back; without a server behind it, answers 204. The default.
    #[default]
    None,
    /// Nothing listens: connections are refused, and those that are open are closed.
    Dead,
    /// Connections are accepted, nothing is read and nothing is answered.
    BlackHole,
    /// Hands the request on; the answer comes byte by byte, with this pause before each.
    Slow(Duration),
    /// Reads the request, does not hand it on, and answers with a status of its own.
    Status {
        /// Such as 503.
        status: u16,
        /// The value of `Retry-After`, seconds or a date.
        retry_after: Option<String>,
    },
    /// Reads so many bytes of the request's body, then resets the connection; a shorter body is read whole.
    Reset {
        /// Bytes of the body, as sent.
        after: usize,
    },
    /// Hands the request on, then resets the connection instead of giving back the answer: the server acted, and the client cannot know.
    LoseAnswer,
    /// Hands the request on, gives back so many bytes of the answer, then closes.
    Truncate {
        /// Bytes of the answer, head included.
        after: usize,
    },
    /// Reads the request, does not hand it on, and answers with these bytes, which need not be HTTP, then closes.
    Raw(Vec<u8>),
}

impl Fault {
    /// Returns an answer of this status without `Retry-After`.
    ///
    /// # Examples
    /// ```
    /// use vmotel_testkit::Fault;
    ///
    /// assert_eq!(Fault::status(503), Fault::Status { status: 503, retry_after: None });
    /// ```
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }
}
