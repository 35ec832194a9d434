//! The resources of the operators: what is rendered of them, with the fields in the order people write them.

use serde::Serialize;

use crate::kubernetes::object::{ClaimSpec, Selector};
use crate::kubernetes::pod::Resources;
use crate::kubernetes::scale::MaxUnavailable;
use crate::rules::GroupYaml;
use crate::yaml::Ordered;

/// The specification of a resource, by its kind.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Custom {
    Single(Box<Single>),
    Cluster(Box<ClusterSpec>),
    Agent(Box<AgentSpec>),
    Alert(Box<AlertSpec>),
    Alertmanager(Box<AlertmanagerSpec>),
    Auth(Box<AuthSpec>),
    User(UserSpec),
    Rules { groups: Vec<GroupYaml> },
    Scrape(ScrapeSpec),
    Monitor(MonitorSpec),
}

/// What all processes have in common.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Process {
    pub(super) image: Image,
    /// Left out where it says how many copies of each shard there are, and that is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replica_count: Option<u32>,
    pub(super) port: String,
    pub(super) log_format: &'static str,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(super) extra_args: Ordered<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<String>,
    pub(super) resources: Resources,
    pub(super) termination_grace_period_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority_class_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pod_disruption_budget: Option<MaxUnavailable>,
    /// Scrapes are rendered, so that jobs have the names that rules ask for.
    pub(super) disable_self_service_scrape: bool,
    /// Without root, on read-only file systems.
    pub(super) use_strict_security: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Image {
    pub(super) repository: String,
    pub(super) tag: String,
}

/// A `VMSingle`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Single {
    pub(super) retention_period: String,
    pub(super) storage: ClaimSpec,
    #[serde(flatten)]
    pub(super) process: Process,
}

/// A `VMCluster`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterSpec {
    pub(super) retention_period: String,
    pub(super) replication_factor: u32,
    pub(super) vmstorage: Node,
    pub(super) vminsert: Node,
    pub(super) vmselect: Node,
}

/// One of the parts of a cluster.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) storage: Option<Volume>,
    #[serde(flatten)]
    pub(super) process: Process,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Volume {
    pub(super) volume_claim_template: Template,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Template {
    pub(super) spec: ClaimSpec,
}

/// A `VMAgent`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentSpec {
    pub(super) scrape_interval: String,
    pub(super) scrape_timeout: String,
    pub(super) external_labels: Ordered<String>,
    pub(super) service_scrape_selector: Selector,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shard_count: Option<u32>,
    pub(super) remote_write: [Url; 1],
    pub(super) remote_write_settings: Queue,
    pub(super) stateful_mode: bool,
    pub(super) stateful_storage: Option<Volume>,
    #[serde(flatten)]
    pub(super) process: Process,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Url {
    pub(super) url: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Queue {
    #[serde(rename = "maxDiskUsagePerURL")]
    pub(super) max_disk_usage_per_url: String,
}

/// A `VMAlert`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertSpec {
    pub(super) rule_selector: Selector,
    pub(super) evaluation_interval: String,
    pub(super) datasource: Url,
    pub(super) remote_read: Url,
    pub(super) remote_write: Url,
    pub(super) notifiers: Vec<Url>,
    #[serde(flatten)]
    pub(super) process: Process,
}

/// A `VMAlertmanager`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertmanagerSpec {
    pub(super) config_raw_yaml: String,
    pub(super) storage: Option<Volume>,
    #[serde(flatten)]
    pub(super) process: Process,
}

/// A `VMAuth`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthSpec {
    pub(super) user_selector: Selector,
    #[serde(flatten)]
    pub(super) process: Process,
}

/// A `VMUser`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UserSpec {
    pub(super) username: &'static str,
    #[serde(rename = "passwordRef")]
    pub(super) password_ref: SecretKey,
    pub(super) max_concurrent_requests: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) discover_backend_ips: bool,
    #[serde(rename = "targetRefs")]
    pub(super) target_refs: Vec<TargetRef>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SecretKey {
    pub(super) name: String,
    pub(super) key: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TargetRef {
    #[serde(rename = "static")]
    pub(super) fixed: Url,
    pub(super) paths: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) retry_status_codes: Vec<u16>,
}

/// A `VMServiceScrape`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScrapeSpec {
    pub(super) selector: Selector,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) series_limit: Option<u32>,
    pub(super) endpoints: [ScrapeEndpoint; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScrapeEndpoint {
    pub(super) port: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    pub(super) relabel_configs: [Relabel; 1],
}

/// A `ServiceMonitor` of the Prometheus operator.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MonitorSpec {
    pub(super) selector: Selector,
    pub(super) endpoints: [MonitorEndpoint; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MonitorEndpoint {
    pub(super) port: String,
    pub(super) path: String,
    pub(super) interval: String,
    pub(super) scrape_timeout: String,
    pub(super) relabelings: [Relabel; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relabel {
    pub(super) target_label: &'static str,
    pub(super) replacement: String,
}
