//! What became of pushes, in code.

use std::time::Duration;

use vmotel_model::Timestamp;

/// How pushes do, see [`Exporter::push_status`](crate::Exporter::push_status).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PushStatus {
    /// Where to, and how: protocol, compression and address.
    pub target: String,
    /// What the first exchange with the target showed, of an empty request or the first of all: none if there has been none, else
    /// the error, until a request succeeds. See [`TargetCheck`](crate::TargetCheck).
    pub target_check: Option<Result<(), String>>,
    /// Collections made for pushes.
    pub collections: u64,
    /// Collections for pushes that gave nothing: all sources hang, or the shutdown came before.
    pub failed_collections: u64,
    /// Samples that were collected when nobody waited for them any more, as the flush or the push had come to its deadline. Cumulative
    /// values are in the next push; those of deltas are lost.
    pub discarded_samples: u64,
    /// Samples that the server acknowledged, each once.
    pub delivered_samples: u64,
    /// Samples that the server refused for good.
    pub refused_samples: u64,
    /// Samples dropped because the queue was full.
    pub dropped_samples: u64,
    /// Samples that wait to be sent.
    pub waiting_samples: u64,
    /// Series that were not sent, as the server would have dropped them without an error: too many labels, too long ones.
    pub rejected_series: u64,
    /// Requests that failed and were, or will be, tried again.
    pub retries: u64,
    /// Acknowledged requests that were sent again, as the server may have lost them.
    pub resent_requests: u64,
    /// Failures in a row; 0 if the last request was acknowledged.
    pub failing: u64,
    /// When a request was acknowledged last.
    pub last_success: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// What became of samples at a flush or a shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PushOutcome {
    /// Samples that the server acknowledged meanwhile, each once.
    pub delivered: u64,
    /// Samples that are on disk, for the next process to deliver. At a flush: that still wait.
    pub spooled: u64,
    /// Samples that end with the process, as they were not acknowledged, or were refused, or dropped because the queue was full.
    pub lost: u64,
}

/// Why a flush is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// Nothing is pushed by this exporter.
    #[error("nothing is pushed, expected a target (with_push, or OTEL_EXPORTER_OTLP_ENDPOINT)")]
    Disabled,
    /// The exporter is shut down.
    #[error("the exporter is shut down")]
    ShutDown,
    /// As many flushes wait as may, because a collection hangs.
    #[error("{limit} flushes wait already")]
    Busy {
        /// The most that wait.
        limit: usize,
    },
    /// The deadline passed; what waits is sent later.
    #[error("{waiting} samples still wait after {} ms{}", timeout.as_millis(), last(.last_error.as_deref()))]
    Timeout {
        /// The samples that wait.
        waiting: u64,
        /// The deadline as given.
        timeout: Duration,
        /// What went wrong last, if anything.
        last_error: Option<String>,
    },
}

fn last(error: Option<&str>) -> String {
    error.map_or_else(String::new, |error| format!(", last error: {error}"))
}
