//! What the operator of VictoriaMetrics makes deployments from, and for the application alone what that of Prometheus reads.

mod resources;

pub(crate) use resources::Custom;
use resources::{
    AgentSpec, AlertSpec, AlertmanagerSpec, AuthSpec, ClusterSpec, Image, MonitorEndpoint, MonitorSpec, Node,
    Process, Queue, Relabel, ScrapeEndpoint, ScrapeSpec, SecretKey, Single, TargetRef, Template, Url,
    UserSpec, Volume,
};

use super::object::{Body, Metadata, Object, Selector, pairs};
use super::scale::MaxUnavailable;
use super::{access, config, labels, metadata, network, workload};
use crate::edges::edges;
use crate::topology::{Program, Service};
use crate::yaml::{self, Ordered};
use crate::{Stack, rules, vmauth};

const VERSION: &str = "operator.victoriametrics.com/v1beta1";

/// Flags that fields of the resources say, or that the operator decides.
const FIELDS: [&str; 25] = [
    "httpListenAddr",
    "httpInternalListenAddr",
    "vminsertAddr",
    "vmselectAddr",
    "storageNode",
    "storageDataPath",
    "cacheDataPath",
    "retentionPeriod",
    "replicationFactor",
    "loggerFormat",
    "promscrape.config",
    "promscrape.configCheckInterval",
    "promscrape.cluster.membersCount",
    "promscrape.cluster.memberNum",
    "promscrape.cluster.replicationFactor",
    "promscrape.cluster.name",
    "remoteWrite.url",
    "remoteWrite.tmpDataPath",
    "remoteWrite.maxDiskUsagePerURL",
    "remoteRead.url",
    "datasource.url",
    "notifier.url",
    "rule",
    "auth.config",
    "configCheckInterval",
];

/// Returns the objects for the operator of VictoriaMetrics.
pub(super) fn objects(stack: &Stack) -> Vec<Object> {
    let mut objects = Vec::new();
    let of = |program| {
        stack
            .services
            .iter()
            .find(move |service| service.program == program)
    };
    if let Some(service) = of(Program::VictoriaMetrics) {
        objects.push(resource(stack, service, "VMSingle", single(stack, service)));
    }
    if let (Some(storage), Some(insert), Some(select)) = (
        of(Program::Vmstorage),
        of(Program::Vminsert),
        of(Program::Vmselect),
    ) {
        let spec = Custom::Cluster(Box::new(ClusterSpec {
            retention_period: retention(stack),
            replication_factor: stack.values.cluster.replication_factor,
            vmstorage: node(stack, storage),
            vminsert: node(stack, insert),
            vmselect: node(stack, select),
        }));
        objects.push(resource(stack, storage, "VMCluster", spec));
    }
    for service in &stack.services {
        match service.program {
            Program::Vmagent => objects.push(resource(stack, service, "VMAgent", agent(stack, service))),
            Program::Vmalert => {
                objects.push(resource(stack, service, "VMAlert", alert(stack, service)));
                objects.push(resource(stack, service, "VMRule", rule_groups(stack)));
            }
            Program::Alertmanager => {
                objects.push(resource(
                    stack,
                    service,
                    "VMAlertmanager",
                    alertmanager(stack, service),
                ));
            }
            Program::Vmauth => {
                let spec = Custom::Auth(Box::new(AuthSpec {
                    user_selector: part_of(stack),
                    process: process(stack, service),
                }));
                objects.push(resource(stack, service, "VMAuth", spec));
                objects.extend(users(stack, service));
            }
            Program::Application | Program::Grafana => objects.extend(plain(stack, service)),
            Program::VictoriaMetrics | Program::Vminsert | Program::Vmselect | Program::Vmstorage => {}
        }
        objects.push(scrape(stack, service));
    }
    objects
}

