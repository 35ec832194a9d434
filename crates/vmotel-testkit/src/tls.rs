//! Certificates made at run time, good ones and bad ones.
//!
//! # Examples
//! ```
//! use vmotel_testkit::tls::{Authority, ServerTls};
//! use vmotel_testkit::{FaultConfig, FaultProxy};
//!
//! let authority = Authority::new();
//! let tls = Some(ServerTls::new(authority.server(&["127.0.0.1", "localhost"])));
//! let proxy = FaultProxy::start_with(FaultConfig { tls, ..FaultConfig::default() })?;
//! assert!(proxy.url().starts_with("https://127.0.0.1:"));
//! assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! # Ok::<(), vmotel_testkit::Error>(())
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

/// An authority that nobody trusts until told to, with a key that exists only in this process.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, both as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key (PKCS #8).
    pub key: String,
}

/// With what a [`FaultProxy`](crate::FaultProxy) speaks TLS.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// What it shows to clients.
    pub identity: Identity,
    /// The authority, as PEM, of which clients must show a certificate. Default: none, and clients need not.
    pub client_authority: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Panics
    /// The system gives no randomness.
    #[must_use]
    pub fn new() -> Self {
        let mut params = params(&[], "vmotel test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, new_key()).expect("the parameters are valid");
        Self { issuer }
    }

    /// Returns its certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Makes a certificate of a server with these host names or addresses.
    ///
    /// # Panics
    /// A name is not ASCII.
    #[must_use]
    pub fn server(&self, names: &[&str]) -> Identity {
        self.sign(&server_params(names))
    }

    /// Makes a certificate of a server that ended in the year 2001.
    ///
    /// # Panics
    /// A name is not ASCII.
    #[must_use]
    pub fn expired_server(&self, names: &[&str]) -> Identity {
        let mut params = server_params(names);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.sign(&params)
    }

    /// Makes a certificate of a client.
    ///
    /// # Panics
    /// The system gives no randomness.
    #[must_use]
    pub fn client(&self, name: &str) -> Identity {
        let mut params = params(&[], name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer);
        Identity {
            certificate: certificate.expect("the parameters are valid").pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Identity {
    /// Makes a certificate of a server that no authority has signed.
    ///
    /// # Panics
    /// A name is not ASCII.
    #[must_use]
    pub fn self_signed(names: &[&str]) -> Self {
        let key = new_key();
        let certificate = server_params(names).self_signed(&key);
        Self {
            certificate: certificate.expect("the parameters are valid").pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes `NAME.pem` and `NAME.key` into a folder, each renamed into its place, and returns their paths.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> io::Result<(PathBuf, PathBuf)> {
        let put = |file: String, text: &str| {
            let (unfinished, path) = (folder.join(format!("{file}.new")), folder.join(file));
            std::fs::write(&unfinished, text)?;
            std::fs::rename(unfinished, &path)?;
            io::Result::Ok(path)
        };
        Ok((
            put(format!("{name}.pem"), &self.certificate)?,
            put(format!("{name}.key"), &self.key)?,
        ))
    }
}

impl ServerTls {
    /// Shows this identity and asks clients for none.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self {
            identity,
            client_authority: None,
        }
    }

    pub(crate) fn server_config(&self) -> io::Result<Arc<rustls::ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = match &self.client_authority {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                roots.add(certificate(pem)?).map_err(io::Error::other)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(io::Error::other)?)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(self.identity.key.as_bytes()).map_err(io::Error::other)?;
        let chain = vec![certificate(&self.identity.certificate)?];
        let config = builder.with_single_cert(chain, key).map_err(io::Error::other)?;
        Ok(Arc::new(config))
    }
}

fn certificate(pem: &str) -> io::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the system gives randomness")
}

fn server_params(names: &[&str]) -> CertificateParams {
    let mut params = params(names, "vmotel test server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("the names are ascii");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}
