//! The proxy in front: who may read, who may write. What is not listed is refused, the administrative paths among it.

use serde::Serialize;

use crate::{DeployError, yaml};

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

const WRITE: [&str; 4] = [
    "/api/v1/write",
    "/api/v1/import(/prometheus|/csv)?",
    "/opentelemetry/v1/metrics",
    "/(influx/)?write",
];

#[derive(Debug, Serialize)]
struct Config {
    users: [User; 2],
}

#[derive(Debug, Serialize)]
struct User {
    username: &'static str,
    password: &'static str,
    max_concurrent_requests: u32,
    url_map: [Route; 1],
}

#[derive(Debug, Serialize)]
struct Route {
    src_paths: Vec<&'static str>,
    url_prefix: &'static str,
    /// Repeating a read is harmless; a write could be stored twice, so its sender decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_status_codes: Vec<u16>,
}

pub(crate) fn render(path: &str) -> Result<String, DeployError> {
    let user = |username, password, paths: &[&'static str], retry_status_codes| User {
        username,
        password,
        max_concurrent_requests: 50,
        url_map: [Route {
            src_paths: paths.to_vec(),
            url_prefix: "http://victoria-metrics:8428",
            retry_status_codes,
        }],
    };
    let users = [
        user("reader", "%{READER_PASSWORD}", &READ, vec![502, 503]),
        user("writer", "%{WRITER_PASSWORD}", &WRITE, Vec::new()),
    ];
    yaml::to_yaml(path, &Config { users })
}