/// Returns the application, what the operator of Prometheus watches it by, and the dashboards where a sidecar of Grafana finds them.
pub(super) fn monitors(stack: &Stack) -> Vec<Object> {
    let mut objects = Vec::new();
    for service in &stack.services {
        objects.extend(plain(stack, service));
        let monitor = MonitorSpec {
            selector: super::selector(stack, &service.component),
            endpoints: [MonitorEndpoint {
                port: "http".to_owned(),
                path: stack.values.application.path.clone(),
                interval: stack.values.scraping.interval.to_string(),
                scrape_timeout: stack.values.scraping.timeout.to_string(),
                relabelings: [job(service)],
            }],
        };
        let object = |kind, name: &str, spec| Object {
            api_version: "monitoring.coreos.com/v1",
            ..custom(stack, service, kind, name, spec)
        };
        objects.push(object("ServiceMonitor", &service.name, Custom::Monitor(monitor)));
        objects.push(object("PrometheusRule", &service.name, rule_groups(stack)));
        for dashboard in &stack.dashboards {
            let mut metadata = metadata(stack, service, &dashboard.uid);
            metadata
                .labels
                .0
                .push(("grafana_dashboard".to_owned(), "1".to_owned()));
            objects.push(Object {
                comment: "",
                api_version: "v1",
                kind: "ConfigMap",
                metadata,
                body: Body::Config {
                    data: Ordered(vec![(format!("{}.json", dashboard.uid), dashboard.text.clone())]),
                },
            });
        }
    }
    objects
}

/// Returns the objects of a service that no operator knows.
fn plain(stack: &Stack, service: &Service) -> Vec<Object> {
    let mut objects = vec![access::account(stack, service)];
    objects.extend(config::maps(stack, service));
    objects.extend(network::services(stack, service));
    objects.push(network::policy(stack, service, &edges(stack)));
    objects.push(workload::object(stack, service));
    objects.extend(super::scale::budget(stack, service));
    objects
}

fn resource(stack: &Stack, service: &Service, kind: &'static str, spec: Custom) -> Object {
    custom(stack, service, kind, &stack.values.name, spec)
}

fn custom(stack: &Stack, service: &Service, kind: &'static str, name: &str, spec: Custom) -> Object {
    Object {
        comment: "",
        api_version: VERSION,
        kind,
        metadata: Metadata {
            name: name.to_owned(),
            namespace: Some(stack.values.namespace().to_owned()),
            labels: labels(stack, &service.component, None),
            annotations: Ordered::default(),
        },
        body: Body::Custom { spec },
    }
}

fn process(stack: &Stack, service: &Service) -> Process {
    let (repository, tag) = service.image.rsplit_once(':').unwrap_or((&service.image, ""));
    let secret = config::secret_name(service);
    let files = format!("/etc/vm/secrets/{secret}/");
    let alertmanager = service.program == Program::Alertmanager;
    let flags = service
        .flags
        .iter()
        .filter(|(flag, _)| !alertmanager && !FIELDS.contains(flag));
    let users = service.program == Program::Vmauth;
    Process {
        image: Image {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
        },
        replica_count: Some(service.replicas),
        port: service.ports.first().map_or(0, |port| port.number).to_string(),
        log_format: "json",
        extra_args: pairs(flags.map(|(flag, value)| (*flag, value.replace("/run/secrets/", &files)))),
        // The users of the proxy name theirs.
        secrets: (!service.secrets.is_empty() && !users)
            .then_some(secret)
            .into_iter()
            .collect(),
        resources: workload::resources(service),
        termination_grace_period_seconds: service.grace_seconds,
        priority_class_name: stack.values.kubernetes.priority_class.clone(),
        pod_disruption_budget: (service.replicas > 1).then_some(MaxUnavailable { max_unavailable: 1 }),
        disable_self_service_scrape: true,
        use_strict_security: true,
    }
}

fn single(stack: &Stack, service: &Service) -> Custom {
    let claim = workload::claim(stack, service);
    match claim {
        Some(claim) => Custom::Single(Box::new(Single {
            retention_period: retention(stack),
            storage: claim.spec,
            process: process(stack, service),
        })),
        None => unreachable!("a single node keeps data"),
    }
}

fn node(stack: &Stack, service: &Service) -> Node {
    Node {
        storage: volume(stack, service),
        process: process(stack, service),
    }
}

fn agent(stack: &Stack, service: &Service) -> Custom {
    let values = &stack.values;
    let copies = values.agent.replication_factor;
    let shards = service.replicas / copies;
    Custom::Agent(Box::new(AgentSpec {
        scrape_interval: values.scraping.interval.to_string(),
        scrape_timeout: values.scraping.timeout.to_string(),
        external_labels: pairs(crate::scrape::external_labels(values)),
        service_scrape_selector: part_of(stack),
        shard_count: (shards > 1).then_some(shards),
        remote_write: [Url {
            url: flag(service, "remoteWrite.url"),
        }],
        remote_write_settings: Queue {
            max_disk_usage_per_url: flag(service, "remoteWrite.maxDiskUsagePerURL"),
        },
        stateful_mode: true,
        stateful_storage: volume(stack, service),
        process: Process {
            replica_count: (copies > 1).then_some(copies),
            ..process(stack, service)
        },
    }))
}

