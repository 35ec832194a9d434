//! The services of a deployment, before they become compose or Kubernetes.

mod parts;
mod storage;

use crate::{Bytes, Deployment, Form};

/// Which program a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    VictoriaMetrics,
    Vminsert,
    Vmselect,
    Vmstorage,
    Vmagent,
    Vmalert,
    Vmauth,
    Alertmanager,
    Grafana,
    Application,
}

impl Program {
    /// Says what it is for, to who reads a rendered file.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::VictoriaMetrics => "Takes, keeps and answers.",
            Self::Vminsert => "Spreads what is written over the storage nodes, and copies of it.",
            Self::Vmselect => "Answers queries from all storage nodes.",
            Self::Vmstorage => "Keeps its share of the data. Nodes know nothing of each other.",
            Self::Vmagent => "Scrapes everything, and keeps on disk what it cannot deliver.",
            Self::Vmalert => "Evaluates the rules.",
            Self::Vmauth => "The way in from outside: who may read, who may write.",
            Self::Alertmanager => "Groups alerts, and notifies.",
            Self::Grafana => "Shows the dashboards.",
            Self::Application => "The instrumented application.",
        }
    }
}

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// The name under which all of its kind are reached, which is the label `job` of their metrics; the name where there is but one.
    pub(crate) component: String,
    pub(crate) program: Program,
    pub(crate) image: String,
    pub(crate) replicas: u32,
    pub(crate) flags: Vec<(&'static str, String)>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) ports: Vec<Port>,
    /// Data: the name of the volume and its path in the container.
    pub(crate) volume: Option<(String, &'static str)>,
    /// Configuration: a folder of the rendered tree and its path in the container.
    pub(crate) mounts: Vec<(&'static str, &'static str)>,
    /// Files below `/run/secrets`.
    pub(crate) secrets: Vec<&'static str>,
    /// The port and the path that answer 200 when the service is healthy.
    pub(crate) health: (u16, String),
    pub(crate) user: &'static str,
    pub(crate) memory: Bytes,
    pub(crate) cpus: u32,
    /// How long it may take to end, in seconds.
    pub(crate) grace_seconds: u32,
    pub(crate) depends_on: Vec<String>,
    /// Whether it may reach, and be reached from, outside of the deployment.
    pub(crate) outside: bool,
}

impl Service {
    /// Returns the value of a flag.
    pub(crate) fn flag(&self, name: &str) -> Option<&str> {
        let found = self.flags.iter().find(|(flag, _)| *flag == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A port that a service listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// The port of the host it is published as.
    pub(crate) published: Option<u16>,
    /// Whether UDP is spoken there as well.
    pub(crate) udp: bool,
}

impl Port {
    fn inner(number: u16) -> Self {
        Self {
            number,
            published: None,
            udp: false,
        }
    }

    fn published(number: u16, host: u16) -> Self {
        Self {
            number,
            published: Some(host),
            udp: false,
        }
    }
}

/// The URLs that data is written to and read from.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    /// The base of `/api/v1/write`.
    pub(crate) write: String,
    /// The base of `/api/v1/query`.
    pub(crate) read: String,
    /// The services behind them.
    pub(crate) services: [&'static str; 2],
}

/// Returns where data is written to and read from.
pub(crate) fn endpoints(values: &Deployment) -> Endpoints {
    if values.is_cluster() {
        let tenant = &values.cluster.tenant;
        let (insert, select) = (host(values, "vminsert"), host(values, "vmselect"));
        Endpoints {
            write: format!("http://{insert}:8480/insert/{tenant}/prometheus"),
            read: format!("http://{select}:8481/select/{tenant}/prometheus"),
            services: ["vminsert", "vmselect"],
        }
    } else {
        let base = format!("http://{}:8428", host(values, "victoria-metrics"));
        Endpoints {
            write: base.clone(),
            read: base,
            services: ["victoria-metrics"; 2],
        }
    }
}

/// Returns the host under which a component is reached: the operator names what it makes.
pub(crate) fn host(values: &Deployment, component: &str) -> String {
    if values.form != Form::Operator {
        return component.to_owned();
    }
    let kind = match component {
        "victoria-metrics" => "vmsingle",
        "alertmanager" => "vmalertmanager",
        other if other.starts_with("vm") && other != values.application.name => other,
        other => return other.to_owned(),
    };
    format!("{kind}-{}", values.name)
}

/// Returns the services, the ones that others depend on first.
pub(crate) fn services(values: &Deployment) -> Vec<Service> {
    let mut services = storage::services(values);
    services.extend(parts::services(values));
    match values.form {
        Form::Compose => number(&services),
        Form::PrometheusOperator => {
            services.retain(|service| service.program == Program::Application);
            services
        }
        _ => {
            for service in &mut services {
                service.name = host(values, &service.component);
                // There, everything starts at once, and tries again.
                service.depends_on.clear();
            }
            services
        }
    }
}

/// Compose has no instances with a name and data of their own: such services stand there once for each instance, numbered from 1. What
/// waits for one waits for all of them.
fn number(services: &[Service]) -> Vec<Service> {
    let is_numbered = |service: &Service| service.replicas > 1 && service.program != Program::Application;
    let names = |of: &Service| -> Vec<String> {
        if is_numbered(of) {
            (1..=of.replicas)
                .map(|n| format!("{}-{n}", of.component))
                .collect()
        } else {
            vec![of.name.clone()]
        }
    };
    let waits = |service: &Service| -> Vec<String> {
        let all = services
            .iter()
            .filter(|other| service.depends_on.contains(&other.component));
        all.flat_map(names).collect()
    };
    services
        .iter()
        .flat_map(|service| {
            names(service).into_iter().enumerate().map(|(index, name)| {
                let mut one = Service {
                    name,
                    depends_on: waits(service),
                    ..service.clone()
                };
                if is_numbered(service) {
                    one.replicas = 1;
                    if let Some((volume, _)) = &mut one.volume {
                        *volume = format!("{volume}-{}", index + 1);
                    }
                    for (flag, value) in &mut one.flags {
                        if *flag == parts::MEMBER {
                            *value = index.to_string();
                        }
                    }
                }
                one
            })
        })
        .collect()
}
