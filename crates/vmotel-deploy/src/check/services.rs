//! Each service in itself: name, image, flags, data, limits, exposure.

use std::collections::BTreeMap;

use super::Findings;
use crate::Stack;
use crate::images::{OLDEST, is_pinned, is_published, too_old};
use crate::inventory::has_flag;
use crate::topology::Program;
use crate::values::is_label;

/// Services that ask for a password.
const AUTHENTICATED: [Program; 2] = [Program::Vmauth, Program::Grafana];

/// Services that ask for none, and may be reached from this machine.
const OPEN_ON_LOOPBACK: [Program; 1] = [Program::Alertmanager];

/// Flags and variables whose values hold a secret unless they name a file.
const SECRET: [&str; 5] = ["password", "authkey", "bearertoken", "secret", "token"];

pub(super) fn check(stack: &Stack, findings: &mut Findings) {
    let mut published = BTreeMap::new();
    for service in &stack.services {
        let place = || format!("service {}", service.name);
        findings.require(is_label(&service.name), "bad-name", place, || {
            "its name is no RFC 1123 label".to_owned()
        });
        findings.require(is_pinned(&service.image), "image-without-version", place, || {
            format!("the image {} names no version", service.image)
        });
        findings.require(is_published(&service.image), "unknown-image", place, || {
            format!("nobody publishes the image {}", service.image)
        });
        if let Some(version) = too_old(&service.image) {
            findings.require(false, "old-version", place, || {
                format!(
                    "version {version} is older than {}.{}, the oldest one that is tested",
                    OLDEST.0, OLDEST.1
                )
            });
        }
        findings.require(
            service.memory.0 > 0 && service.cpus > 0,
            "no-limit",
            place,
            || "it has no limit of memory and CPU".to_owned(),
        );
        findings.require(
            service.user != "0:0" && !service.user.is_empty(),
            "root",
            place,
            || "it runs as root".to_owned(),
        );
        for port in &service.ports {
            if let Some(host) = port.published {
                let other = published.insert(host, &service.name);
                findings.require(other.is_none(), "duplicate-port", place, || {
                    format!(
                        "port {host} is published by {} too",
                        other.map_or("", |name| name)
                    )
                });
            }
        }
        findings.require(
            service.ports.iter().all(|port| port.published.is_none()) || service.outside,
            "unreachable-port",
            place,
            || "a port is published, but the service is on no network with a way out".to_owned(),
        );
        findings.require(
            service.ports.iter().any(|port| port.number == service.health.0),
            "unknown-port",
            place,
            || {
                format!(
                    "its health is asked on port {}, which it does not have",
                    service.health.0
                )
            },
        );
        findings.require(service.health.1.starts_with('/'), "unprobed", place, || {
            "nothing tells whether it is healthy".to_owned()
        });
        let open = service.ports.iter().any(|port| port.published.is_some());
        let everywhere = !stack.values.bind.is_loopback();
        let asks = AUTHENTICATED.contains(&service.program)
            || OPEN_ON_LOOPBACK.contains(&service.program) && !everywhere;
        findings.require(!open || asks, "open-service", place, || {
            format!(
                "a port is published on {} and asks for no password",
                stack.values.bind
            )
        });
        check_flags(service, findings);
    }
}

fn check_flags(service: &crate::topology::Service, findings: &mut Findings) {
    let place = || format!("service {}", service.name);
    for (flag, value) in &service.flags {
        findings.require(has_flag(service.program, flag), "unknown-flag", place, || {
            format!("its program has no flag {flag}")
        });
        let secret = SECRET.iter().any(|word| flag.to_lowercase().contains(word));
        findings.require(
            !secret || value.starts_with("file://"),
            "secret-in-flag",
            place,
            || format!("the flag {flag} holds a secret; name a file with file://"),
        );
    }
    for (name, _) in &service.environment {
        let secret = SECRET.iter().any(|word| name.to_lowercase().contains(word));
        findings.require(
            !secret || name.ends_with("__FILE"),
            "secret-in-environment",
            place,
            || format!("the variable {name} holds a secret; name a file with {name}__FILE"),
        );
    }
    let reloads = match service.program {
        Program::Vmagent => Some("promscrape.configCheckInterval"),
        Program::Vmalert | Program::Vmauth => Some("configCheckInterval"),
        _ => None,
    };
    if let Some(needed) = reloads {
        findings.require(service.flag(needed).is_some(), "no-reload", place, || {
            format!("without {needed} it does not read its files again")
        });
    }
    let share = service
        .flag("memory.allowedPercent")
        .and_then(|share| share.parse::<f64>().ok());
    findings.require(
        share.is_none_or(|share| share <= 60.0),
        "too-much-cache",
        place,
        || "memory.allowedPercent above 60 leaves too little below the limit for queries".to_owned(),
    );
    // Where data lies must be said, or it lies in the container and goes with it.
    let needed = match service.program {
        Program::VictoriaMetrics | Program::Vmstorage => Some("storageDataPath"),
        Program::Vmselect => Some("cacheDataPath"),
        Program::Vmagent => Some("remoteWrite.tmpDataPath"),
        Program::Alertmanager => Some("storage.path"),
        _ => None,
    };
    if let Some(needed) = needed {
        let path = service
            .flags
            .iter()
            .find(|(flag, _)| *flag == needed)
            .map(|(_, path)| path.as_str());
        findings.require(
            path.is_some() && path == service.volume.as_ref().map(|(_, at)| *at),
            "data-without-volume",
            place,
            || format!("the flag {needed} does not name the path of its volume"),
        );
    }
    if service.program == Program::Vmalert {
        for needed in ["remoteWrite.url", "remoteRead.url", "notifier.url"] {
            findings.require(
                service.flags.iter().any(|(flag, _)| *flag == needed),
                "missing-flag",
                place,
                || format!("without {needed} alerts reach nobody or forget their state"),
            );
        }
    }
}
