//! The proxy in front: who may read, who may write. What is not listed is refused, the administrative paths among it.

use serde::Serialize;

use crate::{DeployError, Deployment, topology, yaml};

const READ: [&str; 8] = [
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/series",
    "/api/v1/labels",
    "/api/v1/label/[^/]+/values",
    "/api/v1/metadata",
    "/api/v1/(rules|alerts|status/tsdb)",
    "/vmui(/.*)?",
];

/// What is written below the path of the Prometheus protocols.
const WRITE: [&str; 2] = ["/api/v1/write", "/api/v1/import(/prometheus|/csv)?"];

/// What is written beside it.
const WRITE_OTHERS: [&str; 2] = ["/opentelemetry/v1/metrics", "/influx/write"];

#[derive(Debug, Serialize)]
struct Config {
    users: [User; 2],
}

/// Someone who asks from outside.
#[derive(Debug, Serialize)]
pub(crate) struct User {
    pub(crate) username: &'static str,
    password: &'static str,
    pub(crate) max_concurrent_requests: u32,
    /// All instances behind a name are asked in turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) discover_backend_ips: bool,
    pub(crate) url_map: Vec<Route>,
}

/// Where some paths lead.
#[derive(Debug, Serialize)]
pub(crate) struct Route {
    pub(crate) src_paths: Vec<&'static str>,
    pub(crate) url_prefix: String,
    /// Repeating a read is harmless; a write could be stored twice, so its sender decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) retry_status_codes: Vec<u16>,
}

pub(crate) fn render(values: &Deployment, path: &str) -> Result<String, DeployError> {
    yaml::to_yaml(path, &Config { users: users(values) })
}

/// Returns who may do what.
pub(crate) fn users(values: &Deployment) -> [User; 2] {
    let endpoints = topology::endpoints(values);
    let user = |username, password, url_map| User {
        username,
        password,
        max_concurrent_requests: 50,
        discover_backend_ips: values.is_cluster(),
        url_map,
    };
    let others = endpoints.write.trim_end_matches("/prometheus").to_owned();
    let mut writes = vec![route(&WRITE, endpoints.write, Vec::new())];
    if values.is_cluster() {
        writes.push(route(&WRITE_OTHERS, others, Vec::new()));
    } else {
        writes[0].src_paths.extend(WRITE_OTHERS);
        writes[0].src_paths.push("/write");
    }
    [
        user(
            "reader",
            "%{READER_PASSWORD}",
            vec![route(&READ, endpoints.read, vec![502, 503])],
        ),
        user("writer", "%{WRITER_PASSWORD}", writes),
    ]
}

fn route(paths: &[&'static str], url_prefix: String, retry_status_codes: Vec<u16>) -> Route {
    Route {
        src_paths: paths.to_vec(),
        url_prefix,
        retry_status_codes,
    }
}
