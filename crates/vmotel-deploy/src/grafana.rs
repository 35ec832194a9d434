//! The provisioning of Grafana: one datasource with a fixed uid, one folder of dashboards.

use serde::Serialize;

use crate::{DeployError, Deployment, topology, yaml};

/// The uid by which dashboards and links name the datasource.
pub(crate) const DATASOURCE: &str = "victoriametrics";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Datasources {
    api_version: u32,
    datasources: [Datasource; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Datasource {
    name: &'static str,
    uid: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    access: &'static str,
    url: String,
    is_default: bool,
    editable: bool,
    json_data: JsonData,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonData {
    http_method: &'static str,
    time_interval: String,
    prometheus_type: &'static str,
    prometheus_version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Providers {
    api_version: u32,
    providers: [Provider; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    name: &'static str,
    folder: String,
    #[serde(rename = "type")]
    kind: &'static str,
    disable_deletion: bool,
    allow_ui_updates: bool,
    update_interval_seconds: u32,
    options: Options,
}

#[derive(Debug, Serialize)]
struct Options {
    path: &'static str,
}

pub(crate) fn datasources(values: &Deployment, path: &str) -> Result<String, DeployError> {
    let datasource = Datasource {
        name: "VictoriaMetrics",
        uid: DATASOURCE,
        kind: "prometheus",
        access: "proxy",
        url: topology::endpoints(values).read,
        is_default: true,
        editable: false,
        json_data: JsonData {
            http_method: "POST",
            time_interval: values.scraping.interval.to_string(),
            prometheus_type: "Prometheus",
            prometheus_version: "2.24.0",
        },
    };
    yaml::to_yaml(
        path,
        &Datasources {
            api_version: 1,
            datasources: [datasource],
        },
    )
}

pub(crate) fn providers(values: &Deployment, path: &str) -> Result<String, DeployError> {
    let provider = Provider {
        name: "rendered",
        folder: values.name.clone(),
        kind: "file",
        disable_deletion: true,
        allow_ui_updates: false,
        update_interval_seconds: 30,
        options: Options {
            path: "/etc/grafana/dashboards",
        },
    };
    yaml::to_yaml(
        path,
        &Providers {
            api_version: 1,
            providers: [provider],
        },
    )
}
