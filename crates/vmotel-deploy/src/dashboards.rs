//! Dashboards: one for each family of the catalog, one for the servers.

mod json;
mod panels;

use json::{Dashboard, Panel};

use crate::{Catalog, DeployError, Deployment, Form};

/// The name of the dashboard of the servers.
const SERVERS: &str = "servers";

/// Returns the uid of the dashboard that the alerts of a group link to: that of the family of requests, or of the servers.
pub(crate) fn uid_for(group: &str, catalog: &Catalog) -> String {
    let requests = catalog
        .signals
        .requests
        .as_ref()
        .and_then(|name| catalog.find(name));
    match (group, requests) {
        ("application" | "objective", Some(metric)) => uid(&metric.family),
        _ => uid(SERVERS),
    }
}

fn uid(family: &str) -> String {
    format!("vmotel-{family}")
}

/// A rendered dashboard: its file, its text, and the expressions in it with the variables filled in.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) uid: String,
    pub(crate) text: String,
    pub(crate) expressions: Vec<String>,
}

/// Renders all dashboards, families in the order of the catalog.
pub(crate) fn render(values: &Deployment, catalog: &Catalog) -> Result<Vec<Rendered>, DeployError> {
    let mut families: Vec<&str> = Vec::new();
    for metric in &catalog.metrics {
        if !families.contains(&metric.family.as_str()) {
            families.push(&metric.family);
        }
    }
    let mut dashboards = Vec::new();
    for family in families {
        let metrics = catalog.metrics.iter().filter(|metric| metric.family == family);
        let mut all = Vec::new();
        // What people look at first stands first, and is recorded.
        if uid(family) == uid_for("application", catalog) {
            all.extend(panels::service_level(values, &catalog.signals));
        }
        all.extend(metrics.map(panels::metric));
        dashboards.push(dashboard(values, family, &values.application.name, all)?);
    }
    // Elsewhere the servers bring their own.
    if values.form != Form::PrometheusOperator {
        dashboards.push(dashboard(values, SERVERS, ".+", panels::servers())?);
    }
    Ok(dashboards)
}

fn dashboard(
    values: &Deployment,
    family: &str,
    job: &str,
    panels: Vec<Panel>,
) -> Result<Rendered, DeployError> {
    let uid = uid(family);
    let expressions = panels
        .iter()
        .flat_map(Panel::expressions)
        .map(|expr| expr.replace("$job", job).replace("$__rate_interval", "5m"))
        .collect();
    let title = format!("{}: {family}", values.name);
    let text = Dashboard::new(&uid, title, job, panels)
        .to_json()
        .map_err(|reason| DeployError::Yaml {
            path: format!("grafana/dashboards/{family}.json"),
            reason,
        })?;
    Ok(Rendered {
        uid,
        text,
        expressions,
    })
}
