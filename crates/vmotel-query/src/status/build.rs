//! Which server it is.

use serde::Deserialize;

/// What the server says about its build (`/api/v1/status/buildinfo`).
///
/// VictoriaMetrics gives a constant version of Prometheus here, 2.24.0, and nothing else. Its own version stands in its metrics as
/// `vm_app_version`, empty in Debian's builds; so try what you need instead of asking for the version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct BuildInfo {
    /// The version.
    pub version: String,
    /// The commit; Prometheus only.
    pub revision: String,
    /// The version of Go; Prometheus only.
    pub go_version: String,
}
