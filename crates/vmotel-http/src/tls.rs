//! TLS: rustls with ring; trust comes from the system's store and one optional file.

mod files;
mod renewal;

use std::path::Path;
use std::sync::Arc;

pub(crate) use files::Files;
use files::Material;
pub(crate) use renewal::Renewal;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig as TlsConfig, RootCertStore};

use crate::ConfigError;

/// The system's store, read once.
#[derive(Debug)]
pub(crate) struct System {
    roots: RootCertStore,
    errors: Vec<String>,
}

impl System {
    pub(crate) fn load() -> Self {
        let system = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system.certs);
        let errors = system.errors.iter().map(ToString::to_string).collect();
        Self { roots, errors }
    }

    /// Returns the settings of rustls for `https`.
    fn config(&self, files: &Files, material: &Material) -> Result<TlsConfig, ConfigError> {
        let mut roots = self.roots.clone();
        if let (Some(path), Some(pem)) = (&files.authority, &material.authority) {
            let failed = |reason| trust(path, reason);
            for certificate in certificates(pem).map_err(failed)? {
                roots.add(certificate).map_err(|e| failed(e.to_string()))?;
            }
        }
        if roots.is_empty() {
            return Err(ConfigError::Certificates {
                from: "the system's store".to_owned(),
                reason: match self.errors.as_slice() {
                    [] => "it is empty".to_owned(),
                    errors => errors.join("; "),
                },
            });
        }
        let builder = builder(roots)?;
        let (Some(path), Some(chain), Some(key)) = (&files.certificate, &material.certificate, &material.key)
        else {
            return Ok(builder.with_no_client_auth());
        };
        let failed = |reason| identity(path, reason);
        let chain = certificates(chain).map_err(failed)?;
        // What the parser says is left out: it could quote the file.
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            failed("its key file holds no private key (PEM: PKCS #8, PKCS #1 or SEC1)".to_owned())
        })?;
        // It also finds a key that is not the certificate's.
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|e| failed(e.to_string()))
    }
}

/// Returns the settings of rustls for a client that never uses them: it neither pays for the system's store nor fails where there is none.
pub(crate) fn plain() -> Result<TlsConfig, ConfigError> {
    Ok(builder(RootCertStore::empty())?.with_no_client_auth())
}

type Builder = rustls::ConfigBuilder<TlsConfig, rustls::client::WantsClientCert>;

fn builder(roots: RootCertStore) -> Result<Builder, ConfigError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = TlsConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|e| ConfigError::Certificates {
        from: "ring".to_owned(),
        reason: e.to_string(),
    })?;
    Ok(builder.with_root_certificates(roots))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|e| e.to_string())?;
    if found.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(found)
}

fn trust(path: &Path, reason: String) -> ConfigError {
    ConfigError::Certificates {
        from: path.display().to_string(),
        reason,
    }
}

fn identity(path: &Path, reason: String) -> ConfigError {
    ConfigError::Identity {
        from: path.display().to_string(),
        reason,
    }
}
