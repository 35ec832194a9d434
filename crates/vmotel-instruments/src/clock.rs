//! The clock of what is timed here.

use std::time::Instant;

#[expect(
    clippy::disallowed_methods,
    reason = "requests, calls and connections take real time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
