//! Pushes: a worker of its own that collects at intervals, encodes, and sends until the server has it.
//!
//! ```text
//! tick -> collector thread: snapshots -> OTLP | remote write -> gzip ... -> spool -> sender -> server
//!         (shared with scrapes that wait)                                   (worker thread)
//! ```

mod backoff;
mod encoder;
mod explain;
mod handle;
mod link;
mod metrics;
mod partial;
mod schedule;
mod sender;
mod status;
mod target;
mod temporality;
mod worker;

use std::{fmt, path::PathBuf, time::Duration};

use http::HeaderMap;
use vmotel_http::{Auth, ClientConfig};

pub(crate) use self::{
    encoder::{Batch, Encoder},
    handle::{Pusher, Pushing},
    metrics::{PushMetrics, PushReading},
};
pub use self::{
    status::{FlushError, PushOutcome, PushStatus},
    target::{Compression, Target},
    temporality::Temporality,
};
use crate::{
    config::positive,
    error::{ConfigError, cut},
    spool::SpoolConfig,
};

/// How metrics are pushed; given to [`ExporterBuilder::with_push`](crate::ExporterBuilder::with_push).
///
/// ```
/// use std::time::Duration;
/// use vmotel_exporter::{Auth, Push, Target};
///
/// let push = Push {
///     interval: Duration::from_secs(15),
///     auth: Auth::BearerFile("/run/secrets/token".into()),
///     ..Push::to(Target::victoria("http://localhost:8428"))
/// };
/// assert_eq!(push.request_timeout, Duration::from_secs(10));
/// ```
#[derive(Clone, PartialEq)]
pub struct Push {
    /// Where to.
    pub target: Target,
    /// The time from the start of one collection to the start of the next. Default: 60 s (`OTEL_METRIC_EXPORT_INTERVAL`); at least 1 ms.
    /// Zero: never by itself, only at [`Exporter::flush`](crate::Exporter::flush) and at the shutdown, as for a batch job.
    pub interval: Duration,
    /// Whether collections start at multiples of the interval since 1970, so that all processes collect at the same time. Default: false.
    pub aligned: bool,
    /// The most by which this process collects later than others, drawn once, so that not all send at the same moment. Default: 0.
    pub jitter: Duration,
    /// How long a collection for a push may take, including the wait for one that is under way. Default: 30 s
    /// (`OTEL_METRIC_EXPORT_TIMEOUT`), and never more than [`Config::collect_timeout`](crate::Config::collect_timeout).
    pub export_timeout: Duration,
    /// How long one request may take, from the connection to the answer. Default: 10 s (`OTEL_EXPORTER_OTLP_TIMEOUT`).
    pub request_timeout: Duration,
    /// How long to wait before a request is tried again.
    pub retry: Retry,
    /// How requests prove who sends them. Default: as the target's address says, else not at all.
    pub auth: Auth,
    /// Headers of every request (`OTEL_EXPORTER_OTLP_HEADERS`). Not shown by `Debug`. Default: none.
    pub headers: HeaderMap,
    /// A PEM file of certificates to trust besides the system's (`OTEL_EXPORTER_OTLP_CERTIFICATE`). Needs the feature `tls`. Default: none.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the certificate that the worker shows to the server (`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`), with `client_key_file`.
    /// These files are read again when they change; the last good ones count. Needs the feature `tls`. Default: none.
    pub client_certificate_file: Option<PathBuf>,
    /// A PEM file with its key (`OTEL_EXPORTER_OTLP_CLIENT_KEY`). Default: none.
    pub client_key_file: Option<PathBuf>,
    /// Whether series are ended with staleness markers when a source has them no more, and all of them at the shutdown, so that they vanish from
    /// queries at once and not after five minutes. Default: true; without an interval they are not, as the values of a batch job are to be
    /// seen after its end. Remembering takes a few bytes per series, and the last requests are kept.
    pub stale_markers: bool,
    /// Whether OTLP carries exponential histograms as they are. Default: false, as VictoriaMetrics before 1.139 stores some of them
    /// wrong; they are sent as `vmrange` buckets, the same on every path and version.
    pub native_exponential: bool,
    /// Whether counters and histograms are pushed as sums since the start, or as deltas, which VictoriaMetrics is not made for: see
    /// [`Temporality`]. Default: [`Temporality::Cumulative`] (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`); remote write has
    /// no deltas.
    pub temporality: Temporality,
    /// The largest body of a request in bytes, before it is compressed. Default: 4 MiB, which fits into caches, so that it is encoded and
    /// compressed in less time than a larger one; at least 64 KiB, at most what the server takes (VictoriaMetrics: 32 MiB).
    pub max_request_bytes: usize,
    /// Whether the target is tried with an empty request when the worker starts. Default: [`TargetCheck::Report`].
    pub check: TargetCheck,
    /// What is kept of what the server has not taken.
    pub spool: SpoolConfig,
}

