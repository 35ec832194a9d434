//! How an SDK source stands, and what it has to say.

use std::{any::Any, collections::HashSet, fmt};

use vmotel_model::NameNotice;

/// Tells how an [`SdkSource`](crate::SdkSource) stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkStatus {
    /// No provider has been built with the reader yet.
    Unregistered,
    /// Collections succeed.
    Ok,
    /// The callback of an observable instrument panicked, and the SDK's pipeline is lost for good.
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// The SDK refuses to collect, for good.
    Lost {
        /// What it says.
        reason: String,
    },
    /// The provider was shut down.
    ShutDown,
}

impl SdkStatus {
    /// Returns false if metrics are lost for good, which a scrape should tell.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        !matches!(self, Self::Panicked { .. } | Self::Lost { .. })
    }
}

impl fmt::Display for SdkStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unregistered => f.write_str("no meter provider was built with the reader"),
            Self::Ok => f.write_str("ok"),
            Self::Panicked { message } => write!(
                f,
                "the callback of an observable instrument panicked ({message:?}) and the SDK's pipeline is lost for good"
            ),
            Self::Lost { reason } => write!(f, "the SDK's pipeline is lost for good: {reason}"),
            Self::ShutDown => f.write_str("the meter provider was shut down"),
        }
    }
}

/// Something that a user should be told once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkNotice {
    /// The status changed.
    Status(SdkStatus),
    /// The name of a metric has something to it.
    Name(NameNotice),
}

impl fmt::Display for SdkNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Name(notice) => notice.fmt(f),
        }
    }
}

/// The most matters that are noticed in the life of a source.
const MAX_NOTICES: usize = 1000;

/// Notices, each matter once.
#[derive(Debug, Default)]
pub(super) struct Notices {
    pending: Vec<SdkNotice>,
    known: HashSet<String>,
}

impl Notices {
    pub(super) fn add(&mut self, notice: SdkNotice) {
        if self.known.len() < MAX_NOTICES && self.known.insert(notice.to_string()) {
            self.pending.push(notice);
        }
    }

    pub(super) fn take(&mut self) -> Vec<SdkNotice> {
        std::mem::take(&mut self.pending)
    }
}

/// Returns what a panic said.
pub(super) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let message = payload.downcast_ref::<&str>().copied();
    message
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
