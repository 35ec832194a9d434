//! The deadline and the name of one exchange.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{Error, Phase};

/// What every step of one exchange needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The address without its query.
    pub(crate) url: String,
    pub(crate) timeout: Duration,
    deadline: Option<Instant>,
}

impl Exchange {
    /// Starts the clock.
    pub(crate) fn begin(url: String, timeout: Duration) -> Self {
        // A timeout beyond what the clock can count is none.
        Self {
            url,
            timeout,
            deadline: Instant::now().checked_add(timeout),
        }
    }

    /// Waits for a step, at most until the deadline.
    pub(crate) async fn within<T>(&self, phase: Phase, step: impl Future<Output = T>) -> Result<T, Error> {
        let Some(deadline) = self.deadline else {
            return Ok(step.await);
        };
        timeout_at(deadline, step).await.map_err(|_| Error::Timeout {
            url: self.url.clone(),
            timeout: self.timeout,
            phase,
        })
    }
}
