//! Kubernetes: what an object names exists in another one. The schemas of Kubernetes check spelling; none of this.

mod pods;

use std::collections::BTreeSet;

use super::Findings;
use crate::kubernetes::{Body, Object, ServiceSpec, WorkloadSpec, config_checksum};
use crate::topology::{Program, Service};
use crate::values::is_label;
use crate::{Form, Stack};

pub(super) fn check(stack: &Stack, findings: &mut Findings) {
    check_names(stack, findings);
    check_watched(stack, findings);
    for object in &stack.objects {
        match &object.body {
            Body::Workload { spec } => check_workload(stack, object, spec, findings),
            Body::Service { spec } => check_service(stack, object, spec, findings),
            Body::Binding(binding) => {
                let role = find(
                    stack,
                    "Role",
                    &binding.role_ref.name,
                    object.metadata.namespace.as_deref(),
                );
                findings.require(
                    role.is_some(),
                    "unknown-role",
                    || place(object),
                    || format!("it gives the role {}, which is not there", binding.role_ref.name),
                );
                for subject in &binding.subjects {
                    let account = find(stack, "ServiceAccount", &subject.name, Some(&subject.namespace));
                    findings.require(
                        account.is_some(),
                        "unknown-account",
                        || place(object),
                        || format!("it is for the account {}, which is not there", subject.name),
                    );
                }
            }
            Body::Role { rules } => {
                let reads = ["get", "list", "watch"];
                let verbs = rules.iter().flat_map(|rule| &rule.verbs.0);
                let more: Vec<&&str> = verbs.filter(|verb| !reads.contains(verb)).collect();
                findings.require(
                    more.is_empty(),
                    "too-many-rights",
                    || place(object),
                    || format!("it allows more than to read: {more:?}"),
                );
            }
            _ => {}
        }
    }
}

/// Names are labels, and no two objects of a kind share one; everything lies in a namespace that is there.
fn check_names(stack: &Stack, findings: &mut Findings) {
    let own = stack.values.namespace();
    let known = &stack.values.kubernetes.scrape_namespaces;
    let mut seen = BTreeSet::new();
    for object in &stack.objects {
        let name = &object.metadata.name;
        findings.require(
            is_label(name),
            "bad-name",
            || place(object),
            || format!("{name} is no RFC 1123 label"),
        );
        let namespace = object.metadata.namespace.as_deref();
        let there = match (object.kind, namespace) {
            ("Namespace", namespace) => namespace.is_none() && name == own,
            (_, Some(namespace)) => namespace == own || known.iter().any(|known| known == namespace),
            (_, None) => false,
        };
        findings.require(
            there,
            "unknown-namespace",
            || place(object),
            || format!("it lies in the namespace {namespace:?}, which is not that of the deployment"),
        );
        findings.require(
            seen.insert((object.kind, name, namespace)),
            "duplicate-object",
            || place(object),
            || "another object has its kind and name".to_owned(),
        );
    }
    findings.require(
        stack.objects.iter().any(|object| object.kind == "Namespace"),
        "unknown-namespace",
        || format!("namespace {own}"),
        || "it is not made".to_owned(),
    );
}

/// With an operator, every service has a resource that says how it is scraped.
fn check_watched(stack: &Stack, findings: &mut Findings) {
    let kind = match stack.values.form {
        Form::Operator => "VMServiceScrape",
        Form::PrometheusOperator => "ServiceMonitor",
        _ => return,
    };
    for service in &stack.services {
        let found = find(stack, kind, &service.component, Some(stack.values.namespace()));
        findings.require(
            found.is_some(),
            "unwatched-service",
            || format!("service {}", service.name),
            || format!("no {kind} says how it is scraped"),
        );
    }
}

