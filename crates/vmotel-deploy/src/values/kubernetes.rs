//! What a user chooses about Kubernetes, and about backups.

use serde::{Deserialize, Serialize};

use crate::Span;

/// What is particular to Kubernetes; without effect on compose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Kubernetes {
    /// The namespace, an RFC 1123 label. Default: the name of the deployment.
    pub namespace: Option<String>,
    /// The class of all volumes. Default: that of the cluster.
    pub storage_class: Option<String>,
    /// The priority class of all pods but the application's. Default: none.
    pub priority_class: Option<String>,
    /// Further namespaces whose annotated pods are scraped. Default: none.
    pub scrape_namespaces: Vec<String>,
    /// The largest number of vminsert and of vmselect each, which then grow with their load. Default: they do not.
    pub autoscale: Option<u32>,
    /// The way in from outside of the cluster. Default: none; `kubectl port-forward` reaches all.
    pub ingress: Option<Ingress>,
}

/// The way in from outside of the cluster, with TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ingress {
    /// The class of the controller, such as `nginx`.
    pub class: String,
    /// The namespace the controller runs in, which is let in.
    pub controller_namespace: String,
    /// The host of the dashboards.
    pub grafana_host: String,
    /// The host that readers and writers use; none keeps the proxy inside.
    #[serde(default)]
    pub vmauth_host: Option<String>,
}

/// Backups with vmbackup, from within the pods that keep the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// Where they go, such as `s3://bucket/path`; each node has a folder of its own there. Default: none, which makes no backups.
    pub destination: Option<String>,
    /// The time between two. Default `1d`.
    pub interval: Span,
    /// Whether the object storage asks for credentials: the secret `backup_credentials`. Default false: by the role of the node.
    pub credentials: bool,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            destination: None,
            interval: Span::hours(24),
            credentials: false,
        }
    }
}
