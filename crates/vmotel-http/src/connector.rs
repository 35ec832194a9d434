//! Connections: TCP, and TLS over it with the feature `tls`.

use hyper_util::client::legacy::connect::HttpConnector;

use crate::{BaseUrl, ClientConfig, ConfigError};

#[cfg(feature = "tls")]
pub(crate) type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
pub(crate) type Connector = HttpConnector;

/// Returns the connector for this server.
pub(crate) fn connector(base: &BaseUrl, config: &ClientConfig) -> Result<Connector, ConfigError> {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(config.connect_timeout));
    tcp.set_nodelay(true);
    finish(tcp, base, config)
}

#[cfg(not(feature = "tls"))]
fn finish(tcp: HttpConnector, base: &BaseUrl, config: &ClientConfig) -> Result<Connector, ConfigError> {
    if base.is_https() {
        return Err(ConfigError::TlsDisabled {
            name: format!("the server address {base}"),
        });
    }
    if config.ca_file.is_some() {
        return Err(ConfigError::TlsDisabled {
            name: "ca_file".to_owned(),
        });
    }
    Ok(tcp)
}

#[cfg(feature = "tls")]
fn finish(mut tcp: HttpConnector, base: &BaseUrl, config: &ClientConfig) -> Result<Connector, ConfigError> {
    tcp.enforce_http(false);
    let tls = crate::tls::client_config(base, config)?;
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp))
}
