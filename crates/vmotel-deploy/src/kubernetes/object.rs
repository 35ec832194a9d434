//! The objects: the part of the Kubernetes API that is rendered, with the fields in the order people write them.
//!
//! Structures of our own rather than those of k8s-openapi, which sort the fields of a container by the alphabet, take a minute to compile
//! and check no more than spelling; the schemas of each version of Kubernetes check that as well.

use serde::Serialize;
use serde_saphyr::FlowSeq;

use super::network::{IngressSpec, PolicySpec, ServiceSpec};
use super::operator::Custom;
use super::pod::PodTemplate;
use super::scale::{AutoscalerSpec, BudgetSpec};
use crate::yaml::Ordered;

/// One object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    /// What a reader of the file should know.
    #[serde(skip)]
    pub(crate) comment: &'static str,
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) metadata: Metadata,
    #[serde(flatten)]
    pub(crate) body: Body,
}

/// What identifies an object.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(crate) labels: Ordered<String>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(crate) annotations: Ordered<String>,
}

/// What an object holds, by its kind.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Body {
    Workload { spec: Box<WorkloadSpec> },
    Service { spec: ServiceSpec },
    Config { data: Ordered<String> },
    Account(Account),
    Role { rules: Vec<Rule> },
    Binding(Binding),
    Policy { spec: PolicySpec },
    Ingress { spec: IngressSpec },
    Budget { spec: BudgetSpec },
    Autoscaler { spec: AutoscalerSpec },
    Custom { spec: Custom },
    Empty {},
}

/// A `StatefulSet` or a Deployment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkloadSpec {
    /// Left out where an autoscaler decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replicas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pod_management_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) persistent_volume_claim_retention_policy: Option<ClaimRetention>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strategy: Option<Strategy>,
    pub(crate) selector: Selector,
    pub(crate) template: PodTemplate,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) volume_claim_templates: Vec<Claim>,
}

/// Data outlives its pods, and the workload.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimRetention {
    pub(crate) when_deleted: &'static str,
    pub(crate) when_scaled: &'static str,
}

/// How a Deployment is replaced.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Strategy {
    pub(crate) rolling_update: RollingUpdate,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RollingUpdate {
    pub(crate) max_surge: u32,
    pub(crate) max_unavailable: u32,
}

/// Which pods are meant; all of the namespace where it is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selector {
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub(crate) match_labels: Ordered<String>,
}

/// A volume of each instance of a `StatefulSet`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Claim {
    pub(crate) metadata: Metadata,
    pub(crate) spec: ClaimSpec,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimSpec {
    pub(crate) access_modes: FlowSeq<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class_name: Option<String>,
    pub(crate) resources: ClaimResources,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClaimResources {
    pub(crate) requests: ClaimRequests,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClaimRequests {
    pub(crate) storage: String,
}

/// An identity of pods.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) automount_service_account_token: bool,
}

/// What a role allows.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) api_groups: FlowSeq<Vec<&'static str>>,
    pub(crate) resources: FlowSeq<Vec<&'static str>>,
    pub(crate) verbs: FlowSeq<Vec<&'static str>>,
}

/// Who has a role.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Binding {
    pub(crate) role_ref: RoleRef,
    pub(crate) subjects: Vec<Subject>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleRef {
    pub(crate) api_group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Subject {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Object {
    /// Returns the name of its file.
    pub(crate) fn file(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.kind == "Namespace" {
            return format!("{kind}.yaml");
        }
        format!("{}-{kind}.yaml", self.metadata.name)
    }
}

/// Returns pairs of texts as a map.
pub(crate) fn pairs<K: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Ordered<String> {
    Ordered(
        pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
    )
}
