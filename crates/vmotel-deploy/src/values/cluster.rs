//! What a user chooses about the cluster, and which of the forms is rendered.

use serde::{Deserialize, Serialize};

use crate::Bytes;

/// What a deployment is rendered for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// One host with compose.
    #[default]
    Compose,
    /// Kubernetes, with plain objects.
    Kubernetes,
    /// Kubernetes, with the operator of VictoriaMetrics.
    Operator,
    /// The application alone, with what the operator of Prometheus watches it by.
    PrometheusOperator,
}

/// How the storage is built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Topology {
    /// One process that takes, keeps and answers.
    #[default]
    Single,
    /// vminsert, vmstorage and vmselect, each as often as needed.
    Cluster,
}

/// The parts of a cluster; without effect on a single node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// How many vmstorage keep data; at least `2 * replication_factor - 1`, so that data stays available while nodes are lost. Default 3.
    pub storage_nodes: u32,
    /// How many vminsert spread what is written. Default 2.
    pub insert_nodes: u32,
    /// How many vmselect answer queries. Default 2.
    pub select_nodes: u32,
    /// How many nodes keep each sample; all but one may be lost. Default 2.
    pub replication_factor: u32,
    /// The tenant that is written and read, as `account` or `account:project`. Default `0`.
    pub tenant: String,
    /// The memory limit of a vminsert. Default `512MiB`.
    pub insert_memory: Bytes,
    /// The memory limit of a vmselect. Default `2GiB`.
    pub select_memory: Bytes,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            storage_nodes: 3,
            insert_nodes: 2,
            select_nodes: 2,
            replication_factor: 2,
            tenant: "0".to_owned(),
            insert_memory: Bytes::mib(512),
            select_memory: Bytes::gib(2),
        }
    }
}

/// Tells whether a text is a tenant: an account, or an account and a project, each a number of 32 bits.
pub(crate) fn is_tenant(text: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u32>().is_ok()
    };
    match text.split_once(':') {
        Some((account, project)) => number(account) && number(project),
        None => number(text),
    }
}
