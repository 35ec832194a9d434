//! Files: `ConfigMaps` from the rendered folders, Secrets from files that are not rendered, and the list of all objects.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::metadata;
use super::object::{Body, Object};
use crate::topology::Service;
use crate::yaml::{self, Ordered};
use crate::{DeployError, Stack};

/// Returns the name of the `ConfigMap` of a folder.
pub(super) fn name(service: &Service, folder: &str) -> String {
    match folder.rsplit_once('/') {
        Some((_, last)) => format!("{}-{last}", service.name),
        None => format!("{}-config", service.name),
    }
}

/// Returns the key of a file, as keys cannot hold folders.
pub(super) fn key(path: &str) -> String {
    path.replace('/', ".")
}

/// Returns the files of a folder with their paths within it.
pub(super) fn files<'a>(stack: &'a Stack, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let within = move |path: &'a str| path.strip_prefix(folder)?.strip_prefix('/');
    let files = stack.configs.files();
    files.filter_map(move |(path, text)| Some((within(path)?, text)))
}

/// Returns the `ConfigMaps` of a service.
pub(super) fn maps(stack: &Stack, service: &Service) -> Vec<Object> {
    service
        .mounts
        .iter()
        .map(|(folder, _)| Object {
            comment: "",
            api_version: "v1",
            kind: "ConfigMap",
            metadata: metadata(stack, service, &name(service, folder)),
            body: Body::Config {
                data: Ordered(
                    files(stack, folder)
                        .map(|(path, text)| (key(path), text.replace(yaml::HEADER, "")))
                        .collect(),
                ),
            },
        })
        .collect()
}

/// Returns a digest of the files of a service, which changes when one of them does, so that its pods are replaced.
pub(crate) fn checksum(stack: &Stack, service: &Service) -> String {
    let mut digest = Sha256::new();
    for (folder, _) in &service.mounts {
        for (path, text) in files(stack, folder) {
            for part in [path, text] {
                digest.update(part.len().to_le_bytes());
                digest.update(part);
            }
        }
    }
    hex::encode(digest.finalize())
}

/// Returns the name of the Secret of a service.
pub(super) fn secret_name(service: &Service) -> String {
    format!("{}-secrets", service.name)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kustomization {
    api_version: &'static str,
    kind: &'static str,
    namespace: String,
    resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret_generator: Vec<Generator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generator_options: Option<Options>,
}

#[derive(Debug, Serialize)]
struct Generator {
    name: String,
    files: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    disable_name_suffix_hash: bool,
}

/// Returns the list of all objects, with the Secrets made from files below `secrets/`.
pub(super) fn kustomization(stack: &Stack, path: &str) -> Result<String, DeployError> {
    let generators = stack.services.iter().filter_map(|service| {
        let names = super::workload::secrets(stack, service);
        (!names.is_empty()).then(|| Generator {
            name: secret_name(service),
            files: names.iter().map(|name| format!("secrets/{name}")).collect(),
        })
    });
    let generators: Vec<Generator> = generators.collect();
    let mut comment = "kubectl apply -k .".to_owned();
    if !generators.is_empty() {
        comment.push_str("\nThe files below secrets/ are made by `cargo xtask deploy render --secrets`, and belong into no repository.");
    }
    if stack.values.is_cluster() {
        comment.push_str("\nAn upgrade goes from where data lies to where it is asked for: vmstorage, then vminsert, then vmselect, each after the one before is ready.");
    }
    let value = Kustomization {
        api_version: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        namespace: stack.values.namespace().to_owned(),
        resources: stack.objects.iter().map(Object::file).collect(),
        generator_options: (!generators.is_empty()).then_some(Options {
            disable_name_suffix_hash: true,
        }),
        secret_generator: generators,
    };
    yaml::to_commented_yaml(path, &comment, &value)
}
