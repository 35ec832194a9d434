//! Pods: their volumes, ports, probes, limits and rights.

use super::{find, place};
use crate::Stack;
use crate::check::Findings;
use crate::kubernetes::{Body, Container, Object, PodSpec, Source, WorkloadSpec};
use crate::topology::Service;

pub(super) fn check(
    stack: &Stack,
    service: &Service,
    spec: &WorkloadSpec,
    object: &Object,
    findings: &mut Findings,
) {
    let pod = &spec.template.spec;
    let place = || place(object);
    let context = &pod.security_context;
    findings.require(
        context.run_as_non_root
            && context.run_as_user > 0
            && context.seccomp_profile.kind == "RuntimeDefault",
        "not-restricted",
        place,
        || "its pods may run as root, or without a profile of system calls".to_owned(),
    );
    let bound = stack.objects.iter().any(|other| match &other.body {
        Body::Binding(binding) => binding
            .subjects
            .iter()
            .any(|subject| subject.name == pod.service_account_name),
        _ => false,
    });
    findings.require(
        pod.automount_service_account_token == bound,
        "token",
        place,
        || "its pods have a token exactly if their account has a role".to_owned(),
    );
    check_volumes(stack, spec, object, findings);
    for (index, container) in pod.containers.iter().enumerate() {
        let main = index == 0;
        check_container(container, pod, spec, object, findings);
        if main {
            check_probes(container, object, findings);
        }
        let keeps = !spec.volume_claim_templates.is_empty() && service.volume.is_some();
        let equal = container.resources.requests.memory == container.resources.limits.memory;
        findings.require(!keeps || equal, "memory-not-held", place, || {
            format!(
                "the container {} keeps data, and requests less memory than its limit",
                container.name
            )
        });
    }
    // A process that is to end in order needs the time for it.
    for (flag, value) in &service.flags {
        if flag.ends_with("ShutdownDuration") || flag.ends_with("shutdownDelay") {
            let seconds = value.parse::<crate::Span>().map_or(0, |span| span.0);
            findings.require(
                seconds < u64::from(pod.termination_grace_period_seconds),
                "short-grace",
                place,
                || {
                    format!(
                        "{flag} is {value}, and it is killed after {} s",
                        pod.termination_grace_period_seconds
                    )
                },
            );
        }
    }
}

/// Every volume has its source, and every source that an object holds is there with the keys that are asked for.
fn check_volumes(stack: &Stack, spec: &WorkloadSpec, object: &Object, findings: &mut Findings) {
    let place = || place(object);
    let namespace = object.metadata.namespace.as_deref();
    for volume in &spec.template.spec.volumes {
        match &volume.source {
            Source::EmptyDir(_) => {}
            Source::ConfigMap(source) => {
                let data = find(stack, "ConfigMap", &source.name, namespace).map(|map| &map.body);
                let Some(Body::Config { data }) = data else {
                    findings.require(false, "unknown-config", place, || {
                        format!("it mounts the ConfigMap {}, which is not there", source.name)
                    });
                    continue;
                };
                for item in &source.items {
                    findings.require(data.get(&item.key).is_some(), "unknown-config", place, || {
                        format!("the ConfigMap {} has no key {}", source.name, item.key)
                    });
                }
            }
            Source::Secret(source) => {
                let known = stack.services.iter().any(|service| {
                    crate::kubernetes::secret_name(stack, service).as_deref() == Some(&source.secret_name)
                });
                findings.require(known, "missing-secret", place, || {
                    format!("it mounts the Secret {}, which nothing makes", source.secret_name)
                });
            }
        }
    }
}

fn check_container(
    container: &Container,
    pod: &PodSpec,
    spec: &WorkloadSpec,
    object: &Object,
    findings: &mut Findings,
) {
    let name = &container.name;
    let place = || format!("{} container {name}", place(object));
    let claims = spec
        .volume_claim_templates
        .iter()
        .map(|claim| claim.metadata.name.as_str());
    let volumes: Vec<&str> = pod
        .volumes
        .iter()
        .map(|volume| volume.name.as_str())
        .chain(claims)
        .collect();
    for mount in &container.volume_mounts {
        findings.require(
            volumes.contains(&mount.name.as_str()),
            "unknown-volume",
            place,
            || format!("it mounts {}, which is no volume of its pod", mount.name),
        );
    }
    let context = &container.security_context;
    findings.require(
        !context.allow_privilege_escalation
            && context.read_only_root_filesystem
            && context.capabilities.drop.0 == ["ALL"],
        "not-restricted",
        place,
        || "it may gain rights, or write to its own files".to_owned(),
    );
    for amounts in [&container.resources.requests, &container.resources.limits] {
        for amount in [&amounts.cpu, &amounts.memory, &amounts.ephemeral_storage] {
            findings.require(bytes(amount).is_some(), "bad-quantity", place, || {
                format!("{amount} is no quantity")
            });
        }
    }
    let numbers = [container.resources.limits.cpu.parse::<u32>().is_ok()];
    findings.require(numbers == [true], "fraction-of-cpu", place, || {
        format!(
            "its limit of {} CPUs is not whole: the Go runtime plans with whole ones",
            container.resources.limits.cpu
        )
    });
}

fn check_probes(container: &Container, object: &Object, findings: &mut Findings) {
    let place = || format!("{} container {}", place(object), container.name);
    for (kind, probe) in [
        ("startup", &container.startup_probe),
        ("readiness", &container.readiness_probe),
        ("liveness", &container.liveness_probe),
    ] {
        let Some(probe) = probe else {
            findings.require(false, "no-probe", place, || format!("it has no {kind} probe"));
            continue;
        };
        let port = probe
            .http_get
            .as_ref()
            .map(|get| &get.port)
            .or_else(|| probe.tcp_socket.as_ref().map(|socket| &socket.port));
        let known = port.is_some_and(|port| container.ports.iter().any(|known| known.name == *port));
        findings.require(known, "unknown-port", place, || {
            format!("its {kind} probe asks the port {port:?}, which it does not have")
        });
    }
}

/// Returns the amount of a quantity in its base unit, rounded up; none for what is no quantity.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let factor = match unit {
        "" => 1,
        "m" => return Some(number.div_ceil(1000)),
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}
