//! Who may ask the API of Kubernetes for what: nobody for anything, but the agent for pods.

use serde_saphyr::FlowSeq;

use super::metadata;
use super::object::{Account, Binding, Body, Metadata, Object, RoleRef, Rule, Subject};
use crate::Stack;
use crate::topology::{Program, Service};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Tells whether a service asks the API.
pub(super) fn asks(service: &Service) -> bool {
    service.program == Program::Vmagent
}

/// Returns the account of a service.
pub(super) fn account(stack: &Stack, service: &Service) -> Object {
    Object {
        comment: "",
        api_version: "v1",
        kind: "ServiceAccount",
        metadata: metadata(stack, service, &service.name),
        body: Body::Account(Account {
            // The pods that need it ask for it.
            automount_service_account_token: false,
        }),
    }
}

/// Returns the roles of a service that asks the API, and their bindings: one for each namespace it looks into, none for the cluster.
pub(super) fn roles(stack: &Stack, service: &Service) -> Vec<Object> {
    if !asks(service) {
        return Vec::new();
    }
    let own = stack.values.namespace();
    let others = stack
        .values
        .kubernetes
        .scrape_namespaces
        .iter()
        .map(String::as_str);
    let mut objects = Vec::new();
    for namespace in std::iter::once(own).chain(others) {
        let name = if namespace == own {
            service.name.clone()
        } else {
            format!("{}-{namespace}", service.name)
        };
        let metadata = Metadata {
            namespace: Some(namespace.to_owned()),
            ..metadata(stack, service, &name)
        };
        objects.push(Object {
            comment: "To find the pods to scrape; no more, and in no other namespace.",
            api_version: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata: metadata.clone(),
            body: Body::Role {
                rules: vec![Rule {
                    api_groups: FlowSeq(vec![""]),
                    resources: FlowSeq(vec!["pods"]),
                    verbs: FlowSeq(vec!["get", "list", "watch"]),
                }],
            },
        });
        objects.push(Object {
            comment: "",
            api_version: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata,
            body: Body::Binding(Binding {
                role_ref: RoleRef {
                    api_group: GROUP,
                    kind: "Role",
                    name,
                },
                subjects: vec![Subject {
                    kind: "ServiceAccount",
                    name: service.name.clone(),
                    namespace: own.to_owned(),
                }],
            }),
        });
    }
    objects
}
