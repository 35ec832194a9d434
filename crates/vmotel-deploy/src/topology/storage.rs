//! The services that keep data: one node, or the three parts of a cluster.

use super::parts::{hurry, service};
use super::{Port, Program, Service, host};
use crate::{Deployment, Form};

/// The file of the key that administrative paths ask for.
const ADMIN_KEY: &str = "file:///run/secrets/admin_key";

pub(super) fn services(values: &Deployment) -> Vec<Service> {
    if values.is_cluster() {
        vec![vmstorage(values), vminsert(values), vmselect(values)]
    } else {
        vec![victoria_metrics(values)]
    }
}

fn victoria_metrics(values: &Deployment) -> Service {
    let mut flags = vec![
        ("httpListenAddr", ":8428".to_owned()),
        ("storageDataPath", "/storage".to_owned()),
        ("retentionPeriod", values.storage.retention.to_string()),
        ("maxLabelsPerTimeseries", values.storage.max_labels.to_string()),
        (
            "storage.minFreeDiskSpaceBytes",
            values.storage.min_free_disk.to_string(),
        ),
        ("deleteAuthKey", ADMIN_KEY.to_owned()),
        ("snapshotAuthKey", ADMIN_KEY.to_owned()),
        ("search.resetCacheAuthKey", ADMIN_KEY.to_owned()),
        (
            "vmalert.proxyURL",
            format!("http://{}:8880", host(values, "vmalert")),
        ),
    ];
    flags.extend(deduplication(values));
    flags.extend(hurry(values, "search.latencyOffset"));
    flags.push(("loggerFormat", "json".to_owned()));
    Service {
        flags,
        volume: Some(("storage".to_owned(), "/storage")),
        secrets: vec!["admin_key"],
        memory: values.storage.memory,
        cpus: values.storage.cpus,
        grace_seconds: 60,
        ..service(
            "victoria-metrics",
            Program::VictoriaMetrics,
            &values.images.victoria_metrics,
            (8428, "/health"),
        )
    }
}

fn vmstorage(values: &Deployment) -> Service {
    let mut flags = vec![
        ("httpListenAddr", ":8482".to_owned()),
        ("vminsertAddr", ":8400".to_owned()),
        ("vmselectAddr", ":8401".to_owned()),
        ("storageDataPath", "/storage".to_owned()),
        ("retentionPeriod", values.storage.retention.to_string()),
        (
            "storage.minFreeDiskSpaceBytes",
            values.storage.min_free_disk.to_string(),
        ),
    ];
    flags.extend(deduplication(values));
    flags.extend([
        // Below the grace period: vminsert moves on to the other nodes meanwhile.
        ("storage.vminsertConnsShutdownDuration", "25s".to_owned()),
        ("snapshotAuthKey", ADMIN_KEY.to_owned()),
        ("loggerFormat", "json".to_owned()),
    ]);
    Service {
        replicas: values.cluster.storage_nodes,
        flags,
        ports: vec![Port::inner(8482), Port::inner(8400), Port::inner(8401)],
        volume: Some(("storage".to_owned(), "/storage")),
        secrets: vec!["admin_key"],
        memory: values.storage.memory,
        cpus: values.storage.cpus,
        grace_seconds: 60,
        ..service(
            "vmstorage",
            Program::Vmstorage,
            &values.images.vmstorage,
            (8482, "/health"),
        )
    }
}

fn vminsert(values: &Deployment) -> Service {
    Service {
        replicas: values.cluster.insert_nodes,
        flags: vec![
            ("httpListenAddr", ":8480".to_owned()),
            ("storageNode", nodes(values, 8400)),
            ("replicationFactor", values.cluster.replication_factor.to_string()),
            ("maxLabelsPerTimeseries", values.storage.max_labels.to_string()),
            ("loggerFormat", "json".to_owned()),
        ],
        memory: values.cluster.insert_memory,
        depends_on: vec!["vmstorage".to_owned()],
        ..service(
            "vminsert",
            Program::Vminsert,
            &values.images.vminsert,
            (8480, "/health"),
        )
    }
}

fn vmselect(values: &Deployment) -> Service {
    let mut flags = vec![
        ("httpListenAddr", ":8481".to_owned()),
        ("storageNode", nodes(values, 8401)),
        ("replicationFactor", values.cluster.replication_factor.to_string()),
    ];
    flags.extend(deduplication(values));
    flags.extend(hurry(values, "search.latencyOffset"));
    flags.extend([
        ("cacheDataPath", "/cache".to_owned()),
        ("deleteAuthKey", ADMIN_KEY.to_owned()),
        ("search.resetCacheAuthKey", ADMIN_KEY.to_owned()),
        (
            "vmalert.proxyURL",
            format!("http://{}:8880", host(values, "vmalert")),
        ),
        ("loggerFormat", "json".to_owned()),
    ]);
    Service {
        replicas: values.cluster.select_nodes,
        flags,
        volume: Some(("select-cache".to_owned(), "/cache")),
        secrets: vec!["admin_key"],
        memory: values.cluster.select_memory,
        cpus: 2,
        depends_on: vec!["vmstorage".to_owned()],
        ..service(
            "vmselect",
            Program::Vmselect,
            &values.images.vmselect,
            (8481, "/health"),
        )
    }
}

fn deduplication(values: &Deployment) -> Option<(&'static str, String)> {
    values
        .deduplication()
        .map(|interval| ("dedup.minScrapeInterval", interval))
}

/// Returns the addresses of all storage nodes, each under its own name.
fn nodes(values: &Deployment, port: u16) -> String {
    let name = |n: u32| match values.form {
        Form::Compose if values.cluster.storage_nodes == 1 => format!("vmstorage:{port}"),
        Form::Compose => format!("vmstorage-{}:{port}", n + 1),
        _ => {
            let host = host(values, "vmstorage");
            format!("{host}-{n}.{host}:{port}")
        }
    };
    let names: Vec<String> = (0..values.cluster.storage_nodes).map(name).collect();
    names.join(",")
}
