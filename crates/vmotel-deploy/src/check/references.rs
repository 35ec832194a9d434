//! What services and files refer to: hosts, ports, folders, volumes, secrets, other services.

use super::Findings;
use crate::topology::{Program, Service};
use crate::{Form, Stack, Tree, edges};

pub(super) fn check(stack: &Stack, findings: &mut Findings) {
    for service in &stack.services {
        let place = || format!("service {}", service.name);
        for target in edges::targets(stack, service) {
            let place = || {
                if stack.configs.get(&target.named_by).is_some() {
                    target.named_by.clone()
                } else {
                    format!("service {} {}", service.name, target.named_by)
                }
            };
            check_target(stack, &target.host, target.port, &place, findings);
        }
        for name in &service.depends_on {
            findings.require(
                stack.services.iter().any(|other| other.name == *name),
                "unknown-service",
                place,
                || format!("it waits for {name}, which is no service"),
            );
        }
        if let Some((volume, path)) = &service.volume {
            findings.require(refers_to(service, path), "unused-volume", place, || {
                format!("the volume {volume} lies at {path}, which no flag names")
            });
        }
        for (folder, path) in &service.mounts {
            findings.require(
                refers_to(service, path) || config_of(stack, service).any(|text| text.contains(path)),
                "unused-mount",
                place,
                || format!("{folder} lies at {path}, which no flag names"),
            );
            findings.require(holds(&stack.configs, folder), "empty-mount", place, || {
                format!("{folder} is mounted and holds no file")
            });
        }
        check_paths(stack, service, findings);
        for secret in &service.secrets {
            let used = refers_to(service, &format!("/run/secrets/{secret}"))
                || config_of(stack, service)
                    .any(|text| text.contains(&format!("%{{{}}}", secret.to_uppercase())));
            findings.require(used, "unused-secret", place, || {
                format!("nothing reads the secret {secret}")
            });
        }
    }
    check_configs(stack, findings);
}

fn check_configs(stack: &Stack, findings: &mut Findings) {
    for (path, _) in stack.configs.files() {
        let mounted = stack
            .services
            .iter()
            .flat_map(|service| &service.mounts)
            .any(|(folder, _)| path.starts_with(&format!("{folder}/")));
        findings.require(
            mounted || stack.values.form == Form::PrometheusOperator,
            "unmounted-file",
            || path.to_owned(),
            || "no service mounts it".to_owned(),
        );
    }
    let runs = |program| stack.services.iter().any(|service| service.program == program);
    let holds = |path: &str, text: &str| stack.configs.get(path).is_some_and(|file| file.contains(text));
    let uid = crate::grafana::DATASOURCE;
    let path = "grafana/provisioning/datasources/victoriametrics.yml";
    findings.require(
        !runs(Program::Grafana) || holds(path, &format!("uid: {uid}\n")),
        "unknown-datasource",
        || path.to_owned(),
        || format!("no datasource has the uid {uid}, which dashboards name"),
    );
    let path = "vmauth/auth.yml";
    findings.require(
        !runs(Program::Vmauth) || holds(path, "/opentelemetry"),
        "no-otlp",
        || path.to_owned(),
        || "OTLP has no way in".to_owned(),
    );
    for job in &stack.jobs {
        for dns in &job.dns_sd_configs {
            for name in &dns.names {
                check_target(
                    stack,
                    name,
                    dns.port,
                    &|| format!("job {}", job.job_name),
                    findings,
                );
            }
        }
    }
    for service in &stack.services {
        findings.require(
            stack.jobs.iter().any(|job| job.job_name == service.component),
            "unwatched-service",
            || format!("service {}", service.name),
            || "no job scrapes it".to_owned(),
        );
    }
}

/// Each path below /etc and /run/secrets that a flag names must be there.
fn check_paths(stack: &Stack, service: &Service, findings: &mut Findings) {
    let place = || format!("service {}", service.name);
    for (name, value) in values(service) {
        let path = value.strip_prefix("file://").unwrap_or(value);
        if let Some(secret) = path.strip_prefix("/run/secrets/") {
            findings.require(service.secrets.contains(&secret), "missing-secret", place, || {
                format!("{name} names the secret {secret}, which it is not given")
            });
        } else if path.starts_with("/etc/") {
            let mount = service.mounts.iter().find(|(_, at)| path.starts_with(at));
            let found = mount.is_some_and(|(folder, at)| {
                let rest = path[at.len()..].trim_start_matches('/');
                match rest.strip_prefix("*") {
                    Some(ending) => stack
                        .configs
                        .files()
                        .any(|(file, _)| file.starts_with(&format!("{folder}/")) && file.ends_with(ending)),
                    None if rest.is_empty() => true,
                    None => stack.configs.get(&format!("{folder}/{rest}")).is_some(),
                }
            });
            findings.require(found, "missing-file", place, || {
                format!("{name} names {path}, which no mounted folder holds")
            });
        }
    }
}

/// Returns all texts of a service that may refer to something, with their names.
fn values(service: &Service) -> impl Iterator<Item = (&'static str, &str)> {
    let pairs = service.flags.iter().chain(&service.environment);
    pairs.map(|(name, value)| (*name, value.as_str()))
}

fn refers_to(service: &Service, path: &str) -> bool {
    values(service).any(|(_, value)| value.contains(path))
}

/// Returns the texts of the files that are mounted into a service.
fn config_of<'a>(stack: &'a Stack, service: &'a Service) -> impl Iterator<Item = &'a str> {
    let mounted = |path: &str| {
        service
            .mounts
            .iter()
            .any(|(folder, _)| path.starts_with(&format!("{folder}/")))
    };
    stack
        .configs
        .files()
        .filter(move |(path, _)| mounted(path))
        .map(|(_, text)| text)
}

fn holds(tree: &Tree, folder: &str) -> bool {
    tree.files()
        .any(|(path, _)| path.starts_with(&format!("{folder}/")))
}

fn check_target(stack: &Stack, host: &str, port: u16, place: &dyn Fn() -> String, findings: &mut Findings) {
    // What people open in their browsers goes to a published port.
    if host == "localhost" {
        let mut ports = stack.services.iter().flat_map(|service| &service.ports);
        findings.require(
            ports.any(|p| p.published == Some(port)),
            "unknown-port",
            place,
            || format!("it names localhost:{port}, which is not published"),
        );
        return;
    }
    match stack
        .services
        .iter()
        .find(|service| edges::is_host(service, host))
    {
        None => findings.require(false, "unknown-host", place, || {
            format!("it names the host {host}, which is no service")
        }),
        Some(service) => findings.require(
            service.ports.iter().any(|p| p.number == port),
            "unknown-port",
            place,
            || format!("it names {host}:{port}; {host} listens on no such port"),
        ),
    }
}
