//! Who talks to whom: read from the flags, variables and files of the services, so that it is never said twice.

use std::collections::BTreeSet;

use crate::Stack;
use crate::topology::Service;

/// Flags whose values are lists of `host:port`.
const ADDRESSES: [&str; 3] = ["storageNode", "selectNode", "cluster.peer"];

/// One component opens connections to a port of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) port: u16,
    /// Whether metrics are fetched through it, and nothing else.
    pub(crate) scrape: bool,
}

/// A host and a port that something names, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The flag, variable or file.
    pub(crate) named_by: String,
}

/// Returns all connections between components, each once.
pub(crate) fn edges(stack: &Stack) -> BTreeSet<Edge> {
    let mut edges = BTreeSet::new();
    for service in &stack.services {
        for target in targets(stack, service) {
            if let Some(other) = stack.services.iter().find(|other| is_host(other, &target.host)) {
                edges.insert(Edge {
                    from: service.component.clone(),
                    to: other.component.clone(),
                    port: target.port,
                    scrape: false,
                });
            }
        }
    }
    let scraper = "vmagent";
    for service in &stack.services {
        edges.insert(Edge {
            from: scraper.to_owned(),
            to: service.component.clone(),
            port: service.health.0,
            scrape: true,
        });
    }
    edges
}

/// Returns what a service connects to: the hosts in its flags, its variables and the files that are mounted into it. Links that people
/// follow are left out.
pub(crate) fn targets(stack: &Stack, service: &Service) -> Vec<Target> {
    let mut found = Vec::new();
    for (name, value) in service.flags.iter().chain(&service.environment) {
        if ADDRESSES.contains(name) {
            found.extend(value.split(',').map(|address| target(address, name)));
        } else {
            found.extend(urls(value, name));
        }
    }
    for (path, text) in stack.configs.files() {
        let mounted = service
            .mounts
            .iter()
            .any(|(folder, _)| path.starts_with(&format!("{folder}/")));
        // The webhook is outside of the deployment, links of rules and dashboards are for people.
        let links = ["alertmanager/", "vmalert/", "grafana/dashboards/"];
        if mounted && !links.iter().any(|folder| path.starts_with(folder)) {
            found.extend(urls(text, path));
        }
    }
    found
}

/// Tells whether a service is reached under this name: its own, that of its component, or that of one of its pods.
pub(crate) fn is_host(service: &Service, host: &str) -> bool {
    let pod = host.strip_suffix(&format!(".{}", service.name));
    let number = pod.and_then(|pod| pod.strip_prefix(&format!("{}-", service.name)));
    // Numbered services answer to the name of their component as well.
    let numbered = service.name.strip_prefix(&format!("{}-", service.component));
    service.name == host
        || (service.component == host && numbered.is_some_and(|number| number.parse::<u32>().is_ok()))
        || number.is_some_and(|number| {
            number
                .parse::<u32>()
                .is_ok_and(|number| number < service.replicas)
        })
}

fn urls(text: &str, named_by: &str) -> Vec<Target> {
    let after = |(at, scheme): (usize, &str)| &text[at + scheme.len()..];
    let authorities = text.match_indices("http://").map(after).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-.:".contains(c)));
        &rest[..end.unwrap_or(rest.len())]
    });
    authorities.map(|authority| target(authority, named_by)).collect()
}

fn target(address: &str, named_by: &str) -> Target {
    let (host, port) = address.split_once(':').unwrap_or((address, "80"));
    Target {
        host: host.to_owned(),
        port: port.parse().unwrap_or(0),
        named_by: named_by.to_owned(),
    }
}
