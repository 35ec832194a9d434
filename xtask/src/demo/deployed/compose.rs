//! The compose file as compose reads it: what `docker-compose config` makes of it, variables filled in and paths absolute.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use vmotel_testkit::{
    Version,
    tools::{Finder, Tool},
};

/// A service of the compose file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Service {
    pub(super) image: String,
    #[serde(default)]
    pub(super) entrypoint: Option<Vec<String>>,
    #[serde(default)]
    pub(super) command: Option<Vec<String>>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) volumes: Vec<Mount>,
    #[serde(default)]
    pub(super) secrets: Vec<Secret>,
    #[serde(default)]
    pub(super) depends_on: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(default)]
    healthcheck: Option<Health>,
}

/// A folder of this machine, or a volume, and where the container has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mount {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) target: String,
}

/// A secret and where the container has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Secret {
    pub(super) source: String,
    pub(super) target: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Health {
    test: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    services: BTreeMap<String, Service>,
    secrets: BTreeMap<String, SecretFile>,
}

#[derive(Debug, Deserialize)]
struct SecretFile {
    file: String,
}

/// The services by name, and the file of each secret.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) secrets: BTreeMap<String, String>,
}

impl Service {
    /// Returns the port and the path that its health is asked at.
    pub(super) fn health(&self) -> anyhow::Result<(u16, &str)> {
        let test = self.healthcheck.as_ref().and_then(|health| health.test.last());
        let url = test.context("no health check")?;
        let rest = url
            .strip_prefix("http://127.0.0.1:")
            .with_context(|| format!("the health check asks {url}"))?;
        let slash = rest.find('/').context("the health check has no path")?;
        Ok((rest[..slash].parse().context("no port")?, &rest[slash..]))
    }

    /// Returns the name of the image without registry, organisation and tag.
    pub(super) fn program(&self) -> &str {
        let name = self.image.rsplit('/').next().unwrap_or(&self.image);
        name.split([':', '@']).next().unwrap_or(name)
    }
}

/// Has docker-compose read the compose file of a rendered folder.
pub(super) fn read(version: Version, folder: &Path) -> anyhow::Result<Parts> {
    let compose = Finder::from_env().find(Tool::DockerCompose, version)?;
    let output = Command::new(&compose.path)
        .args(["--file=compose.yml", "config", "--format=json"])
        .current_dir(folder)
        .output()
        .context("cannot run docker-compose")?;
    ensure!(
        output.status.success(),
        "docker-compose refuses the file: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).context("docker-compose printed no text")?;
    // What it prints is a compose file again, in which a dollar is written twice.
    let file: File =
        serde_json::from_str(&text.replace("$$", "$")).context("docker-compose printed no services")?;
    Ok(Parts {
        services: file.services,
        secrets: file
            .secrets
            .into_iter()
            .map(|(name, secret)| (name, secret.file))
            .collect(),
    })
}
