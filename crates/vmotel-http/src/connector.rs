//! Connections: TCP, and TLS over it with the feature `tls`.

use hyper_util::client::legacy::connect::HttpConnector;

use crate::ClientConfig;

#[cfg(feature = "tls")]
pub(crate) type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
pub(crate) type Connector = HttpConnector;

/// Returns the connector of TCP.
pub(crate) fn tcp(config: &ClientConfig) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(config.connect_timeout));
    tcp.set_nodelay(true);
    tcp
}

/// Returns the connector of TCP with these settings of TLS over it.
#[cfg(feature = "tls")]
pub(crate) fn tls(config: &ClientConfig, tls: rustls::ClientConfig) -> Connector {
    let mut tcp = tcp(config);
    tcp.enforce_http(false);
    hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp)
}
