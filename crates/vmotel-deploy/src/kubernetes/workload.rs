//! The workloads: what keeps data is a `StatefulSet` with a volume of its own for each instance, all else a Deployment.

use serde_saphyr::FlowSeq;

use super::object::{
    Body, Claim, ClaimRequests, ClaimResources, ClaimRetention, ClaimSpec, Object, RollingUpdate, Strategy,
    WorkloadSpec, pairs,
};
use super::pod::{
    Amounts, Capabilities, ConfigSource, Container, ContainerPort, ContainerSecurity, EmptyDir, FieldRef,
    HttpGet, Item, Mount, PodMetadata, PodSecurity, PodSpec, PodTemplate, Probe, Resources, Seccomp,
    SecretSource, Source, Spread, TcpSocket, ValueFrom, Variable, Volume, named,
};
use super::{access, backup, config, metadata, network, scale, selector};
use crate::topology::{Program, Service};
use crate::{Bytes, Stack, compose};

/// No process gains a right that its container does not have.
pub(super) const NO_PRIVILEGES: ContainerSecurity = ContainerSecurity {
    allow_privilege_escalation: false,
    read_only_root_filesystem: true,
    capabilities: Capabilities {
        drop: FlowSeq(["ALL"]),
    },
};

/// Returns the kind of the workload of a service.
pub(super) fn kind(service: &Service) -> &'static str {
    if service.volume.is_some() {
        "StatefulSet"
    } else {
        "Deployment"
    }
}

/// Returns the secrets that the pods of a service read.
pub(super) fn secrets(stack: &Stack, service: &Service) -> Vec<&'static str> {
    let mut names = service.secrets.clone();
    if backup::is_backed_up(stack, service) && stack.values.backup.credentials {
        names.push(backup::CREDENTIALS);
    }
    names
}

pub(super) fn object(stack: &Stack, service: &Service) -> Object {
    let keeps = service.volume.is_some();
    let mut metadata = metadata(stack, service, &service.name);
    metadata.annotations = pairs(waivers(stack, service));
    Object {
        comment: service.program.purpose(),
        api_version: "apps/v1",
        kind: kind(service),
        metadata,
        body: Body::Workload {
            spec: Box::new(WorkloadSpec {
                replicas: (!scale::is_scaled(stack, service)).then_some(service.replicas),
                service_name: keeps.then(|| network::governing(service)),
                pod_management_policy: keeps.then_some("Parallel"),
                persistent_volume_claim_retention_policy: keeps.then_some(ClaimRetention {
                    when_deleted: "Retain",
                    when_scaled: "Retain",
                }),
                strategy: (!keeps).then_some(Strategy {
                    rolling_update: RollingUpdate {
                        max_surge: 1,
                        max_unavailable: 0,
                    },
                }),
                selector: selector(stack, &service.component),
                template: template(stack, service),
                volume_claim_templates: claim(stack, service).into_iter().collect(),
            }),
        },
    }
}

/// What a linter asks for and this deployment does not do, with the reason.
fn waivers(stack: &Stack, service: &Service) -> Vec<(String, String)> {
    let mut reasons =
        vec!["CKV_K8S_15=the image is pinned; a registry that is down must not keep a pod from starting"];
    if !service.image.contains("@sha256:") {
        reasons
            .push("CKV_K8S_43=the tag names the version; write the digest into the values to pin it harder");
    }
    if service.program == Program::Grafana {
        reasons.push("CKV_K8S_40=472 is the user that owns the files in the image");
    }
    if backup::is_backed_up(stack, service) {
        reasons.push("CKV_K8S_8=the container backup serves nothing that could be asked");
        reasons.push("CKV_K8S_9=the container backup serves nothing that could be asked");
    }
    if access::asks(service) {
        reasons.push("CKV_K8S_38=it asks the API for the pods to scrape");
    }
    let key = |index: usize| format!("checkov.io/skip{}", index + 1);
    reasons
        .into_iter()
        .enumerate()
        .map(|(index, reason)| (key(index), reason.to_owned()))
        .collect()
}

