//! What a user chooses: values with defaults that work, checked before anything is rendered.

mod cluster;
mod kubernetes;
mod validate;

pub(crate) use cluster::is_tenant;
pub use cluster::{Cluster, Form, Topology};
pub use kubernetes::{Backup, Ingress, Kubernetes};
pub(crate) use validate::is_label;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::{Bytes, DeployError, Images, Retention, Span};

/// The description of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Deployment {
    /// The name of the whole, an RFC 1123 label. Default `vmotel`.
    pub name: String,
    /// What it is rendered for. Default `compose`.
    pub form: Form,
    /// How the storage is built. Default `single`.
    pub topology: Topology,
    /// The address that ports are published on. Default `127.0.0.1`; another one opens the ports to the network.
    pub bind: IpAddr,
    /// The instrumented application.
    pub application: Application,
    /// The storage.
    pub storage: Storage,
    /// The parts of a cluster.
    pub cluster: Cluster,
    /// Copies of the data elsewhere.
    pub backup: Backup,
    /// What is particular to Kubernetes.
    pub kubernetes: Kubernetes,
    /// What is scraped, and how often.
    pub scraping: Scraping,
    /// The scraping agent.
    pub agent: Agent,
    /// Where alerts go.
    pub alerting: Alerting,
    /// The limits that alerts watch.
    pub thresholds: Thresholds,
    /// The objective that burn-rate alerts watch.
    pub slo: Slo,
    /// The published ports.
    pub ports: Ports,
    /// The container images.
    pub images: Images,
}

/// The instrumented application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Application {
    /// Its name and the value of its label `job`, an RFC 1123 label.
    pub name: String,
    /// Its image, with a tag or a digest.
    pub image: String,
    /// How its image is built; none pulls it.
    pub build: Option<Build>,
    /// The port it exposes its metrics on.
    pub port: u16,
    /// The path it exposes its metrics at.
    pub path: String,
    /// How many instances run.
    pub replicas: u32,
    /// The memory limit of an instance.
    pub memory: Bytes,
    /// The largest number of series an instance may expose; more are dropped by the agent, and alerted on before.
    pub series_limit: u32,
    /// Whether it pushes metrics as well; then there are alerts and a dashboard on how its pushes do.
    pub pushes: bool,
}

/// How the image of the application is built: from a workspace of Rust, in two stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The folder of the workspace, relative to the compose file.
    pub context: String,
    /// The rendered `application/Dockerfile`, relative to the context.
    pub dockerfile: String,
    /// The arguments of `cargo build --release --locked`.
    pub cargo_arguments: String,
    /// The program below `target/release`.
    pub binary: String,
}

/// The storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// How long data is kept. Default `1y`. VictoriaMetrics 1.112 knows no `M`.
    pub retention: Retention,
    /// The memory limit of a node.
    pub memory: Bytes,
    /// The CPU limit of a node, in whole CPUs.
    pub cpus: u32,
    /// The most labels a series may have; series with more are dropped. Default 50.
    pub max_labels: u32,
    /// The size of the volume of a node on Kubernetes. Default `100GiB`.
    pub disk: Bytes,
    /// The free disk space below which writes are refused.
    pub min_free_disk: Bytes,
}

/// What is scraped, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Scraping {
    /// The time between scrapes. Default `30s`.
    pub interval: Span,
    /// The time a scrape may take; not above the interval. Default `10s`.
    pub timeout: Span,
    /// Labels added to all series. Default `cluster`, the name of the deployment.
    pub external_labels: BTreeMap<String, String>,
}

/// The scraping agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// The memory limit.
    pub memory: Bytes,
    /// The space on disk for data that cannot be delivered; the oldest is dropped beyond it. Default `10GiB`.
    pub queue: Bytes,
    /// How many agents share the targets. Default 1, and 2 for a cluster on Kubernetes.
    pub replicas: Option<u32>,
    /// How many of them scrape each target; what is stored twice is counted once. Default 1.
    pub replication_factor: u32,
}

/// Where alerts go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Alerting {
    /// A webhook that receives all notifications; none leaves them in the Alertmanager's pages.
    pub webhook: Option<String>,
    /// A webhook that is told every minute that all is well, and calls for help once it is not. Default none.
    pub heartbeat: Option<String>,
}

/// The limits that alerts watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// The share of failing requests (5xx), above 0 and below 1. Default 0.05.
    pub error_ratio: f64,
    /// The 99th percentile of the duration of requests, in seconds. Default 1.
    pub latency_seconds: f64,
    /// The share of look-ups that a cache has to answer, above 0 and below 1. Default 0.1.
    pub cache_hit_ratio: f64,
    /// The memory of an instance of the application; below its limit. Default `400MiB`.
    pub memory: Bytes,
    /// The rows per second below which ingestion is taken for broken. Default 10.
    pub min_rows_per_second: f64,
    /// The 99th percentile of the duration of queries, in seconds. Default 10.
    pub query_seconds: f64,
    /// The factor for all windows and waiting times of rules; 1 for production, small for drills. Default 1.
    pub time_scale: f64,
}

/// A service level objective over requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Slo {
    /// The share of requests that succeed, above 0 and below 1. Default 0.999.
    pub objective: f64,
    /// The period that the budget of failing requests is for, 7 to 92 days. Default `30d`.
    pub period: Span,
}

/// The published ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Ports {
    /// The proxy that reads and writes go through. Default 8427.
    pub vmauth: u16,
    /// The dashboards. Default 3000.
    pub grafana: u16,
    /// The Alertmanager's pages. Default 9093.
    pub alertmanager: u16,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            name: "vmotel".to_owned(),
            form: Form::default(),
            topology: Topology::default(),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            application: Application::default(),
            storage: Storage::default(),
            cluster: Cluster::default(),
            backup: Backup::default(),
            kubernetes: Kubernetes::default(),
            scraping: Scraping::default(),
            agent: Agent::default(),
            alerting: Alerting::default(),
            thresholds: Thresholds::default(),
            slo: Slo::default(),
            ports: Ports::default(),
            images: Images::default(),
        }
    }
}

