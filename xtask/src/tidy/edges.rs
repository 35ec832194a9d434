//! Which crate of the workspace may import which: arrows only point downward, siblings never import each other.

use cargo_metadata::{DependencyKind, Metadata};

use super::Findings;

/// Every crate with what it may import, from the bottom of the house upwards; `*` is everything.
const ALLOWED: &[(&str, &[&str])] = &[
    ("vmotel-model", &[]),
    ("vmotel-cells", &[]),
    ("vmotel-cardinality", &[]),
    ("vmotel-metricsql", &[]),
    ("vmotel-derive", &[]),
    ("vmotel-process", &[]),
    ("vmotel-http", &[]),
    ("vmotel-wire", &["vmotel-model"]),
    (
        "vmotel-registry",
        &[
            "vmotel-model",
            "vmotel-cells",
            "vmotel-cardinality",
            "vmotel-process",
            "vmotel-derive",
        ],
    ),
    (
        "vmotel-aggregate",
        &["vmotel-model", "vmotel-cells", "vmotel-cardinality"],
    ),
    (
        "vmotel-instruments",
        &[
            "vmotel-model",
            "vmotel-cardinality",
            "vmotel-process",
            "vmotel-derive",
        ],
    ),
    (
        "vmotel-query",
        &["vmotel-model", "vmotel-metricsql", "vmotel-http"],
    ),
    ("vmotel-deploy", &["vmotel-model", "vmotel-metricsql"]),
    (
        "vmotel-exporter",
        &[
            "vmotel-model",
            "vmotel-wire",
            "vmotel-registry",
            "vmotel-cardinality",
            "vmotel-aggregate",
            "vmotel-http",
        ],
    ),
    (
        "vmotel-explorer",
        // The registry only in its tests.
        &[
            "vmotel-model",
            "vmotel-wire",
            "vmotel-cardinality",
            "vmotel-registry",
            "vmotel-exporter",
        ],
    ),
    (
        "vmotel-bridge",
        // Wire and exporter for its tests.
        &[
            "vmotel-model",
            "vmotel-registry",
            "vmotel-wire",
            "vmotel-exporter",
        ],
    ),
    (
        "vmotel-cli",
        // The exporter and the instruments for the catalog of a deployment, the parser for `check`.
        &[
            "vmotel-model",
            "vmotel-metricsql",
            "vmotel-deploy",
            "vmotel-query",
            "vmotel-instruments",
            "vmotel-exporter",
        ],
    ),
    ("vmotel-testkit", &["vmotel-query"]),
    ("vmotel-examples", &["*"]),
    ("vmotel-benches", &["*"]),
    ("xtask", &["*"]),
];

/// What any crate may have as a dev-dependency, if it names a path and no version.
const TEST_ONLY: &str = "vmotel-testkit";

pub(super) fn check(metadata: &Metadata, findings: &mut Findings) {
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.fail(format!(
                "{name} has no place in the table of edges; add it in xtask/src/tidy/edges.rs and in ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            // A dev-dependency on itself turns features on for the tests.
            let own = dependency.kind == DependencyKind::Development && to == name;
            if dependency.path.is_none() || own {
                continue;
            }
            let testing = dependency.kind == DependencyKind::Development && to == TEST_ONLY;
            if testing {
                if dependency.req.to_string() != "*" {
                    findings.fail(format!(
                        "{name} names a version of {to}, which is never published; write a path only"
                    ));
                }
            } else if !allowed.contains(&"*") && !allowed.contains(&to) {
                findings.fail(format!(
                    "{name} imports {to}, which the plan of the house does not allow; it may import {allowed:?}"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ALLOWED;

    /// The table can be read from top to bottom: each crate imports only those above it.
    #[test]
    fn arrows_point_downward() {
        for (index, (name, allowed)) in ALLOWED.iter().enumerate() {
            for to in allowed.iter().filter(|to| **to != "*") {
                let position = ALLOWED.iter().position(|(known, _)| known == to);
                assert!(position.is_some_and(|at| at < index), "{name} -> {to}");
            }
        }
    }
}
