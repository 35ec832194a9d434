//! Where pushes go: from a server's address to the address of a request.

use std::fmt;

use vmotel_http::{Auth, BaseUrl};
use vmotel_wire::{otlp, remote_write};

use super::explain;
use crate::{error::ConfigError, spool::ParcelKind};

/// Where metrics are pushed to, and in which protocol.
///
/// The address may hold credentials (`http://user:password@host`); they are sent as basic authentication and never shown.
///
/// ```
/// use vmotel_exporter::{Compression, Target};
///
/// let single = Target::victoria("http://localhost:8428"); // also vmagent, http://localhost:8429
/// let cluster = Target::cluster("http://vminsert:8480", "42:7");
/// let write = Target::victoria("http://localhost:8428").remote_write();
/// let other = Target::otlp("https://collector.example/v1/metrics").with_compression(Compression::None);
/// assert_eq!(format!("{single:?}"), "Target(otlp with gzip to http://localhost:8428/opentelemetry/v1/metrics)");
/// # let _ = (cluster, write, other);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    place: Place,
    url: String,
    protocol: Protocol,
    compression: Option<Compression>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A base address of VictoriaMetrics or vmagent, to which paths are added.
    Single,
    /// A base address of vminsert.
    Cluster { tenant: String },
    /// A whole address.
    Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Otlp,
    RemoteWrite,
}

/// How the bodies of pushes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all; for OTLP.
    None,
    /// gzip, which every receiver of OTLP reads. The default of OTLP.
    Gzip,
    /// The block format of snappy, which every receiver of remote write reads. The default of remote write, and only for it.
    Snappy,
    /// zstd: smaller and quicker. VictoriaMetrics reads it in remote write, and in OTLP from 1.114 on: an older one answers small bodies
    /// with a success and may store nonsense. Needs the feature `zstd`.
    Zstd,
}

impl Target {
    /// A single node of VictoriaMetrics, or vmagent: its base address, such as `http://localhost:8428`. Pushes OTLP.
    pub fn victoria(base: impl Into<String>) -> Self {
        Self::new(Place::Single, base.into(), Protocol::Otlp)
    }

    /// A cluster of VictoriaMetrics: the base address of vminsert, such as `http://vminsert:8480`, and the tenant: `account`,
    /// `account:project` or `multitenant`. Pushes OTLP.
    pub fn cluster(base: impl Into<String>, tenant: impl Into<String>) -> Self {
        let tenant = tenant.into();
        Self::new(Place::Cluster { tenant }, base.into(), Protocol::Otlp)
    }

    /// Any receiver of OTLP over HTTP with protobuf: the whole address, such as `http://localhost:4318/v1/metrics`.
    pub fn otlp(url: impl Into<String>) -> Self {
        Self::new(Place::Url, url.into(), Protocol::Otlp)
    }

    /// Any receiver of remote write 1.0: the whole address, such as `http://localhost:9090/api/v1/write`.
    pub fn prometheus(url: impl Into<String>) -> Self {
        Self::new(Place::Url, url.into(), Protocol::RemoteWrite)
    }

    /// Pushes remote write 1.0 instead of OTLP.
    #[must_use]
    pub fn remote_write(mut self) -> Self {
        self.protocol = Protocol::RemoteWrite;
        self
    }

    /// Sets how bodies are compressed. Default: gzip for OTLP, snappy for remote write.
    #[must_use]
    pub const fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Sets how OTLP is compressed, unless it was said before; remote write keeps its own.
    pub(crate) fn or_otlp_compression(mut self, compression: Compression) -> Self {
        if self.protocol == Protocol::Otlp {
            self.compression.get_or_insert(compression);
        }
        self
    }

    const fn new(place: Place, url: String, protocol: Protocol) -> Self {
        Self {
            place,
            url,
            protocol,
            compression: None,
        }
    }