fn template(stack: &Stack, service: &Service) -> PodTemplate {
    let values = &stack.values;
    let (user, group) = service
        .user
        .split_once(':')
        .unwrap_or((service.user, service.user));
    let number = |text: &str| text.parse().unwrap_or(65_534);
    let foreign = service.program == Program::Application;
    let mut containers = vec![container(service)];
    containers.extend(backup::container(stack, service));
    PodTemplate {
        metadata: PodMetadata {
            labels: super::labels(stack, &service.component, None),
            annotations: annotations(stack, service),
        },
        spec: PodSpec {
            service_account_name: service.name.clone(),
            automount_service_account_token: access::asks(service),
            enable_service_links: false,
            priority_class_name: values.kubernetes.priority_class.clone().filter(|_| !foreign),
            termination_grace_period_seconds: service.grace_seconds,
            topology_spread_constraints: (service.replicas > 1 || scale::is_scaled(stack, service))
                .then(|| Spread {
                    max_skew: 1,
                    topology_key: "kubernetes.io/hostname",
                    when_unsatisfiable: "ScheduleAnyway",
                    label_selector: selector(stack, &service.component),
                })
                .into_iter()
                .collect(),
            security_context: PodSecurity {
                run_as_non_root: true,
                run_as_user: number(user),
                run_as_group: number(group),
                fs_group: number(group),
                fs_group_change_policy: "OnRootMismatch",
                seccomp_profile: Seccomp {
                    kind: "RuntimeDefault",
                },
            },
            containers,
            volumes: volumes(stack, service),
        },
    }
}

/// The agent finds pods by these; a change of files replaces the pods.
fn annotations(stack: &Stack, service: &Service) -> crate::yaml::Ordered<String> {
    let mut all = vec![
        ("prometheus.io/scrape", "true".to_owned()),
        ("prometheus.io/port", service.health.0.to_string()),
    ];
    if service.program == Program::Application {
        all.push(("prometheus.io/path", stack.values.application.path.clone()));
    }
    if !service.mounts.is_empty() {
        all.push(("checksum/config", config::checksum(stack, service)));
    }
    pairs(all)
}

fn container(service: &Service) -> Container {
    let mut env: Vec<Variable> = Vec::new();
    let values = service.flags.iter().chain(&service.environment);
    if values.clone().any(|(_, value)| value.contains("$(POD_NAME)")) {
        env.push(pod_name());
    }
    env.extend(service.environment.iter().map(|(name, value)| Variable {
        name: (*name).to_owned(),
        value: Some(value.clone()),
        value_from: None,
    }));
    let mut volume_mounts: Vec<Mount> = service
        .volume
        .iter()
        .map(|(name, path)| Mount {
            name: name.clone(),
            mount_path: (*path).to_owned(),
            read_only: false,
        })
        .collect();
    volume_mounts.extend(service.mounts.iter().map(|(folder, path)| Mount {
        name: volume_name(folder),
        mount_path: (*path).to_owned(),
        read_only: true,
    }));
    if !service.secrets.is_empty() {
        volume_mounts.push(Mount {
            name: "secrets".to_owned(),
            mount_path: "/run/secrets".to_owned(),
            read_only: true,
        });
    }
    volume_mounts.push(Mount {
        name: "tmp".to_owned(),
        mount_path: "/tmp".to_owned(),
        read_only: false,
    });
    Container {
        name: service.name.clone(),
        image: service.image.clone(),
        image_pull_policy: "IfNotPresent",
        command: compose::entrypoint(service),
        args: compose::arguments(service),
        env,
        ports: network::ports(service)
            .map(|(name, container_port, protocol)| ContainerPort {
                name,
                container_port,
                protocol,
            })
            .collect(),
        startup_probe: Some(probe(service, &alive(service), 5, patience(service))),
        readiness_probe: Some(probe(service, &service.health.1, 5, 3)),
        liveness_probe: Some(probe(service, &alive(service), 10, 6)),
        resources: resources(service),
        security_context: NO_PRIVILEGES,
        volume_mounts,
    }
}

/// The name of the pod, from the pod itself.
pub(super) fn pod_name() -> Variable {
    Variable {
        name: "POD_NAME".to_owned(),
        value: None,
        value_from: Some(ValueFrom {
            field_ref: FieldRef {
                field_path: "metadata.name",
            },
        }),
    }
}