fn alert(stack: &Stack, service: &Service) -> Custom {
    let url = |name| Url {
        url: flag(service, name),
    };
    let notifiers = flag(service, "notifier.url");
    Custom::Alert(Box::new(AlertSpec {
        rule_selector: part_of(stack),
        evaluation_interval: flag(service, "evaluationInterval"),
        datasource: url("datasource.url"),
        remote_read: url("remoteRead.url"),
        remote_write: url("remoteWrite.url"),
        notifiers: notifiers
            .split(',')
            .map(|url| Url { url: url.to_owned() })
            .collect(),
        process: {
            let mut process = process(stack, service);
            process
                .extra_args
                .0
                .retain(|(flag, _)| !matches!(flag.as_str(), "evaluationInterval" | "remoteWrite.url"));
            process
        },
    }))
}

fn alertmanager(stack: &Stack, service: &Service) -> Custom {
    let text = stack
        .configs
        .get("alertmanager/alertmanager.yml")
        .unwrap_or_default();
    Custom::Alertmanager(Box::new(AlertmanagerSpec {
        config_raw_yaml: text.replace(yaml::HEADER, ""),
        storage: volume(stack, service),
        process: process(stack, service),
    }))
}

fn rule_groups(stack: &Stack) -> Custom {
    Custom::Rules {
        groups: rules::yaml(&stack.values, &stack.catalog, &stack.groups),
    }
}

fn users(stack: &Stack, service: &Service) -> Vec<Object> {
    vmauth::users(&stack.values)
        .into_iter()
        .map(|user| {
            let spec = UserSpec {
                username: user.username,
                password_ref: SecretKey {
                    name: config::secret_name(service),
                    key: format!("{}_password", user.username),
                },
                max_concurrent_requests: user.max_concurrent_requests,
                discover_backend_ips: user.discover_backend_ips,
                target_refs: user
                    .url_map
                    .into_iter()
                    .map(|route| TargetRef {
                        fixed: Url {
                            url: route.url_prefix,
                        },
                        paths: route.src_paths,
                        retry_status_codes: route.retry_status_codes,
                    })
                    .collect(),
            };
            custom(stack, service, "VMUser", user.username, Custom::User(spec))
        })
        .collect()
}

/// Returns how the agent finds a service, under the job that rules ask for.
fn scrape(stack: &Stack, service: &Service) -> Object {
    let application = service.program == Program::Application;
    let spec = ScrapeSpec {
        selector: super::selector(stack, &service.component),
        series_limit: application.then_some(stack.values.application.series_limit),
        endpoints: [ScrapeEndpoint {
            port: if service.program == Program::Alertmanager {
                "web"
            } else {
                "http"
            }
            .to_owned(),
            path: application.then(|| stack.values.application.path.clone()),
            relabel_configs: [job(service)],
        }],
    };
    custom(
        stack,
        service,
        "VMServiceScrape",
        &service.component,
        Custom::Scrape(spec),
    )
}

fn job(service: &Service) -> Relabel {
    Relabel {
        target_label: "job",
        replacement: service.component.clone(),
    }
}

fn volume(stack: &Stack, service: &Service) -> Option<Volume> {
    workload::claim(stack, service).map(|claim| Volume {
        volume_claim_template: Template { spec: claim.spec },
    })
}

/// What belongs to this deployment, and to no other one of the namespace.
fn part_of(stack: &Stack) -> Selector {
    Selector {
        match_labels: pairs([("app.kubernetes.io/part-of", stack.values.name.as_str())]),
    }
}

/// The operator knows no months.
fn retention(stack: &Stack) -> String {
    let retention = &stack.values.storage.retention;
    let text = retention.to_string();
    if text.ends_with('M') {
        format!("{}d", retention.days())
    } else {
        text
    }
}

fn flag(service: &Service, name: &str) -> String {
    service.flag(name).unwrap_or_default().to_owned()
}
