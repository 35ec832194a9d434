//! The processes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use vmotel_query::{Auth, ClientConfig, QueryClient, Tenant};
use vmotel_testkit::{
    Alertmanager, Launch, Process, Version,
    tools::{Finder, Tool},
};

use super::{
    compose::{Parts, Service},
    layout::Layout,
};

/// What compose starts only once, to prepare the volumes; the folders here are our own.
const PREPARES: &str = "volume-owner";
/// Nobody packages it; its target stays down, which `TargetDown` tells.
const ABSENT: &str = "grafana";

/// The running services of a deployment, without those that this machine does not have.
#[derive(Debug)]
pub(super) struct Running {
    services: BTreeMap<String, Server>,
    layout: Layout,
    client: QueryClient,
    /// The services that are not run.
    pub(super) absent: Vec<String>,
}

#[derive(Debug)]
enum Server {
    Process(Process),
    Alertmanager(Alertmanager),
}

impl Server {
    fn process(&self) -> &Process {
        match self {
            Self::Process(process) => process,
            Self::Alertmanager(alertmanager) => alertmanager,
        }
    }
}

impl Running {
    /// Starts the services, each after those it depends on, and waits for the health of each as compose would.
    pub(super) fn start(
        version: Version,
        parts: &Parts,
        folder: &Path,
        work: &Path,
        application: &Path,
    ) -> anyhow::Result<Self> {
        let mut layout = Layout::new(parts, work)?;
        let mut services = BTreeMap::new();
        let mut absent = Vec::new();
        for name in order(parts)? {
            let service = &parts.services[name];
            if name == PREPARES {
                continue;
            }
            if service.program() == ABSENT {
                absent.push(name.clone());
                layout.release(name);
                continue;
            }
            let server = start(version, name, service, &mut layout, application)
                .with_context(|| format!("the service {name} does not start"))?;
            services.insert(name.clone(), server);
        }
        let password = fs::read_to_string(folder.join("secrets/reader_password"))
            .context("no password of the reader")?;
        let config = ClientConfig {
            auth: Auth::Basic {
                username: "reader".to_owned(),
                password: password.into(),
            },
            ..ClientConfig::default()
        };
        let proxy = format!("http://{}", layout.address("vmauth", 8427)?);
        Ok(Self {
            client: QueryClient::new(proxy.parse()?, Tenant::SingleNode, config)?,
            services,
            layout,
            absent,
        })
    }

    /// Returns a client that reads through vmauth.
    pub(super) fn client(&self) -> &QueryClient {
        &self.client
    }

    /// Returns where a port of a service is.
    pub(super) fn address(&self, service: &str, port: u16) -> anyhow::Result<String> {
        self.layout.address(service, port)
    }

    /// Returns the names of the running services.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    pub(super) fn print(&self) {
        for (name, server) in &self.services {
            println!("{name:<18} {}", server.process().url());
        }
        println!("{:<18} {}", "not run here", self.absent.join(", "));
    }
}

/// Returns the names such that what a service depends on comes before it.
fn order(parts: &Parts) -> anyhow::Result<Vec<&String>> {
    let mut done: Vec<&String> = Vec::new();
    let mut left: BTreeSet<&String> = parts.services.keys().collect();
    while !left.is_empty() {
        let ready = left.iter().copied().find(|name| {
            parts.services[*name]
                .depends_on
                .keys()
                .all(|other| done.contains(&other))
        });
        let Some(next) = ready else {
            bail!("services wait for each other: {left:?}");
        };
        left.remove(next);
        done.push(next);
    }
    Ok(done)
}

fn start(
    version: Version,
    name: &str,
    service: &Service,
    layout: &mut Layout,
    application: &Path,
) -> anyhow::Result<Server> {
    layout.prepare(name, service)?;
    let (port, health) = service.health()?;
    let address = layout.address(name, port)?;
    let finder = Finder::from_env();
    let program = match service.program() {
        "victoria-metrics" => finder.find(Tool::VictoriaMetrics, version)?.path,
        "vmagent" => finder.find(Tool::Vmagent, version)?.path,
        "vmalert" => finder.find(Tool::Vmalert, version)?.path,
        "vmauth" => finder.find(Tool::Vmauth, version)?.path,
        "alertmanager" => PathBuf::new(),
        _ => application.to_path_buf(),
    };
    let mut environment: Vec<(String, String)> = service.environment.clone().into_iter().collect();
    for (variable, value) in &mut environment {
        if variable.ends_with("_HOST") {
            "127.0.0.1".clone_into(value);
        }
        if variable.ends_with("_PORT") {
            address.split_once(':').context("no port")?.1.clone_into(value);
        }
    }
    let mapped = |text: &String| layout.argument(name, service, text);
    let command = service.command.iter().flatten().map(mapped);
    let command: Vec<String> = command.collect::<anyhow::Result<_>>()?;
    let (program, arguments) = match service.entrypoint.as_deref() {
        // A script ends by becoming the program.
        Some([shell, rest @ ..]) => {
            let inside = format!("/{}-prod", service.program());
            let rest = rest.iter().map(mapped).collect::<anyhow::Result<Vec<String>>>()?;
            let rest = rest
                .iter()
                .map(|text| text.replace(&inside, &program.display().to_string()));
            (PathBuf::from(shell), rest.chain(command).collect())
        }
        _ => (program, command),
    };
    let launch = Launch {
        program,
        arguments,
        environment,
        address,
        health: health.to_owned(),
        dir: None,
    };
    layout.release(name);
    Ok(if service.program() == "alertmanager" {
        Server::Alertmanager(Alertmanager::launch(version, launch)?)
    } else {
        Server::Process(Process::run(launch)?)
    })
}