/// What is done about the target before there is anything to push.
///
/// The worker sends an empty request when it starts, unless a collection or the shutdown comes first: it shows a wrong address, credentials or
/// certificates at the start, and not after the first interval. [`PushStatus::target_check`] has the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TargetCheck {
    /// A failure is logged as an error, and pushes are tried all the same. The default.
    #[default]
    Report,
    /// A failure is an error of [`ExporterBuilder::build`](crate::ExporterBuilder::build), which waits for the answer, at most for
    /// [`Push::request_timeout`] and a second. For jobs that are better not started than not measured.
    Require,
    /// Nothing is sent before there is data.
    Off,
}

/// How long to wait before a request is tried again: twice as long after each failure, half of it at random.
///
/// A server that says how long (`Retry-After`) is believed, up to five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// After the first failure. Default: 1 s; at least 1 ms.
    pub initial: Duration,
    /// At most. Default: 30 s; at least `initial`.
    pub max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(30),
        }
    }
}

impl Push {
    /// Returns the defaults for a target.
    #[must_use]
    pub fn to(target: Target) -> Self {
        Self {
            target,
            interval: Duration::from_secs(60),
            aligned: false,
            jitter: Duration::ZERO,
            export_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            auth: Auth::None,
            headers: HeaderMap::new(),
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            stale_markers: true,
            native_exponential: false,
            temporality: Temporality::Cumulative,
            max_request_bytes: 4 << 20,
            check: TargetCheck::default(),
            spool: SpoolConfig::default(),
        }
    }

    /// Returns the defaults for a batch job: pushed at its end, with no staleness markers.
    #[must_use]
    pub fn at_end(target: Target) -> Self {
        Self {
            interval: Duration::ZERO,
            ..Self::to(target)
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let is_remote_write = self.target.resolve()?.is_remote_write();
        let checks = [
            (
                "push.interval",
                format!("{:?}", self.interval),
                "0, or from 1 ms to a year",
                self.interval.is_zero() || in_range(self.interval),
            ),
            (
                "push.jitter",
                format!("{:?}", self.jitter),
                "at most the interval",
                self.jitter <= self.interval,
            ),
            (
                "push.temporality",
                format!("{:?}", self.temporality),
                "Cumulative, as remote write has no deltas",
                !is_remote_write || self.temporality == Temporality::Cumulative,
            ),
            positive("push.export_timeout", self.export_timeout),
            positive("push.request_timeout", self.request_timeout),
            (
                "push.retry.initial",
                format!("{:?}", self.retry.initial),
                "from 1 ms to a year",
                in_range(self.retry.initial),
            ),
            (
                "push.retry.max",
                format!("{:?}", self.retry.max),
                "at least the initial time and at most a year",
                self.retry.max >= self.retry.initial && in_range(self.retry.max),
            ),
            (
                "push.max_request_bytes",
                self.max_request_bytes.to_string(),
                "from 65536 to 268435456",
                (64 << 10..=256 << 20).contains(&self.max_request_bytes),
            ),
        ];
        for (field, value, expected, good) in checks {
            if !good {
                return Err(ConfigError::Field {
                    field,
                    value: cut(&value),
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Returns the settings of the client, with the credentials of the address where there are no others.
    fn client(&self, address: Auth) -> ClientConfig {
        let mut headers = self.headers.clone();
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
        ClientConfig {
            auth: if self.auth == Auth::None {
                address
            } else {
                self.auth.clone()
            },
            headers,
            timeout: self.request_timeout,
            connect_timeout: self.request_timeout.min(Duration::from_secs(5)),
            max_response_bytes: 4 << 20,
            max_idle_connections: 1,
            ca_file: self.ca_file.clone(),
            client_certificate_file: self.client_certificate_file.clone(),
            client_key_file: self.client_key_file.clone(),
            ..ClientConfig::default()
        }
    }
}

fn in_range(value: Duration) -> bool {
    (Duration::from_millis(1)..=Duration::from_secs(366 * 86_400)).contains(&value)
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().collect();
        f.debug_struct("Push")
            .field("target", &self.target)
            .field("interval", &self.interval)
            .field("aligned", &self.aligned)
            .field("jitter", &self.jitter)
            .field("export_timeout", &self.export_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("retry", &self.retry)
            .field("auth", &self.auth)
            .field("headers", &headers)
            .field("ca_file", &self.ca_file)
            .field("client_certificate_file", &self.client_certificate_file)
            .field("client_key_file", &self.client_key_file)
            .field("stale_markers", &self.stale_markers)
            .field("native_exponential", &self.native_exponential)
            .field("temporality", &self.temporality)
            .field("max_request_bytes", &self.max_request_bytes)
            .field("check", &self.check)
            .field("spool", &self.spool)
            .finish()
    }
}
