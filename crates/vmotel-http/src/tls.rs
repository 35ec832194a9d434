//! TLS: rustls with ring; trust comes from the system's store and one optional file.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig as TlsConfig, RootCertStore};

use crate::{BaseUrl, ClientConfig, ConfigError};

/// Returns the settings of rustls for this server.
///
/// The system's store is read only for `https`: a plain client neither pays for it nor fails where there is none.
pub(crate) fn client_config(base: &BaseUrl, config: &ClientConfig) -> Result<TlsConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    if base.is_https() {
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs);
        if let Some(path) = &config.ca_file {
            let failed = |reason: String| ConfigError::Certificates {
                from: path.display().to_string(),
                reason,
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))?;
            let mut added = 0;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| failed(e.to_string()))?;
                roots.add(certificate).map_err(|e| failed(e.to_string()))?;
                added += 1;
            }
            if added == 0 {
                return Err(failed("there is no certificate in it".to_owned()));
            }
        }
        if roots.is_empty() {
            let reasons: Vec<String> = system.errors.iter().map(ToString::to_string).collect();
            return Err(ConfigError::Certificates {
                from: "the system's store".to_owned(),
                reason: if reasons.is_empty() {
                    "it is empty".to_owned()
                } else {
                    reasons.join("; ")
                },
            });
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = TlsConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|e| ConfigError::Certificates {
        from: "ring".to_owned(),
        reason: e.to_string(),
    })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
