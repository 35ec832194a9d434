//! What can go wrong, one enum per operation.

use std::{io, time::Duration};

use crate::ShutdownReport;

/// A setting that cannot be used: its name, its value and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable holds a value that is not known.
    #[error("{variable} has the value {value:?}, expected {expected}")]
    Environment {
        /// The variable's name.
        variable: &'static str,
        /// The value, cut at 200 bytes.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A list of attributes in an environment variable cannot be read.
    #[error(
        "{variable} has the entry {entry:?} ({fault}), expected key=value,key=value with %XX for reserved characters"
    )]
    Attributes {
        /// The variable's name.
        variable: &'static str,
        /// The entry at fault, cut at 200 bytes.
        entry: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A field of the configuration holds a value that cannot be used.
    #[error("{field} has the value {value:?}, expected {expected}")]
    Field {
        /// The field's name in [`Config`](crate::Config).
        field: &'static str,
        /// The value, cut at 200 bytes.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The address that metrics are pushed to cannot be used.
    #[error("metrics cannot be pushed to {url}: {fault}")]
    Target {
        /// The address, without credentials and query.
        url: String,
        /// What is wrong with it, and what is right.
        fault: String,
    },
    /// A limit on labels cannot be used.
    #[error(transparent)]
    Limits(#[from] vmotel_cardinality::LimitsError),
}

/// Why an exporter was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A source cannot be added.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The engine has no use for something that it is given.
    #[error("the engine is {engine:?} with {given}, expected {expected}")]
    Engine {
        /// The engine that is asked for, or taken for want of a choice.
        engine: crate::Engine,
        /// What it is given.
        given: &'static str,
        /// What has a use for it.
        expected: &'static str,
    },
    /// The client or the worker of pushes cannot be made.
    #[cfg(feature = "push")]
    #[error("metrics cannot be pushed: {message}")]
    Push {
        /// What is wrong.
        message: String,
    },
    /// The spool of pushes cannot be opened.
    #[cfg(feature = "push")]
    #[error(transparent)]
    Spool(#[from] crate::SpoolError),
}

/// Why a source was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A source of this name is there already.
    #[error("a source named {name:?} is there already, expected a name of its own for each source")]
    Duplicate {
        /// The name as given.
        name: String,
    },
    /// The name cannot be used.
    #[error("the source name {name:?} cannot be used, expected 1 to 64 bytes")]
    Name {
        /// The name as given, cut at 200 bytes.
        name: String,
    },
    /// There are as many sources as an exporter takes.
    #[error("the source {name:?} is one too many, expected at most {max}")]
    TooMany {
        /// The name as given.
        name: String,
        /// The most sources of an exporter.
        max: usize,
    },
}

/// Why a listener was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The host name has no address.
    #[error("the host {host:?} has no address, expected an address or a name that resolves")]
    Resolve {
        /// The host as configured.
        host: String,
        /// What the resolver said.
        source: Option<io::Error>,
    },
    /// The address cannot be bound, because the port is in use or not permitted.
    #[error("cannot listen on {host}:{port}, expected a free port (0 picks one)")]
    Bind {
        /// The host as configured.
        host: String,
        /// The port as configured.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The listener's thread or runtime cannot be started.
    #[error("cannot start the thread of the listener")]
    Start {
        /// What the system said.
        source: io::Error,
    },
    /// The exporter is shut down.
    #[error("the exporter is shut down, expected to listen before")]
    ShutDown,
}

/// Why a scrape has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScrapeError {
    /// Metrics are switched off by configuration.
    #[error("metrics are switched off (OTEL_SDK_DISABLED, OTEL_METRICS_EXPORTER or the configuration)")]
    Disabled,
    /// The exporter is shut down.
    #[error("the exporter is shut down")]
    ShutDown,
    /// As many scrapes wait as may.
    #[error("{limit} scrapes wait already, expected fewer or less frequent scrapers")]
    Busy {
        /// The most scrapes that wait, see [`Config::max_pending_scrapes`](crate::Config::max_pending_scrapes).
        limit: usize,
    },
    /// The running collection does not return.
    #[error("a collection has not returned for {} s, expected less than {} s; a callback or a source hangs", since.as_secs(), limit.as_secs())]
    Stuck {
        /// How long it has been running.
        since: Duration,
        /// See [`Config::collect_timeout`](crate::Config::collect_timeout).
        limit: Duration,
    },
    /// The thread that collects cannot be started.
    #[error("cannot start the thread that collects")]
    Thread,
    /// The body cannot be compressed.
    #[error("the body cannot be compressed with {coding}: {message}")]
    Compress {
        /// The content coding.
        coding: &'static str,
        /// What the coder said.
        message: String,
    },
    /// Encoding panicked, which a source or vmotel itself caused.
    #[error("the scrape panicked: {message}")]
    Panicked {
        /// The panic's message, cut at 200 bytes.
        message: String,
    },
}

/// Why a shutdown is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The deadline passed; what is named goes on in the background.
    #[error("the shutdown took longer than {} ms while {step}{}", timeout.as_millis(), told(.report))]
    Timeout {
        /// What was being waited for.
        step: &'static str,
        /// The deadline as given.
        timeout: Duration,
        /// What was done all the same.
        report: ShutdownReport,
    },
    /// The SDK's provider, or a reader added to it, did not shut down cleanly.
    #[error("the meter provider did not shut down: {message}{}", told(.report))]
    Provider {
        /// What the SDK said.
        message: String,
        /// What was done all the same.
        report: ShutdownReport,
    },
    /// The thread that waits cannot be started.
    #[error("cannot start the thread of the shutdown")]
    Thread,
}

impl ShutdownError {
    /// Returns what the shutdown did all the same, such as the samples that it pushed; none if it did not begin.
    #[must_use]
    pub const fn report(&self) -> Option<&ShutdownReport> {
        match self {
            Self::Timeout { report, .. } | Self::Provider { report, .. } => Some(report),
            Self::Thread => None,
        }
    }

    /// Adds what was done.
    pub(crate) fn with_report(mut self, done: ShutdownReport) -> Self {
        if let Self::Timeout { report, .. } | Self::Provider { report, .. } = &mut self {
            *report = done;
        }
        self
    }
}

#[cfg(feature = "push")]
fn told(report: &ShutdownReport) -> String {
    report.push.map_or_else(String::new, |push| {
        format!(
            "; of the pushed samples {} were delivered, {} spooled and {} lost",
            push.delivered, push.spooled, push.lost
        )
    })
}

#[cfg(not(feature = "push"))]
const fn told(_: &ShutdownReport) -> &'static str {
    ""
}

/// Cuts a value for a message, at a character's boundary.
pub(crate) fn cut(value: &str) -> String {
    const MAX: usize = 200;
    if value.len() <= MAX {
        return value.to_owned();
    }
    let mut end = MAX;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &value[..end])
}
