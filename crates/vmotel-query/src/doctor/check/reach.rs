//! Whether the endpoints answer, and with what they should.

use crate::doctor::Finding;
use crate::doctor::reading::{Cause, Kind, Readings, Unread, Verdict};

pub(super) fn app(readings: &Readings) -> Verdict {
    let fixes = Fixes {
        name: "the app",
        kind: Kind::App,
        option: "app",
        start: "start the app; vmotel's exporter listens at http://localhost:9464/metrics unless OTEL_EXPORTER_PROMETHEUS_HOST and \
                OTEL_EXPORTER_PROMETHEUS_PORT say otherwise",
    };
    outcome(readings.app.as_ref(), &fixes)
}

pub(super) fn agent(readings: &Readings) -> Verdict {
    let fixes = Fixes {
        name: "vmagent",
        kind: Kind::Agent,
        option: "vmagent",
        start: "start vmagent (its default port is 8429), or correct --vmagent",
    };
    outcome(readings.agent.as_ref(), &fixes)
}

pub(super) fn storage(readings: &Readings) -> Verdict {
    let fixes = Fixes {
        name: "VictoriaMetrics",
        kind: Kind::Storage,
        option: "vm",
        start: "start VictoriaMetrics (its default port is 8428; vmselect's 8481), or correct --vm",
    };
    outcome(readings.storage.as_ref(), &fixes)
}

pub(super) fn alert(readings: &Readings) -> Verdict {
    let fixes = Fixes {
        name: "vmalert",
        kind: Kind::Alert,
        option: "vmalert",
        start: "start vmalert (its default port is 8880), or correct --vmalert",
    };
    outcome(readings.alert.as_ref(), &fixes)
}

struct Fixes {
    name: &'static str,
    kind: Kind,
    option: &'static str,
    start: &'static str,
}

fn outcome<T>(reading: Option<&Result<T, Unread>>, fixes: &Fixes) -> Verdict {
    match reading {
        None => Err(format!("needs --{}", fixes.option)),
        Some(Ok(_)) => Ok(Vec::new()),
        Some(Err(unread)) => Ok(vec![finding(unread, fixes)]),
    }
}

fn finding(unread: &Unread, fixes: &Fixes) -> Finding {
    let Fixes { name, option, .. } = fixes;
    let url = &unread.url;
    let what = match unread.cause {
        Cause::Connect => format!("nothing of {name} listens at {url}"),
        Cause::Timeout => format!("{name} does not answer at {url} in time"),
        Cause::Credentials => format!("{name} refuses the credentials at {url}"),
        Cause::NotFound => format!("{name} has no metrics at {url}: wrong path"),
        Cause::Status(status) => format!("{name} answers {status} at {url}"),
        Cause::Other => format!("what answers at {url} is not {name}"),
    };
    let mut finding = Finding::critical(what).evidence(unread.message.clone());
    for (place, kind) in &unread.instead {
        finding = finding.evidence(format!("{place} answers with the metrics of {kind}"));
    }
    let right = unread.instead.iter().find(|(_, kind)| *kind == fixes.kind);
    if let Some((place, _)) = right {
        finding = finding.fix(format!(
            "use --{option} {place}, and the same port and path in scrape_configs"
        ));
    }
    match unread.cause {
        Cause::Connect => finding.fix(fixes.start),
        Cause::Timeout => finding
            .fix("look for a firewall or network policy between the two: it drops what it does not let through")
            .fix(format!("look at what {name} is busy with")),
        Cause::Credentials => finding.fix(
            "set VMOTEL_USERNAME with VMOTEL_PASSWORD or VMOTEL_PASSWORD_FILE, or VMOTEL_TOKEN_FILE; \
             and basic_auth or bearer_token_file in scrape_configs",
        ),
        Cause::Status(500..=599) => finding
            .fix(format!("look at the log of {name}"))
            .fix("vmotel's exporter answers 500 when no source is left: the first line of the answer names the source"),
        Cause::NotFound | Cause::Status(_) if right.is_none() => {
            finding.fix(format!("correct the path of --{option}: metrics are usually at /metrics"))
        }
        Cause::Other if right.is_none() => {
            finding.fix(format!("correct the port or path of --{option}: {}", fixes.start))
        }
        _ => finding,
    }
}
