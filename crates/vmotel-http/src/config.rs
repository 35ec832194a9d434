//! The settings of a client.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderMap;
use thiserror::Error;

use crate::Auth;

/// The settings of a [`Client`](crate::Client), checked once when it is made.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use vmotel_http::{Auth, BaseUrl, Client, ClientConfig};
///
/// let base: BaseUrl = "http://localhost:8428".parse()?;
/// let config = ClientConfig { auth: Auth::Bearer("token".into()), timeout: Duration::from_secs(5), ..ClientConfig::default() };
/// let client = Client::new(base, config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// How requests prove who sends them. Default: not at all.
    pub auth: Auth,
    /// Headers added to every request, in place of those of the same name that the client or the request would set. Values of
    /// headers that carry keys should be marked sensitive, so that `Debug` hides them. Default: none.
    pub headers: HeaderMap,
    /// The time for one whole exchange, from the connection to the last byte of the body. Default: 30 s; must not be zero.
    pub timeout: Duration,
    /// The part of `timeout` after which a connection attempt is given up. Default: 5 s; must not be zero.
    pub connect_timeout: Duration,
    /// The largest body of an answer, counted after decoding, in bytes. Default: 256 MiB; must not be zero.
    pub max_response_bytes: u64,
    /// Idle connections kept for the next request. Default: 8; 0 makes a new connection for every request.
    pub max_idle_connections: usize,
    /// How long an idle connection is kept. Default: 20 s, well below the 60 s after which VictoriaMetrics closes it, so that a
    /// request rarely meets a connection that is just going away.
    pub idle_timeout: Duration,
    /// Whether answers may come compressed with gzip. Default: false: over a local network, compressing large answers costs both
    /// sides more time than sending them plain. Worth it over slow links.
    pub gzip: bool,
    /// A PEM file of certificates to trust besides the system's. Only with the feature `tls`; without it a value is refused.
    /// Default: none.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the certificate that the client shows to the server, and those of its issuers. Only with the feature `tls`, and
    /// with `client_key_file`. Default: none.
    ///
    /// This file, the next one and `ca_file` are looked at again at most once a second. What has changed and can be used is used for new
    /// connections; while it cannot, as when the key does not belong to the certificate yet, the last good files count.
    pub client_certificate_file: Option<PathBuf>,
    /// A PEM file with the private key of the certificate: PKCS #8, PKCS #1 or SEC1, not encrypted. Default: none.
    pub client_key_file: Option<PathBuf>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_response_bytes: 256 * 1024 * 1024,
            max_idle_connections: 8,
            idle_timeout: Duration::from_secs(20),
            gzip: false,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
        }
    }
}

/// Why the settings of a client were refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A duration or size is zero.
    #[error("{name} is 0, expected more")]
    Zero {
        /// The field of [`ClientConfig`].
        name: &'static str,
    },
    /// The credentials cannot be sent.
    #[error("auth cannot be used: {reason}")]
    Auth {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// The setting needs the feature `tls` of the crate vmotel-http.
    #[error("{name} asks for tls, expected the feature `tls` of vmotel-http to be enabled for it")]
    TlsDisabled {
        /// What asks for it.
        name: String,
    },
    /// The certificates to trust could not be loaded.
    #[error("the certificates to trust could not be loaded from {from}: {reason}")]
    Certificates {
        /// Where they were looked for.
        from: String,
        /// What is wrong.
        reason: String,
    },
    /// The client's own certificate and key could not be loaded.
    #[error("the client certificate and its key could not be loaded from {from}: {reason}")]
    Identity {
        /// The file that was tried.
        from: String,
        /// What is wrong.
        reason: String,
    },
    /// Of certificate and key only one is set.
    #[error("{missing} is not set although {set} is, expected both or neither")]
    Half {
        /// The field that is set.
        set: &'static str,
        /// The field that is not.
        missing: &'static str,
    },
}

impl ClientConfig {
    /// Checks what can be checked without the rest of the client.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        for (name, zero) in [
            ("timeout", self.timeout.is_zero()),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("max_response_bytes", self.max_response_bytes == 0),
        ] {
            if zero {
                return Err(ConfigError::Zero { name });
            }
        }
        let (certificate, key) = ("client_certificate_file", "client_key_file");
        let half = match (&self.client_certificate_file, &self.client_key_file) {
            (Some(_), None) => Some((certificate, key)),
            (None, Some(_)) => Some((key, certificate)),
            _ => None,
        };
        if let Some((set, missing)) = half {
            return Err(ConfigError::Half { set, missing });
        }
        Ok(())
    }
}
