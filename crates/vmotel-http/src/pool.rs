//! The connections, which are made anew when the certificates change.

use std::fmt;
#[cfg(feature = "tls")]
use std::sync::{Arc, PoisonError, RwLock};

use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::connector::{self, Connector};
use crate::{BaseUrl, Body, ClientConfig, ConfigError};

type Connections = legacy::Client<Connector, Body>;

/// The connections of one client.
pub(crate) struct Pool {
    #[cfg(not(feature = "tls"))]
    connections: Connections,
    #[cfg(feature = "tls")]
    connections: RwLock<Connections>,
    #[cfg(feature = "tls")]
    renewal: Option<Arc<crate::tls::Renewal>>,
}

#[cfg(not(feature = "tls"))]
impl Pool {
    pub(crate) fn new(base: &BaseUrl, config: &ClientConfig) -> Result<Self, ConfigError> {
        let asks = [
            (base.is_https(), format!("the server address {base}")),
            (config.ca_file.is_some(), "ca_file".to_owned()),
            (
                config.client_certificate_file.is_some(),
                "client_certificate_file".to_owned(),
            ),
        ];
        if let Some((_, name)) = asks.into_iter().find(|(asks, _)| *asks) {
            return Err(ConfigError::TlsDisabled { name });
        }
        Ok(Self {
            connections: build(config, connector::tcp(config)),
        })
    }

    #[expect(clippy::unused_async, reason = "with the feature `tls` it waits")]
    pub(crate) async fn get(&self, _config: &ClientConfig) -> Connections {
        self.connections.clone()
    }

    #[expect(clippy::unused_self, reason = "with the feature `tls` there may be one")]
    pub(crate) const fn error(&self) -> Option<String> {
        None
    }
}

#[cfg(feature = "tls")]
impl Pool {
    pub(crate) fn new(base: &BaseUrl, config: &ClientConfig) -> Result<Self, ConfigError> {
        use crate::tls::{Files, Renewal, System, plain};
        let (renewal, tls) = if base.is_https() {
            let (renewal, tls) = Renewal::begin(System::load(), Files::of(config))?;
            (Some(renewal), tls)
        } else {
            (None, plain()?)
        };
        Ok(Self {
            connections: RwLock::new(build(config, connector::tls(config, tls))),
            renewal,
        })
    }

    /// Returns the connections; those under certificates that have changed are left behind.
    pub(crate) async fn get(&self, config: &ClientConfig) -> Connections {
        if let Some(renewal) = &self.renewal
            && let Some(tls) = renewal.look().await
        {
            let renewed = build(config, connector::tls(config, tls));
            *self.connections.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        }
        let connections = self.connections.read();
        connections.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn error(&self) -> Option<String> {
        self.renewal.as_ref()?.error()
    }
}

fn build(config: &ClientConfig, connector: Connector) -> Connections {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(config.idle_timeout)
        .pool_max_idle_per_host(config.max_idle_connections)
        .build(connector)
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