/// The path that tells whether a process lives: one that is alive and not ready must not be restarted.
fn alive(service: &Service) -> String {
    service.health.1.replace("/-/ready", "/health")
}

/// How many times 5 s a process may take to start. A storage answers only when its data is open: half an hour after an unclean stop.
fn patience(service: &Service) -> u32 {
    match service.program {
        Program::VictoriaMetrics | Program::Vmstorage => 360,
        _ => 24,
    }
}

fn probe(service: &Service, path: &str, period_seconds: u32, failure_threshold: u32) -> Probe {
    let number = service.health.0;
    let found = service.ports.iter().find(|port| port.number == number);
    let port = found.map_or_else(|| number.to_string(), |port| network::port_name(service, *port));
    // A page of metrics is made anew for each that asks: too much for a probe.
    let cheap = service.program != Program::Application;
    Probe {
        http_get: cheap.then(|| HttpGet {
            path: path.to_owned(),
            port: port.clone(),
        }),
        tcp_socket: (!cheap).then_some(TcpSocket { port }),
        period_seconds,
        timeout_seconds: 5,
        failure_threshold,
    }
}

/// What keeps data gets what it asks for, always: requests and limits are equal. Others may use a CPU when it is free.
pub(super) fn resources(service: &Service) -> Resources {
    let limits = Amounts {
        cpu: service.cpus.to_string(),
        memory: quantity(service.memory),
        ephemeral_storage: "512Mi".to_owned(),
    };
    let keeps = service.volume.is_some()
        && service.program != Program::Grafana
        && service.program != Program::Alertmanager;
    let requests = if keeps {
        limits.clone()
    } else {
        Amounts {
            cpu: "100m".to_owned(),
            ..limits.clone()
        }
    };
    Resources { requests, limits }
}

fn volumes(stack: &Stack, service: &Service) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = service
        .mounts
        .iter()
        .map(|(folder, _)| {
            // Only where a file lies in a folder of its own does the key differ from its path.
            let files: Vec<&str> = config::files(stack, folder).map(|(path, _)| path).collect();
            let items = files.iter().any(|path| path.contains('/')).then(|| {
                let item = |path: &&str| Item {
                    key: config::key(path),
                    path: (*path).to_owned(),
                };
                files.iter().map(item).collect()
            });
            Volume {
                name: volume_name(folder),
                source: Source::ConfigMap(ConfigSource {
                    name: config::name(service, folder),
                    items: items.unwrap_or_default(),
                }),
            }
        })
        .collect();
    if !secrets(stack, service).is_empty() {
        volumes.push(Volume {
            name: "secrets".to_owned(),
            source: Source::Secret(SecretSource {
                secret_name: config::secret_name(service),
            }),
        });
    }
    volumes.push(Volume {
        name: "tmp".to_owned(),
        source: Source::EmptyDir(EmptyDir { size_limit: "256Mi" }),
    });
    volumes
}

fn volume_name(folder: &str) -> String {
    folder
        .rsplit_once('/')
        .map_or("config", |(_, last)| last)
        .to_owned()
}

pub(super) fn claim(stack: &Stack, service: &Service) -> Option<Claim> {
    let (name, _) = service.volume.as_ref()?;
    let values = &stack.values;
    let size = match service.program {
        Program::VictoriaMetrics | Program::Vmstorage => values.storage.disk,
        // Room beyond the queue, so that its limit is met before that of the disk.
        Program::Vmagent => Bytes(values.agent.queue.0 + values.agent.queue.0.div_ceil(8).max(1 << 30)),
        Program::Vmselect => Bytes::gib(8),
        _ => Bytes::gib(2),
    };
    Some(Claim {
        metadata: named(name),
        spec: ClaimSpec {
            access_modes: FlowSeq(["ReadWriteOnce"]),
            storage_class_name: values.kubernetes.storage_class.clone(),
            resources: ClaimResources {
                requests: ClaimRequests {
                    storage: quantity(size),
                },
            },
        },
    })
}

/// Returns a size as Kubernetes writes it.
fn quantity(bytes: Bytes) -> String {
    match bytes.to_string().strip_suffix("iB") {
        Some(text) => format!("{text}i"),
        None => bytes.0.to_string(),
    }
}
