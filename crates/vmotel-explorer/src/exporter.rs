//! An exporter, as what an explorer looks at.

use std::fmt::Display;

use vmotel_exporter::{Exporter, PullStatus, SourceStatus};

use crate::{Health, Part, Status, Watched};

impl From<&Exporter> for Watched {
    /// Watches all that the exporter exposes, with the limits on its labels and the state of pulls and pushes.
    fn from(exporter: &Exporter) -> Self {
        let mut watched = Self::new(exporter.config().service_name.clone(), exporter.source());
        watched.visit = exporter.visit_config();
        watched
            .controllers
            .push(("exporter".to_owned(), exporter.limits().controller().clone()));
        if let Some(controller) = exporter.registry().and_then(|registry| registry.controller()) {
            watched
                .controllers
                .push(("registry".to_owned(), controller.clone()));
        }
        let exporter = exporter.clone();
        watched.with_status(move || status(&exporter))
    }
}

fn status(exporter: &Exporter) -> Status {
    let mut parts = vec![pull(&exporter.pull_status())];
    parts.extend(push(exporter));
    parts.extend(exporter.status().into_iter().map(source));
    Status {
        parts,
        warnings: exporter.warnings(),
    }
}

fn pull(status: &PullStatus) -> Part {
    let health = match status {
        PullStatus { enabled: false, .. } => Health::Off,
        status if status.dropped_series > 0 => Health::Warning,
        _ => Health::Good,
    };
    Part {
        name: "pull".to_owned(),
        health,
        facts: facts([
            ("path", &status.path as &dyn Display),
            ("scrapes", &status.complete),
            ("without a source", &status.partial),
            ("failed", &status.failed),
            ("series", &status.series),
            ("left out", &status.dropped_series),
            ("merged", &status.merged_series),
            ("bytes sent", &status.bytes),
        ]),
        last_error: None,
    }
}

#[cfg(not(feature = "push"))]
fn push(_: &Exporter) -> Option<Part> {
    None
}

#[cfg(feature = "push")]
fn push(exporter: &Exporter) -> Option<Part> {
    let status = exporter.push_status()?;
    let lost = status.refused_samples + status.dropped_samples + status.rejected_series;
    let health = match status.failing {
        0 if lost == 0 => Health::Good,
        0 => Health::Warning,
        _ => Health::Bad,
    };
    Some(Part {
        name: "push".to_owned(),
        health,
        facts: facts([
            ("target", &status.target as &dyn Display),
            ("samples delivered", &status.delivered_samples),
            ("samples waiting", &status.waiting_samples),
            ("samples refused", &status.refused_samples),
            ("samples dropped", &status.dropped_samples),
            ("series rejected", &status.rejected_series),
            ("retries", &status.retries),
            ("sent again", &status.resent_requests),
            ("failures in a row", &status.failing),
        ]),
        last_error: status.last_error,
    })
}

fn source(status: SourceStatus) -> Part {
    Part {
        name: format!("source {}", status.name),
        health: match (status.up, status.faults) {
            (false, _) => Health::Bad,
            (true, 0) => Health::Good,
            (true, _) => Health::Warning,
        },
        facts: facts([("failed collections", &status.faults as &dyn Display)]),
        last_error: status.last_fault,
    }
}

fn facts<const N: usize>(pairs: [(&str, &dyn Display); N]) -> Vec<(String, String)> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect()
}
