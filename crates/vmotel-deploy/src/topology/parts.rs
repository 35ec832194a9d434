//! The services around the storage.

use super::{Port, Program, Service, endpoints, host};
use crate::{Bytes, Deployment, Form};

/// The flag that tells agents that share their targets apart.
pub(super) const MEMBER: &str = "promscrape.cluster.memberNum";

/// The user of the images that have none of their own.
const NOBODY: &str = "65534:65534";

pub(super) fn services(values: &Deployment) -> Vec<Service> {
    vec![
        vmauth(values),
        application(values),
        vmagent(values),
        alertmanager(values),
        vmalert(values),
        grafana(values),
    ]
}

pub(super) fn service(name: &str, program: Program, image: &str, health: (u16, &str)) -> Service {
    Service {
        name: name.to_owned(),
        component: name.to_owned(),
        program,
        image: image.to_owned(),
        replicas: 1,
        flags: Vec::new(),
        environment: Vec::new(),
        ports: vec![Port::inner(health.0)],
        volume: None,
        mounts: Vec::new(),
        secrets: Vec::new(),
        health: (health.0, health.1.to_owned()),
        user: NOBODY,
        memory: Bytes::mib(256),
        cpus: 1,
        grace_seconds: 30,
        depends_on: Vec::new(),
        outside: false,
    }
}

/// Servers look at data of half a minute ago, so that all of it has arrived. Where rules are in a hurry, so are they.
pub(super) fn hurry(values: &Deployment, flag: &'static str) -> Option<(&'static str, String)> {
    let hurries = values.thresholds.time_scale < 1.0;
    hurries.then(|| (flag, crate::rules::scaled(values, 30).to_string()))
}

fn vmauth(values: &Deployment) -> Service {
    Service {
        flags: vec![
            ("httpListenAddr", ":8427".to_owned()),
            ("httpInternalListenAddr", ":8426".to_owned()),
            ("auth.config", "/etc/vmauth/auth.yml".to_owned()),
            ("configCheckInterval", "30s".to_owned()),
            ("loggerFormat", "json".to_owned()),
        ],
        ports: vec![Port::published(8427, values.ports.vmauth), Port::inner(8426)],
        replicas: redundant(values),
        mounts: vec![("vmauth", "/etc/vmauth")],
        secrets: vec!["reader_password", "writer_password"],
        depends_on: storage(values),
        outside: true,
        ..service(
            "vmauth",
            Program::Vmauth,
            &values.images.vmauth,
            (8426, "/health"),
        )
    }
}

fn application(values: &Deployment) -> Service {
    let application = &values.application;
    let mut environment = vec![
        ("OTEL_SERVICE_NAME", application.name.clone()),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0".to_owned()),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", application.port.to_string()),
    ];
    if values.form != Form::Compose {
        // The pod tells its name, so that instances are told apart by what they say of themselves, too.
        let namespace = values.namespace();
        environment.push((
            "OTEL_RESOURCE_ATTRIBUTES",
            format!(
                "service.instance.id=$(POD_NAME),k8s.pod.name=$(POD_NAME),k8s.namespace.name={namespace}"
            ),
        ));
    }
    Service {
        replicas: application.replicas,
        environment,
        memory: application.memory,
        outside: true,
        ..service(
            &application.name,
            Program::Application,
            &application.image,
            (application.port, &application.path),
        )
    }
}

fn vmagent(values: &Deployment) -> Service {
    let replicas = values.agents();
    let mut shares = Vec::new();
    if replicas > 1 {
        shares = vec![
            ("promscrape.cluster.membersCount", replicas.to_string()),
            // The number at the end of the name of the pod.
            (MEMBER, "$(POD_NAME)".to_owned()),
            (
                "promscrape.cluster.replicationFactor",
                values.agent.replication_factor.to_string(),
            ),
            ("promscrape.cluster.name", values.name.clone()),
        ];
    }
    let mut service = Service {
        replicas,
        flags: vec![
            ("httpListenAddr", ":8429".to_owned()),
            ("promscrape.config", "/etc/vmagent/scrape.yml".to_owned()),
            ("promscrape.configCheckInterval", "30s".to_owned()),
            (
                "remoteWrite.url",
                format!("{}/api/v1/write", endpoints(values).write),
            ),
            ("remoteWrite.tmpDataPath", "/queue".to_owned()),
            ("remoteWrite.maxDiskUsagePerURL", values.agent.queue.to_string()),
            ("loggerFormat", "json".to_owned()),
        ],
        volume: Some(("agent-queue".to_owned(), "/queue")),
        mounts: vec![("vmagent", "/etc/vmagent")],
        memory: values.agent.memory,
        depends_on: storage(values),
        ..service(
            "vmagent",
            Program::Vmagent,
            &values.images.vmagent,
            (8429, "/-/ready"),
        )
    };
    let at = service.flags.len() - 1;
    service.flags.splice(at..at, shares);
    service
}