    /// Works out where each request goes.
    pub(super) fn resolve(&self) -> Result<Resolved, ConfigError> {
        // A query may hold keys as well as credentials do: it is never shown.
        let (address, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (base, auth) = BaseUrl::split_credentials(address).map_err(|error| ConfigError::Target {
            url: "the address".to_owned(),
            fault: error.to_string(),
        })?;
        let fault = |fault: String| ConfigError::Target {
            url: base.to_string(),
            fault,
        };
        let kind = self.kind().map_err(|text| fault(text.to_owned()))?;
        let whole = Some(match base.prefix() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        });
        let (otlp, write) = match &self.place {
            Place::Single => {
                explain::base(&base).map_or(Ok(()), |text| Err(fault(text)))?;
                (Some(otlp::PATH.to_owned()), Some(remote_write::PATH.to_owned()))
            }
            Place::Cluster { tenant } => {
                explain::cluster(&base, tenant).map_or(Ok(()), |text| Err(fault(text)))?;
                (
                    Some(format!("/insert/{tenant}{}", otlp::PATH)),
                    Some(format!("/insert/{tenant}/prometheus{}", remote_write::PATH)),
                )
            }
            Place::Url if self.protocol == Protocol::Otlp => {
                explain::otlp(&base).map_or(Ok(()), |text| Err(fault(text)))?;
                (whole, None)
            }
            Place::Url => {
                explain::remote_write(&base).map_or(Ok(()), |text| Err(fault(text)))?;
                (None, whole)
            }
        };
        let is_victoria = self.place != Place::Url || explain::is_victoria(&base);
        Ok(Resolved {
            is_victoria,
            base: if self.place == Place::Url {
                origin(&base)
            } else {
                base
            },
            auth,
            query: query.to_owned(),
            kind,
            otlp,
            write,
        })
    }

    fn kind(&self) -> Result<ParcelKind, &'static str> {
        let compression = self.compression.unwrap_or(match self.protocol {
            Protocol::Otlp => Compression::Gzip,
            Protocol::RemoteWrite => Compression::Snappy,
        });
        if compression == Compression::Zstd && cfg!(not(feature = "zstd")) {
            return Err("zstd needs the feature `zstd` of vmotel-exporter");
        }
        Ok(match (self.protocol, compression) {
            (Protocol::Otlp, Compression::None) => ParcelKind::Otlp,
            (Protocol::Otlp, Compression::Gzip) => ParcelKind::OtlpGzip,
            (Protocol::Otlp, Compression::Zstd) => ParcelKind::OtlpZstd,
            (Protocol::RemoteWrite, Compression::Snappy) => ParcelKind::RemoteWriteSnappy,
            (Protocol::RemoteWrite, Compression::Zstd) => ParcelKind::RemoteWriteZstd,
            (Protocol::Otlp, Compression::Snappy) => {
                return Err("otlp cannot be compressed with snappy, expected none, gzip or zstd");
            }
            (Protocol::RemoteWrite, _) => {
                return Err("remote write is compressed with snappy or zstd, expected one of them");
            }
        })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resolve() {
            Ok(resolved) => write!(f, "Target({resolved})"),
            Err(_) => f.write_str("Target(not usable)"),
        }
    }
}

/// Returns the address without its path.
fn origin(base: &BaseUrl) -> BaseUrl {
    let whole = base.to_string();
    let origin = whole.strip_suffix(base.prefix()).unwrap_or(&whole);
    origin.parse().unwrap_or_else(|_| base.clone())
}

/// A target whose address was checked.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) base: BaseUrl,
    pub(super) auth: Auth,
    /// Of the address, as given.
    pub(super) query: String,
    pub(super) kind: ParcelKind,
    /// Whether it is VictoriaMetrics as far as its address tells: then it adds labels on request.
    pub(super) is_victoria: bool,
    otlp: Option<String>,
    write: Option<String>,
}

impl Resolved {
    pub(super) const fn is_remote_write(&self) -> bool {
        matches!(
            self.kind,
            ParcelKind::RemoteWriteSnappy | ParcelKind::RemoteWriteZstd
        )
    }

    /// Returns the path below the base for a kind of parcel, or none if the target does not take it.
    pub(super) fn path(&self, kind: ParcelKind) -> Option<&str> {
        match kind {
            ParcelKind::Otlp | ParcelKind::OtlpGzip | ParcelKind::OtlpZstd => self.otlp.as_deref(),
            ParcelKind::RemoteWriteSnappy | ParcelKind::RemoteWriteZstd => self.write.as_deref(),
        }
    }
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.kind {
            ParcelKind::Otlp => "otlp",
            ParcelKind::OtlpGzip => "otlp with gzip",
            ParcelKind::OtlpZstd => "otlp with zstd",
            ParcelKind::RemoteWriteSnappy => "remote write with snappy",
            ParcelKind::RemoteWriteZstd => "remote write with zstd",
        };
        let path = self.path(self.kind).unwrap_or_default();
        write!(f, "{words} to {}{path}", self.base)
    }
}