fn check_workload(stack: &Stack, object: &Object, spec: &WorkloadSpec, findings: &mut Findings) {
    let place = || place(object);
    let namespace = object.metadata.namespace.as_deref();
    let labels = &spec.template.metadata.labels.0;
    let selects = |selector: &[(String, String)]| {
        !selector.is_empty() && selector.iter().all(|pair| labels.contains(pair))
    };
    findings.require(
        selects(&spec.selector.match_labels.0),
        "selector-without-pods",
        place,
        || "its selector does not select its own pods".to_owned(),
    );
    let keeps = object.kind == "StatefulSet";
    findings.require(
        keeps || spec.volume_claim_templates.is_empty(),
        "shared-volume",
        place,
        || "only a StatefulSet gives each instance a volume of its own".to_owned(),
    );
    if let Some(name) = &spec.service_name {
        let headless = find(stack, "Service", name, namespace).is_some_and(|service| match &service.body {
            Body::Service { spec } => spec.cluster_ip == Some("None") && selects(&spec.selector.0),
            _ => false,
        });
        findings.require(headless, "no-headless-service", place, || {
            format!(
                "serviceName is {name}, which is no headless Service of its pods: they would have no names"
            )
        });
    } else {
        findings.require(!keeps, "no-headless-service", place, || {
            "it has no serviceName".to_owned()
        });
    }
    let account = &spec.template.spec.service_account_name;
    findings.require(
        find(stack, "ServiceAccount", account, namespace).is_some(),
        "unknown-account",
        place,
        || format!("its account {account} is not there"),
    );
    let covered = stack.objects.iter().any(|other| match &other.body {
        Body::Policy { spec } => selects(&spec.pod_selector.match_labels.0),
        _ => false,
    });
    findings.require(covered, "no-network-policy", place, || {
        "no NetworkPolicy says what may talk to its pods".to_owned()
    });
    let several = spec.replicas.is_none_or(|replicas| replicas > 1);
    let budget = stack.objects.iter().any(|other| match &other.body {
        Body::Budget { spec } => selects(&spec.selector.match_labels.0),
        _ => false,
    });
    let foreign = object.metadata.name == stack.values.application.name;
    findings.require(
        !several || budget || foreign,
        "no-disruption-budget",
        place,
        || "it runs more than once, and nothing keeps a drain from ending all instances at once".to_owned(),
    );
    let service = stack
        .services
        .iter()
        .find(|service| service.name == object.metadata.name);
    findings.require(service.is_some(), "unknown-service", place, || {
        "it is no service of the deployment".to_owned()
    });
    if let Some(service) = service {
        check_scraped(service, spec, object, findings);
        check_digest(stack, service, spec, object, findings);
        check_claims(stack, service, spec, object, findings);
        pods::check(stack, service, spec, object, findings);
    }
}

/// The agent finds the pods of every service, at the port where their metrics are.
fn check_scraped(service: &Service, spec: &WorkloadSpec, object: &Object, findings: &mut Findings) {
    let annotation = |name: &str| spec.template.metadata.annotations.get(name).map(String::as_str);
    let port = service.health.0.to_string();
    let found =
        annotation("prometheus.io/scrape") == Some("true") && annotation("prometheus.io/port") == Some(&port);
    findings.require(
        found,
        "unwatched-service",
        || place(object),
        || format!("its pods do not say that they are scraped at port {port}"),
    );
}

/// A change of files reaches the processes.
fn check_digest(
    stack: &Stack,
    service: &Service,
    spec: &WorkloadSpec,
    object: &Object,
    findings: &mut Findings,
) {
    let noted = spec.template.metadata.annotations.get("checksum/config");
    let current = (!service.mounts.is_empty()).then(|| config_checksum(stack, service));
    findings.require(
        noted == current.as_ref(),
        "stale-configuration",
        || place(object),
        || "its checksum is not that of its files, so that a change would not reach it".to_owned(),
    );
}

/// What is written to disk has room there.
fn check_claims(
    stack: &Stack,
    service: &Service,
    spec: &WorkloadSpec,
    object: &Object,
    findings: &mut Findings,
) {
    for claim in &spec.volume_claim_templates {
        let size = &claim.spec.resources.requests.storage;
        let Some(bytes) = pods::bytes(size) else {
            findings.require(
                false,
                "bad-quantity",
                || place(object),
                || format!("{size} is no quantity"),
            );
            continue;
        };
        if service.program == Program::Vmagent {
            let queue = stack.values.agent.queue;
            findings.require(
                bytes > queue.0,
                "small-volume",
                || place(object),
                || format!("its volume of {size} does not hold its queue of {queue}"),
            );
        }
    }
}

fn check_service(stack: &Stack, object: &Object, spec: &ServiceSpec, findings: &mut Findings) {
    let workload = stack.objects.iter().find_map(|other| match &other.body {
        Body::Workload { spec: workload } => {
            let labels = &workload.template.metadata.labels.0;
            let all = spec.selector.0.iter().all(|pair| labels.contains(pair));
            (all && !spec.selector.is_empty()).then_some(workload)
        }
        _ => None,
    });
    let Some(workload) = workload else {
        findings.require(
            false,
            "selector-without-pods",
            || place(object),
            || "its selector selects no pods".to_owned(),
        );
        return;
    };
    let ports: Vec<&str> = workload
        .template
        .spec
        .containers
        .iter()
        .flat_map(|container| &container.ports)
        .map(|port| port.name.as_str())
        .collect();
    for port in &spec.ports {
        findings.require(
            ports.contains(&port.target_port.as_str()),
            "unknown-port",
            || place(object),
            || {
                format!(
                    "it leads to the port {}, which no container has",
                    port.target_port
                )
            },
        );
    }
}

fn find<'a>(stack: &'a Stack, kind: &str, name: &str, namespace: Option<&str>) -> Option<&'a Object> {
    stack.objects.iter().find(|object| {
        object.kind == kind
            && object.metadata.name == name
            && object.metadata.namespace.as_deref() == namespace
    })
}

fn place(object: &Object) -> String {
    format!("{} {}", object.kind, object.metadata.name)
}
