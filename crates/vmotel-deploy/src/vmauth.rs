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

#[derive(Debug, Serialize)]
struct User {
    username: &'static str,
    password: &'static str,
    max_concurrent_requests: u32,
    /// All instances behind a name are asked in turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    discover_backend_ips: bool,
    url_map: Vec<Route>,
}

#[derive(Debug, Serialize)]
struct Route {
    src_paths: Vec<&'static str>,
    url_prefix: String,
    /// Repeating a read is harmless; a write could be stored twice, so its sender decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_status_codes: Vec<u16>,
}

pub(crate) fn render(values: &Deployment, path: &str) -> Result<String, DeployError> {
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
    let users = [
        user(
            "reader",
            "%{READER_PASSWORD}",
            vec![route(&READ, endpoints.read, vec![502, 503])],
        ),
        user("writer", "%{WRITER_PASSWORD}", writes),
    ];
    yaml::to_yaml(path, &Config { users })
}

fn route(paths: &[&'static str], url_prefix: String, retry_status_codes: Vec<u16>) -> Route {
    Route {
        src_paths: paths.to_vec(),
        url_prefix,
        retry_status_codes,
    }
}
