//! The services of a deployment, before they become compose or Kubernetes.

mod parts;

pub(crate) use parts::services;

use crate::Bytes;

/// Which program a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    VictoriaMetrics,
    Vmagent,
    Vmalert,
    Vmauth,
    Alertmanager,
    Grafana,
    Application,
}

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) image: String,
    pub(crate) replicas: u32,
    pub(crate) flags: Vec<(&'static str, String)>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) ports: Vec<Port>,
    /// Data: the name of the volume and its path in the container.
    pub(crate) volume: Option<(&'static str, &'static str)>,
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
    pub(crate) depends_on: Vec<&'static str>,
    /// Whether it may reach, and be reached from, outside of the deployment.
    pub(crate) outside: bool,
}

/// A port that a service listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// The port of the host it is published as.
    pub(crate) published: Option<u16>,
}

impl Port {
    fn inner(number: u16) -> Self {
        Self {
            number,
            published: None,
        }
    }

    fn published(number: u16, host: u16) -> Self {
        Self {
            number,
            published: Some(host),
        }
    }
}
