//! Names, ways in and ways between: Services, Ingresses and `NetworkPolicies`.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_saphyr::FlowSeq;

use super::object::{Body, Metadata, Object, Selector, pairs};
use super::{metadata, selector};
use crate::edges::Edge;
use crate::topology::{Port, Program, Service};
use crate::yaml::Ordered;
use crate::{Form, Ingress, Stack};

/// A Service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceSpec {
    /// `None` for a name that stands for each pod, not for an address before them.
    #[serde(rename = "clusterIP", skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_ip: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) publish_not_ready_addresses: bool,
    pub(crate) selector: Ordered<String>,
    pub(crate) ports: Vec<ServicePort>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServicePort {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// The name of a port of the container.
    pub(crate) target_port: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<&'static str>,
}

/// An Ingress.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IngressSpec {
    ingress_class_name: String,
    tls: [IngressTls; 1],
    rules: [IngressRule; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct IngressTls {
    hosts: [String; 1],
    secret_name: String,
}

#[derive(Debug, Clone, Serialize)]
struct IngressRule {
    host: String,
    http: IngressHttp,
}

#[derive(Debug, Clone, Serialize)]
struct IngressHttp {
    paths: [IngressPath; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct IngressPath {
    path: &'static str,
    path_type: &'static str,
    backend: IngressBackend,
}

#[derive(Debug, Clone, Serialize)]
struct IngressBackend {
    service: IngressService,
}

#[derive(Debug, Clone, Serialize)]
struct IngressService {
    name: String,
    port: IngressPort,
}

#[derive(Debug, Clone, Serialize)]
struct IngressPort {
    name: String,
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicySpec {
    pub(crate) pod_selector: Selector,
    pub(crate) policy_types: FlowSeq<[&'static str; 2]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ingress: Vec<IngressAllowance>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) egress: Vec<EgressAllowance>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct IngressAllowance {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) from: Vec<Peer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<PolicyPort>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct EgressAllowance {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) to: Vec<Peer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<PolicyPort>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Peer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace_selector: Option<Selector>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pod_selector: Option<Selector>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PolicyPort {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<&'static str>,
    pub(crate) port: u16,
}

/// Returns the name of a port: of what is spoken there.
pub(crate) fn port_name(service: &Service, port: Port) -> String {
    match (service.program, port.number) {
        (Program::Vmstorage, 8400) => "vminsert",
        (Program::Vmstorage, 8401) => "vmselect",
        (Program::Vmauth, 8426) => "internal",
        (Program::Alertmanager, 9094) => "gossip",
        _ => "http",
    }
    .to_owned()
}

/// Returns the ports of a service, one that speaks UDP as well twice.
pub(super) fn ports(service: &Service) -> impl Iterator<Item = (String, u16, Option<&'static str>)> {
    service.ports.iter().flat_map(|port| {
        let name = port_name(service, *port);
        let tcp = (name.clone(), port.number, None);
        let udp = port
            .udp
            .then(|| (format!("{name}-udp"), port.number, Some("UDP")));
        std::iter::once(tcp).chain(udp)
    })
}

/// Returns the Services of a service: the name that clients use, and the one that tells the pods of a `StatefulSet` apart.
pub(super) fn services(stack: &Stack, service: &Service) -> Vec<Object> {
    let object = |name: &str, cluster_ip, comment| Object {
        comment,
        api_version: "v1",
        kind: "Service",
        metadata: metadata(stack, service, name),
        body: Body::Service {
            spec: ServiceSpec {
                cluster_ip,
                // Alertmanagers look for each other before they are ready.
                publish_not_ready_addresses: service.program == Program::Alertmanager && service.replicas > 1,
                selector: selector(stack, &service.component).match_labels,
                ports: ports(service)
                    .map(|(name, port, protocol)| ServicePort {
                        target_port: name.clone(),
                        name,
                        port,
                        protocol,
                    })
                    .collect(),
            },
        },
    };
    let each = "Without an address of its own: the name stands for each pod, so that clients spread their connections and pods are told apart.";
    match service.program {
        Program::VictoriaMetrics | Program::Grafana => vec![
            object(&service.name, None, ""),
            Object {
                metadata: Metadata {
                    // Not found by who looks for the service by its labels.
                    labels: super::labels(stack, &governing(service), Some(&service.image)),
                    ..metadata(stack, service, &governing(service))
                },
                ..object(&governing(service), Some("None"), each)
            },
        ],
        _ if governing(service) == service.name || service.program == Program::Vminsert => {
            vec![object(&service.name, Some("None"), each)]
        }
        _ => vec![object(&service.name, None, "")],
    }
}

/// Returns the name of the Service that gives the pods of a `StatefulSet` their names.
pub(super) fn governing(service: &Service) -> String {
    match service.program {
        Program::VictoriaMetrics | Program::Grafana => format!("{}-headless", service.name),
        _ if service.volume.is_some() => service.name.clone(),
        _ => String::new(),
    }
}

/// Returns the ways in from outside of the cluster.
pub(super) fn ingresses(stack: &Stack) -> Vec<Object> {
    let Some(ingress) = &stack.values.kubernetes.ingress else {
        return Vec::new();
    };
    stack
        .services
        .iter()
        .filter_map(|service| Some((service, host(ingress, service)?)))
        .map(|(service, host)| Object {
            comment: "",
            api_version: "networking.k8s.io/v1",
            kind: "Ingress",
            metadata: metadata(stack, service, &service.name),
            body: Body::Ingress {
                spec: IngressSpec {
                    ingress_class_name: ingress.class.clone(),
                    tls: [IngressTls {
                        hosts: [host.clone()],
                        secret_name: format!("{}-tls", service.name),
                    }],
                    rules: [IngressRule {
                        host: host.clone(),
                        http: IngressHttp {
                            paths: [IngressPath {
                                path: "/",
                                path_type: "Prefix",
                                backend: IngressBackend {
                                    service: IngressService {
                                        name: service.name.clone(),
                                        port: IngressPort {
                                            name: "http".to_owned(),
                                        },
                                    },
                                },
                            }],
                        },
                    }],
                },
            },
        })
        .collect()
}

fn host<'a>(ingress: &'a Ingress, service: &Service) -> Option<&'a String> {
    match service.program {
        Program::Grafana => Some(&ingress.grafana_host),
        Program::Vmauth => ingress.vmauth_host.as_ref(),
        _ => None,
    }
}

/// Returns the policy that nothing is allowed.
pub(super) fn deny(stack: &Stack) -> Object {
    let name = "default-deny";
    Object {
        comment: "Nothing may talk to anything; the other policies say what may.",
        api_version: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: Metadata {
            name: name.to_owned(),
            namespace: Some(stack.values.namespace().to_owned()),
            labels: super::labels(stack, name, None),
            ..Metadata::default()
        },
        body: Body::Policy {
            spec: PolicySpec {
                pod_selector: Selector::default(),
                policy_types: FlowSeq(["Ingress", "Egress"]),
                ingress: Vec::new(),
                egress: Vec::new(),
            },
        },
    }
}

/// Returns the policy of a service: what it is seen to do.
pub(super) fn policy(stack: &Stack, service: &Service, edges: &BTreeSet<Edge>) -> Object {
    Object {
        comment: "What may talk to it, and what it may talk to: read from the flags and files of all services.",
        api_version: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: metadata(stack, service, &service.name),
        body: Body::Policy {
            spec: PolicySpec {
                pod_selector: selector(stack, &service.component),
                policy_types: FlowSeq(["Ingress", "Egress"]),
                ingress: ingress(stack, service, edges),
                egress: egress(stack, service, edges),
            },
        },
    }
}

fn ingress(stack: &Stack, service: &Service, edges: &BTreeSet<Edge>) -> Vec<IngressAllowance> {
    let mut allowed = Vec::new();
    for port in &service.ports {
        let mut names: Vec<&str> = edges
            .iter()
            .filter(|edge| edge.to == service.component && edge.port == port.number)
            .map(|edge| edge.from.as_str())
            .collect();
        names.dedup();
        let mut from: Vec<Peer> = names.iter().map(|name| pods(stack, name)).collect();
        if stack.values.form == Form::PrometheusOperator {
            // Its Prometheus lies in a namespace of its own.
            from = vec![Peer {
                namespace_selector: Some(Selector::default()),
                pod_selector: Some(Selector {
                    match_labels: pairs([("app.kubernetes.io/name", "prometheus")]),
                }),
            }];
        }
        let controller = stack.values.kubernetes.ingress.as_ref();
        if let Some(controller) = controller.filter(|_| port_name(service, *port) == "http")
            && host(controller, service).is_some()
        {
            from.push(Peer {
                namespace_selector: Some(namespace(&controller.controller_namespace)),
                pod_selector: None,
            });
        }
        if !from.is_empty() {
            allowed.push(IngressAllowance {
                from,
                ports: policy_ports(*port),
            });
        }
    }
    allowed
}

fn egress(stack: &Stack, service: &Service, edges: &BTreeSet<Edge>) -> Vec<EgressAllowance> {
    let values = &stack.values;
    // What an application calls is its own business.
    if service.program == Program::Application {
        return vec![EgressAllowance {
            to: Vec::new(),
            ports: Vec::new(),
        }];
    }
    let mut allowed = Vec::new();
    let mut seen = BTreeSet::new();
    for edge in edges.iter().filter(|edge| edge.from == service.component) {
        let port = stack
            .services
            .iter()
            .find(|other| other.component == edge.to)
            .and_then(|other| other.ports.iter().find(|port| port.number == edge.port));
        if let Some(port) = port.filter(|_| seen.insert((&edge.to, edge.port))) {
            allowed.push(EgressAllowance {
                to: vec![pods(stack, &edge.to)],
                ports: policy_ports(*port),
            });
        }
    }
    let anywhere = |numbers: &[u16]| EgressAllowance {
        to: Vec::new(),
        ports: numbers
            .iter()
            .map(|port| PolicyPort {
                protocol: None,
                port: *port,
            })
            .collect(),
    };
    if service.program == Program::Vmagent {
        // The API of Kubernetes, which tells the targets.
        allowed.push(anywhere(&[443, 6443]));
        let others = values.kubernetes.scrape_namespaces.iter();
        allowed.extend(others.map(|name| EgressAllowance {
            to: vec![Peer {
                namespace_selector: Some(namespace(name)),
                pod_selector: None,
            }],
            ports: Vec::new(),
        }));
    }
    if service.program == Program::Alertmanager
        && let Some(webhook) = &values.alerting.webhook
    {
        allowed.push(anywhere(&[crate::alertmanager::port_of(webhook)]));
    }
    if super::backup::is_backed_up(stack, service) {
        allowed.push(anywhere(&[443]));
    }
    if !allowed.is_empty() {
        let mut names = anywhere(&[53]);
        names.ports.push(PolicyPort {
            protocol: Some("UDP"),
            port: 53,
        });
        allowed.push(names);
    }
    allowed
}

fn pods(stack: &Stack, component: &str) -> Peer {
    Peer {
        namespace_selector: None,
        pod_selector: Some(selector(stack, component)),
    }
}

fn namespace(name: &str) -> Selector {
    Selector {
        match_labels: pairs([("kubernetes.io/metadata.name", name)]),
    }
}

fn policy_ports(port: Port) -> Vec<PolicyPort> {
    let tcp = PolicyPort {
        protocol: None,
        port: port.number,
    };
    let udp = port.udp.then_some(PolicyPort {
        protocol: Some("UDP"),
        port: port.number,
    });
    std::iter::once(tcp).chain(udp).collect()
}
