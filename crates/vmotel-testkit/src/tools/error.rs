//! Why a program cannot be had.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::{Tool, Version};

/// Why a program cannot be had.
///
/// `Debug` reads like `Display`, since that is what a failing test prints.
#[derive(Error)]
#[non_exhaustive]
pub enum ToolError {
    /// `VMOTEL_BIN_DIR` is set and does not hold a usable program.
    #[error("VMOTEL_BIN_DIR is {}, expected a usable {tool} in it: {reason}", dir.display())]
    BinDir {
        /// The program.
        tool: Tool,
        /// The value of `VMOTEL_BIN_DIR`.
        dir: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The program is nowhere, and may or could not be downloaded.
    #[error("there is no usable {tool} ({version}): {}\n{}", reasons.join("; "), install_hint(*.tool, *.version))]
    Missing {
        /// The program.
        tool: Tool,
        /// The version that was wanted.
        version: Version,
        /// What was tried and why it did not do.
        reasons: Vec<String>,
    },
    /// The cache cannot be used.
    #[error("the cache {} could not be used: {source}", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the commands that install a program, for each platform.
fn install_hint(tool: Tool, version: Version) -> String {
    let tag = match (tool.package(), version) {
        ("victoria-metrics", Version::Stable) => "v1.112.0",
        ("victoria-metrics", Version::Newest) => "v1.145.0",
        ("prometheus-alertmanager", _) => "v0.28.1",
        ("docker-compose", _) => "28-cli",
        ("kustomize", _) => "v5.8.1",
        (_, Version::Stable) => "v2.53.3",
        (_, Version::Newest) => "v3.5.0",
    };
    let (image, inside) = match tool {
        Tool::VictoriaMetrics => ("victoriametrics/victoria-metrics", "/victoria-metrics-prod"),
        Tool::Vmagent => ("victoriametrics/vmagent", "/vmagent-prod"),
        Tool::Vmalert => ("victoriametrics/vmalert", "/vmalert-prod"),
        Tool::VmalertTool => ("victoriametrics/vmalert-tool", "/vmalert-tool-prod"),
        Tool::Vmauth => ("victoriametrics/vmauth", "/vmauth-prod"),
        Tool::Vmbackup => ("victoriametrics/vmbackup", "/vmbackup-prod"),
        Tool::Vmrestore => ("victoriametrics/vmrestore", "/vmrestore-prod"),
        Tool::Prometheus => ("prom/prometheus", "/bin/prometheus"),
        Tool::Promtool => ("prom/prometheus", "/bin/promtool"),
        Tool::Alertmanager => ("prom/alertmanager", "/bin/alertmanager"),
        Tool::Amtool => ("prom/alertmanager", "/bin/amtool"),
        Tool::Kustomize => ("registry.k8s.io/kustomize/kustomize", "/app/kustomize"),
        Tool::DockerCompose => ("docker", "/usr/local/libexec/docker/cli-plugins/docker-compose"),
    };
    let formula = match tool.package() {
        "victoria-metrics" => "victoriametrics",
        "prometheus-alertmanager" => "alertmanager",
        "docker-compose" => "docker-compose",
        "kustomize" => "kustomize",
        _ => "prometheus",
    };
    format!(
        "to get it:\n  \
         on a Debian machine:      cargo xtask tools --fetch --suite {suite}\n  \
         from a container image:   id=$(docker create {image}:{tag}) && mkdir -p ~/vmotel-bin && docker cp $id:{inside} ~/vmotel-bin/{name} && docker rm $id\n  \
         on macOS:                 brew install {formula}\n\
         then, unless it is in PATH: export VMOTEL_BIN_DIR=~/vmotel-bin (with all programs the tests need in it)",
        suite = version.suite(),
        name = tool.binary(),
    )
}
