//! From the world of the containers to this machine: hosts and ports, folders, secrets.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

use super::compose::{Parts, Service};

/// Where everything of the containers is on this machine.
#[derive(Debug)]
pub(super) struct Layout {
    /// The port here, by service and port there. Each is held until its service starts, so that no other program takes it.
    ports: BTreeMap<(String, u16), Held>,
    /// The folder of copied configuration and of data.
    work: PathBuf,
    secrets: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Held {
    port: u16,
    listener: Option<TcpListener>,
}

impl Layout {
    /// Takes a free port for every port that a service listens on, and makes the folder.
    pub(super) fn new(parts: &Parts, work: &Path) -> anyhow::Result<Self> {
        let mut ports = BTreeMap::new();
        for (name, service) in &parts.services {
            for port in listens(service) {
                let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
                let held = Held {
                    port: listener.local_addr().context("no address")?.port(),
                    listener: Some(listener),
                };
                ports.insert((name.clone(), port), held);
            }
        }
        fs::create_dir_all(work).with_context(|| format!("cannot create {}", work.display()))?;
        Ok(Self {
            ports,
            work: work.to_path_buf(),
            secrets: parts.secrets.clone(),
        })
    }

    /// Returns where a port of a service is here, as `127.0.0.1:PORT`.
    pub(super) fn address(&self, service: &str, port: u16) -> anyhow::Result<String> {
        let held = self.ports.get(&(service.to_owned(), port));
        held.map(|held| format!("127.0.0.1:{}", held.port))
            .with_context(|| format!("{service} does not listen on {port}"))
    }

    /// Lets go of the ports of a service, which is about to take them.
    pub(super) fn release(&mut self, service: &str) {
        for ((name, _), held) in &mut self.ports {
            if name == service {
                held.listener = None;
            }
        }
    }

    /// Copies the configuration of a service with hosts and ports mapped, and makes its folders of data.
    pub(super) fn prepare(&self, name: &str, service: &Service) -> anyhow::Result<()> {
        for mount in &service.volumes {
            let to = self.here(name, &mount.target);
            fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
            if mount.kind != "bind" {
                continue;
            }
            for entry in
                fs::read_dir(&mount.source).with_context(|| format!("cannot read {}", mount.source))?
            {
                let from = entry?.path();
                let Some(file) = from.file_name().filter(|_| from.is_file()) else {
                    continue;
                };
                let text =
                    fs::read_to_string(&from).with_context(|| format!("cannot read {}", from.display()))?;
                let text = self
                    .configuration(&text)
                    .with_context(|| format!("in {}", from.display()))?;
                fs::write(to.join(file), text).with_context(|| format!("cannot write {}", to.display()))?;
            }
        }
        Ok(())
    }

    /// Maps an argument or a variable of a service.
    pub(super) fn argument(&self, name: &str, service: &Service, text: &str) -> anyhow::Result<String> {
        let text = self.urls(text);
        if let Some((flag, value)) = text.split_once('=') {
            if let Some(port) = listening(value) {
                return Ok(format!("{flag}={}", self.address(name, port)?));
            }
            if let Some(path) = self.path(name, service, value) {
                return Ok(format!("{flag}={path}"));
            }
        }
        // Scripts and `file://` name secrets.
        let mut text = text;
        for secret in &service.secrets {
            let file = self.secrets.get(&secret.source);
            let file = file.with_context(|| format!("no file of the secret {}", secret.source))?;
            text = text.replace(&secret.target, file);
        }
        Ok(text)
    }

    /// Returns the path here if a text is one of the container's.
    fn path(&self, name: &str, service: &Service, text: &str) -> Option<String> {
        service.volumes.iter().find_map(|mount| {
            let rest = text.strip_prefix(&mount.target)?;
            let inside = rest.is_empty() || rest.starts_with('/');
            inside.then(|| format!("{}{rest}", self.here(name, &mount.target).display()))
        })
    }

    fn here(&self, name: &str, target: &str) -> PathBuf {
        self.work.join(name).join(target.trim_start_matches('/'))
    }

    /// Maps the URLs of services; links for people, such as those to Grafana on localhost, stay.
    fn urls(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for ((name, port), held) in &self.ports {
            let (from, to) = (
                format!("http://{name}:{port}"),
                format!("http://127.0.0.1:{}", held.port),
            );
            text = text.replace(&from, &to);
        }
        text
    }

    /// Maps a configuration file. Of a scrape configuration the names stay names for the discovery by DNS, which takes an address for
    /// its own.
    fn configuration(&self, text: &str) -> anyhow::Result<String> {
        if !text.contains("scrape_configs:") {
            return Ok(self.urls(text));
        }
        let mut config: Value = serde_saphyr::from_str(text).context("no YAML")?;
        let jobs = config["scrape_configs"]
            .as_array_mut()
            .context("no scrape_configs")?;
        for dns in jobs
            .iter_mut()
            .flat_map(|job| job["dns_sd_configs"].as_array_mut())
            .flatten()
        {
            let port = dns["port"].as_u64().and_then(|port| u16::try_from(port).ok());
            let (name, port) = (
                dns["names"][0].as_str().context("no name")?,
                port.context("no port")?,
            );
            let address = self.address(name, port)?;
            let (host, port) = address.split_once(':').context("no port")?;
            (dns["names"][0], dns["port"]) = (host.into(), port.parse::<u16>()?.into());
        }
        // JSON is YAML.
        Ok(serde_json::to_string_pretty(&config)?)
    }
}

/// Returns the ports that a service listens on: by flag, by variable, or where its health is asked.
fn listens(service: &Service) -> Vec<u16> {
    let flags = service.command.iter().flatten();
    let values = flags
        .filter_map(|flag| flag.split_once('='))
        .map(|(_, value)| value);
    let mut ports: Vec<u16> = values.filter_map(listening).collect();
    ports.extend(service.health().map(|(port, _)| port));
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Reads an address such as `:8428`.
fn listening(value: &str) -> Option<u16> {
    value.strip_prefix(':')?.parse().ok()
}
