//! Targets on Kubernetes: pods that say by annotations that and where they are scraped.

use serde::Serialize;
use serde_saphyr::FlowSeq;

use crate::Deployment;

/// What a reader of the file should know.
pub(super) const COMMENT: &str = "A pod is scraped if it has the annotations prometheus.io/scrape: \"true\" and prometheus.io/port, the number of a port that one of its
containers declares; prometheus.io/path (default /metrics) and prometheus.io/scheme (default http) are optional.";

#[derive(Debug, Serialize)]
pub(super) struct Pods {
    job_name: &'static str,
    kubernetes_sd_configs: [Discovery; 1],
    relabel_configs: Vec<Relabel>,
}

#[derive(Debug, Serialize)]
struct Discovery {
    role: &'static str,
    namespaces: Namespaces,
}

#[derive(Debug, Serialize)]
struct Namespaces {
    own_namespace: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Relabel {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    source_labels: FlowSeq<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_label: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<String>,
}

/// Returns the one job: the label `job` of a target is the name of its component.
pub(super) fn pods(values: &Deployment) -> Pods {
    let annotation = |name: &str| format!("annotation_prometheus_io_{name}");
    let mut relabel_configs = vec![
        keep(&annotation("scrape"), "true"),
        // Each container and port of a pod is a target at first.
        Relabel {
            action: Some("keep_if_equal"),
            source_labels: FlowSeq(vec![meta(&annotation("port")), meta("container_port_number")]),
            regex: None,
            ..keep("", "")
        },
        // Neither pods that are over nor containers that only prepare.
        Relabel {
            action: Some("drop"),
            ..keep("phase", "Succeeded|Failed")
        },
        Relabel {
            action: Some("drop"),
            ..keep("container_init", "true")
        },
        set("__scheme__", &annotation("scheme"), Some("https?")),
        set("__metrics_path__", &annotation("path"), Some("/.*")),
        set("namespace", "namespace", None),
        set("pod", "name", None),
        set("container", "container_name", None),
        // The name of a pod of a StatefulSet stays, its address does not.
        set("instance", "name", None),
        set("job", "container_name", None),
        set("job", "label_app_kubernetes_io_name", Some(".+")),
    ];
    relabel_configs.push(Relabel {
        regex: Some(values.application.name.clone()),
        replacement: Some(values.application.series_limit.to_string()),
        ..set("__series_limit__", "label_app_kubernetes_io_name", None)
    });
    Pods {
        job_name: "pods",
        kubernetes_sd_configs: [Discovery {
            role: "pod",
            namespaces: Namespaces {
                own_namespace: true,
                names: values.kubernetes.scrape_namespaces.clone(),
            },
        }],
        relabel_configs,
    }
}

fn meta(name: &str) -> String {
    format!(
        "__meta_kubernetes_{}{name}",
        if name == "namespace" { "" } else { "pod_" }
    )
}

fn keep(name: &str, regex: &str) -> Relabel {
    Relabel {
        action: Some("keep"),
        source_labels: FlowSeq(vec![meta(name)]),
        regex: Some(regex.to_owned()),
        target_label: None,
        replacement: None,
    }
}

/// Copies a label; only what matches, where that is said.
fn set(target_label: &'static str, name: &str, regex: Option<&str>) -> Relabel {
    Relabel {
        action: None,
        source_labels: FlowSeq(vec![meta(name)]),
        regex: regex.map(|regex| format!("({regex})")),
        target_label: Some(target_label),
        replacement: None,
    }
}
