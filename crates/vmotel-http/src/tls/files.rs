//! The files with certificates and a key.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::{ClientConfig, ConfigError};

/// A larger file is surely none of these.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where they are.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(super) authority: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

/// What is in them. It has no `Debug`: one of them is secret.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Material {
    pub(super) authority: Option<Vec<u8>>,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) key: Option<Vec<u8>>,
}

impl Files {
    pub(crate) fn of(config: &ClientConfig) -> Self {
        Self {
            authority: config.ca_file.clone(),
            certificate: config.client_certificate_file.clone(),
            key: config.client_key_file.clone(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.authority.is_none() && self.certificate.is_none()
    }

    pub(super) fn read(&self) -> Result<Material, ConfigError> {
        let authority = read(&self.authority).map_err(|(path, e)| super::trust(path, e.to_string()))?;
        let identity = |(path, e): (&Path, io::Error)| super::identity(path, e.to_string());
        Ok(Material {
            authority,
            certificate: read(&self.certificate).map_err(identity)?,
            key: read(&self.key).map_err(identity)?,
        })
    }
}

fn read(path: &Option<PathBuf>) -> Result<Option<Vec<u8>>, (&Path, io::Error)> {
    let Some(path) = path else { return Ok(None) };
    let bounded = || {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path)?
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)?;
        if read as u64 > MAX_BYTES {
            return Err(io::Error::other("it has more than 4 MiB, expected PEM"));
        }
        Ok(bytes)
    };
    bounded().map(Some).map_err(|error| (path.as_path(), error))
}