fn alertmanager(values: &Deployment) -> Service {
    let replicas = redundant(values);
    let mut flags = vec![
        ("config.file", "/etc/alertmanager/alertmanager.yml".to_owned()),
        ("storage.path", "/alertmanager".to_owned()),
        ("web.listen-address", ":9093".to_owned()),
    ];
    // Its pages ask for no password: who reaches them can silence every alert.
    let mut ports = vec![if values.bind.is_loopback() {
        Port::published(9093, values.ports.alertmanager)
    } else {
        Port::inner(9093)
    }];
    if replicas > 1 {
        flags.push(("cluster.listen-address", "0.0.0.0:9094".to_owned()));
        let host = host(values, "alertmanager");
        flags.extend((0..replicas).map(|n| ("cluster.peer", format!("{host}-{n}.{host}:9094"))));
        ports.push(Port {
            udp: true,
            ..Port::inner(9094)
        });
    } else {
        // A single one has no peers.
        flags.push(("cluster.listen-address", String::new()));
    }
    flags.push(("log.format", "json".to_owned()));
    Service {
        replicas,
        flags,
        ports,
        volume: Some(("alertmanager".to_owned(), "/alertmanager")),
        mounts: vec![("alertmanager", "/etc/alertmanager")],
        outside: true,
        ..service(
            "alertmanager",
            Program::Alertmanager,
            &values.images.alertmanager,
            (9093, "/-/healthy"),
        )
    }
}

/// All Alertmanagers are told; they agree among themselves which one notifies.
fn notifiers(values: &Deployment) -> String {
    let host = host(values, "alertmanager");
    match redundant(values) {
        1 => format!("http://{host}:9093"),
        count => {
            let one = |n| format!("http://{host}-{n}.{host}:9093");
            (0..count).map(one).collect::<Vec<_>>().join(",")
        }
    }
}

/// Returns how often a service runs that needs no more than a second one in its place.
fn redundant(values: &Deployment) -> u32 {
    if values.is_redundant() { 2 } else { 1 }
}

fn vmalert(values: &Deployment) -> Service {
    let endpoints = endpoints(values);
    let mut service = Service {
        flags: vec![
            ("httpListenAddr", ":8880".to_owned()),
            ("rule", "/etc/vmalert/*.yml".to_owned()),
            ("evaluationInterval", values.scraping.interval.to_string()),
            ("configCheckInterval", "30s".to_owned()),
            ("datasource.url", endpoints.read.clone()),
            ("remoteRead.url", endpoints.read),
            ("remoteWrite.url", endpoints.write),
            ("notifier.url", notifiers(values)),
            ("external.url", values.dashboards_url()),
            ("external.alert.source", "explore?schemaVersion=1&panes={\"a\":{\"datasource\":\"victoriametrics\",\"queries\":[{\"refId\":\"A\",\"expr\":{{.Expr|jsonEscape}}}],\"range\":{\"from\":\"{{.ActiveAt.UnixMilli}}\",\"to\":\"now\"}}}".to_owned()),
            ("loggerFormat", "json".to_owned()),
        ],
        replicas: redundant(values),
        mounts: vec![("vmalert", "/etc/vmalert")],
        depends_on: [storage(values), vec!["alertmanager".to_owned()]].concat(),
        ..service("vmalert", Program::Vmalert, &values.images.vmalert, (8880, "/health"))
    };
    service.flags.extend(hurry(values, "rule.evalDelay"));
    service
}

fn grafana(values: &Deployment) -> Service {
    Service {
        environment: vec![
            (
                "GF_SECURITY_ADMIN_PASSWORD__FILE",
                "/run/secrets/grafana_password".to_owned(),
            ),
            ("GF_USERS_ALLOW_SIGN_UP", "false".to_owned()),
            ("GF_ANALYTICS_REPORTING_ENABLED", "false".to_owned()),
            ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false".to_owned()),
            ("GF_LOG_MODE", "console".to_owned()),
            ("GF_PATHS_DATA", "/var/lib/grafana".to_owned()),
            ("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning".to_owned()),
        ],
        ports: vec![Port::published(3000, values.ports.grafana)],
        volume: Some(("grafana".to_owned(), "/var/lib/grafana")),
        mounts: vec![
            ("grafana/provisioning", "/etc/grafana/provisioning"),
            ("grafana/dashboards", "/etc/grafana/dashboards"),
        ],
        secrets: vec!["grafana_password"],
        user: "472",
        memory: Bytes::mib(512),
        depends_on: storage(values),
        outside: true,
        ..service(
            "grafana",
            Program::Grafana,
            &values.images.grafana,
            (3000, "/api/health"),
        )
    }
}

/// Returns the services that take and answer data, once each.
fn storage(values: &Deployment) -> Vec<String> {
    let mut names = endpoints(values).services.map(str::to_owned).to_vec();
    names.dedup();
    names
}