/// The example service of this workspace.
impl Default for Application {
    fn default() -> Self {
        Self {
            name: "app".to_owned(),
            image: "vmotel-example:0.1.0".to_owned(),
            build: Some(Build {
                context: "../../..".to_owned(),
                dockerfile: "deploy/compose/single/application/Dockerfile".to_owned(),
                cargo_arguments: "-p vmotel-examples --example shop".to_owned(),
                binary: "examples/shop".to_owned(),
            }),
            port: 9464,
            path: "/metrics".to_owned(),
            replicas: 1,
            memory: Bytes::mib(512),
            series_limit: 10_000,
            pushes: false,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            retention: "1y".parse().unwrap_or_else(|_| unreachable!("a constant")),
            memory: Bytes::gib(4),
            cpus: 2,
            max_labels: 50,
            disk: Bytes::gib(100),
            min_free_disk: Bytes::gib(1),
        }
    }
}

impl Default for Scraping {
    fn default() -> Self {
        Self {
            interval: Span::seconds(30),
            timeout: Span::seconds(10),
            external_labels: BTreeMap::new(),
        }
    }
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            memory: Bytes::gib(1),
            queue: Bytes::gib(10),
            replicas: None,
            replication_factor: 1,
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            error_ratio: 0.05,
            latency_seconds: 1.0,
            cache_hit_ratio: 0.1,
            memory: Bytes::mib(400),
            min_rows_per_second: 10.0,
            query_seconds: 10.0,
            time_scale: 1.0,
        }
    }
}

impl Default for Slo {
    fn default() -> Self {
        Self {
            objective: 0.999,
            period: Span::hours(30 * 24),
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            vmauth: 8427,
            grafana: 3000,
            alertmanager: 9093,
        }
    }
}

impl Deployment {
    /// Reads values from TOML; keys that are left out have their defaults.
    ///
    /// # Errors
    /// The text is no TOML, has an unknown key or a wrong type, or a value is not allowed.
    ///
    /// # Examples
    /// ```
    /// use vmotel_deploy::Deployment;
    ///
    /// let deployment = Deployment::from_toml("[storage]\nretention = \"30d\"")?;
    /// assert_eq!(deployment.storage.retention.days(), 30);
    /// let error = Deployment::from_toml("[storage]\nretention = \"12\"").unwrap_err();
    /// assert!(error.to_string().contains("`12` is no retention"));
    /// # Ok::<(), vmotel_deploy::DeployError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, DeployError> {
        let values =
            toml::from_str(text).map_err(|error| DeployError::Syntax(error.to_string().trim().to_owned()))?;
        Self::settled(values)
    }

    /// Reads values from YAML; keys that are left out have their defaults.
    ///
    /// # Errors
    /// As [`Deployment::from_toml`].
    ///
    /// # Examples
    /// ```
    /// use vmotel_deploy::{Deployment, Topology};
    ///
    /// let deployment = Deployment::from_yaml("topology: cluster\ncluster: { storage_nodes: 5, replication_factor: 3 }")?;
    /// assert_eq!(deployment.topology, Topology::Cluster);
    /// let error = Deployment::from_yaml("cluster: { storage_nodes: three }").unwrap_err();
    /// assert!(error.to_string().contains("storage_nodes"), "{error}");
    /// # Ok::<(), vmotel_deploy::DeployError>(())
    /// ```
    pub fn from_yaml(text: &str) -> Result<Self, DeployError> {
        let values = serde_saphyr::from_str(text)
            .map_err(|error| DeployError::Syntax(error.to_string().trim().to_owned()))?;
        Self::settled(values)
    }

    /// Lets what was chosen decide what was not: an image of someone else is not built from the example.
    fn settled(mut values: Self) -> Result<Self, DeployError> {
        let example = Application::default();
        if values.application.image != example.image && values.application.build == example.build {
            values.application.build = None;
        }
        values.validate()?;
        Ok(values)
    }

    /// Returns the namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.kubernetes.namespace.as_ref().unwrap_or(&self.name)
    }

    /// Returns the URL at which people open the dashboards.
    pub(crate) fn dashboards_url(&self) -> String {
        match &self.kubernetes.ingress {
            Some(ingress) if self.form != Form::Compose => format!("https://{}", ingress.grafana_host),
            _ => format!("http://localhost:{}", self.ports.grafana),
        }
    }

    /// Tells whether storage and front are processes of their own.
    pub(crate) fn is_cluster(&self) -> bool {
        self.topology == Topology::Cluster
    }

    /// Tells whether parts beside the storage run more than once, unless a value says otherwise: one host fails as a whole.
    pub(crate) fn is_redundant(&self) -> bool {
        self.is_cluster() && self.form != Form::Compose
    }

    /// Returns the number of agents.
    pub(crate) fn agents(&self) -> u32 {
        self.agent
            .replicas
            .unwrap_or(if self.is_redundant() { 2 } else { 1 })
    }

    /// Returns the interval within which the storage keeps one sample of a series; none where nothing is stored twice.
    pub(crate) fn deduplication(&self) -> Option<String> {
        if self.agent.replication_factor > 1 {
            Some(self.scraping.interval.to_string())
        } else if self.is_cluster() && (self.cluster.replication_factor > 1 || self.is_redundant()) {
            Some("1ms".to_owned())
        } else {
            None
        }
    }
}
