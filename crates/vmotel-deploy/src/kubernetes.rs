//! Kubernetes: one object in one file.

mod access;
mod backup;
mod config;
mod network;
mod object;
mod operator;
mod pod;
mod scale;
mod workload;

pub(crate) use config::checksum as config_checksum;
pub(crate) use network::ServiceSpec;
pub(crate) use object::{Body, Object, WorkloadSpec};
pub(crate) use pod::{Container, PodSpec, Source};

use object::{Metadata, Selector, pairs};

use crate::edges::edges;
use crate::topology::{self, Service};
use crate::yaml::Ordered;
use crate::{DeployError, Form, Stack, Tree, yaml};

/// Returns all objects, in the order they are made in.
pub(crate) fn objects(stack: &Stack) -> Vec<Object> {
    let mut objects = vec![namespace(stack)];
    match stack.values.form {
        Form::Compose => objects.clear(),
        Form::Kubernetes => objects.extend(plain(stack)),
        Form::Operator => objects.extend(operator::objects(stack)),
        Form::PrometheusOperator => objects.extend(operator::monitors(stack)),
    }
    if stack.values.form != Form::PrometheusOperator {
        objects.extend(network::ingresses(stack));
    }
    objects
}

fn plain(stack: &Stack) -> Vec<Object> {
    let mut objects = vec![network::deny(stack)];
    let edges = edges(stack);
    for service in &stack.services {
        objects.push(access::account(stack, service));
        objects.extend(access::roles(stack, service));
        objects.extend(config::maps(stack, service));
        objects.extend(network::services(stack, service));
        objects.push(network::policy(stack, service, &edges));
        objects.push(workload::object(stack, service));
        objects.extend(scale::budget(stack, service));
        objects.extend(scale::autoscaler(stack, service));
    }
    objects
}

/// Renders the objects, each as a file, and the list of them.
pub(crate) fn render(stack: &Stack) -> Result<Tree, DeployError> {
    let mut tree = Tree::default();
    for object in &stack.objects {
        let path = object.file();
        tree.insert(&path, yaml::to_commented_yaml(&path, object.comment, object)?);
    }
    let path = "kustomization.yaml";
    tree.insert(path, config::kustomization(stack, path)?);
    Ok(tree)
}

/// Returns the secrets that the pods of all services read.
pub(crate) fn secrets(stack: &Stack) -> Vec<&'static str> {
    let all = stack.services.iter();
    all.flat_map(|service| workload::secrets(stack, service))
        .collect()
}

/// Returns the name of the Secret that is made for a service; none where it reads no secrets.
pub(crate) fn secret_name(stack: &Stack, service: &Service) -> Option<String> {
    (!workload::secrets(stack, service).is_empty()).then(|| config::secret_name(service))
}

fn namespace(stack: &Stack) -> Object {
    let mut labels = labels(stack, &stack.values.name, None);
    labels.0.extend(
        pairs([
            ("pod-security.kubernetes.io/enforce", "restricted"),
            ("pod-security.kubernetes.io/audit", "restricted"),
            ("pod-security.kubernetes.io/warn", "restricted"),
        ])
        .0,
    );
    Object {
        comment: "",
        api_version: "v1",
        kind: "Namespace",
        metadata: Metadata {
            name: stack.values.namespace().to_owned(),
            labels,
            ..Metadata::default()
        },
        body: Body::Empty {},
    }
}

/// Returns the metadata of an object of a service.
fn metadata(stack: &Stack, service: &Service, name: &str) -> Metadata {
    Metadata {
        name: name.to_owned(),
        namespace: Some(stack.values.namespace().to_owned()),
        labels: labels(stack, &service.component, Some(&service.image)),
        annotations: Ordered::default(),
    }
}

/// Returns the recommended labels; with the version where it is known and a label can hold it.
fn labels(stack: &Stack, component: &str, image: Option<&str>) -> Ordered<String> {
    let mut labels = pairs([
        ("app.kubernetes.io/name", component),
        ("app.kubernetes.io/instance", stack.values.name.as_str()),
    ]);
    let tag = image
        .filter(|image| !image.contains('@'))
        .and_then(|image| image.rsplit_once(':'));
    if let Some((_, tag)) = tag.filter(|(_, tag)| tag.len() <= 63) {
        labels
            .0
            .push(("app.kubernetes.io/version".to_owned(), tag.to_owned()));
    }
    labels
        .0
        .push(("app.kubernetes.io/part-of".to_owned(), stack.values.name.clone()));
    labels
}

/// Returns what selects the pods of a component.
fn selector(stack: &Stack, component: &str) -> Selector {
    let host = topology::host(&stack.values, component);
    // The operator labels what it makes by its kind.
    let kind = host
        .strip_suffix(&format!("-{}", stack.values.name))
        .filter(|_| host != component);
    Selector {
        match_labels: pairs([
            ("app.kubernetes.io/name", kind.unwrap_or(component)),
            ("app.kubernetes.io/instance", stack.values.name.as_str()),
        ]),
    }
}
