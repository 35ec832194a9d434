//! Bodies judged by others: promtool, Python's parsers and a real server.

mod cases;
mod decode;
mod deltas;
mod judges;
mod kept;
mod push;
mod python;
mod staleness;

use cases::{Case, cases};
use vmotel_model::Snapshot;
use vmotel_testkit::{Version, VictoriaMetrics};
use vmotel_wire::{EncodeConfig, Exponential, Names, openmetrics, text};

/// How many random snapshots a judge reads; all in one call, each under names of its own.
const CASES: usize = 120;

fn snapshots(cases: &[Case]) -> Vec<Box<dyn Snapshot + '_>> {
    cases
        .iter()
        .map(|case| Box::new(case) as Box<dyn Snapshot>)
        .collect()
}

fn configs() -> [EncodeConfig; 3] {
    let default = EncodeConfig::default();
    [
        EncodeConfig {
            created: true,
            ..default.clone()
        },
        EncodeConfig {
            exponential: Exponential::Fixed(vec![-1.0, 0.0, 0.005, 1.0, 1000.0]),
            names: Names::Underscores,
            ..default.clone()
        },
        default,
    ]
}

#[test]
fn promtool_reads_the_text() {
    for (seed, config) in configs().iter().enumerate() {
        let cases = cases(seed as u64, CASES);
        let mut body = Vec::new();
        let report = text::encode(&snapshots(&cases), config, &mut body);
        assert!(report.samples > 500, "{report:?}");
        judges::promtool(&body);
    }
}

#[test]
fn python_reads_both_formats_with_the_same_labels_and_values() {
    for (seed, config) in configs().iter().enumerate() {
        let cases = cases(seed as u64 + 10, CASES);
        let mut body = Vec::new();
        let report = text::encode(&snapshots(&cases), config, &mut body);
        let read = python::parse(python::Format::Text, &body);
        assert_eq!(read.len() as u64, report.samples);
        judges::same_numbers(&cases, &read);

        body.clear();
        let report = openmetrics::encode(&snapshots(&cases), config, &mut body);
        let read = python::parse(python::Format::OpenMetrics, &body);
        assert_eq!(read.len() as u64, report.samples);
        judges::same_numbers(&cases, &read);
    }
}

#[test]
fn the_server_stores_the_same_labels_and_values() {
    for version in Version::BOTH {
        let server = VictoriaMetrics::start(version).expect("the server starts");
        let cases = cases(version as u64 + 20, CASES);
        let mut body = Vec::new();
        let report = text::encode(&snapshots(&cases), &EncodeConfig::default(), &mut body);
        server
            .import_text(std::str::from_utf8(&body).expect("text is UTF-8"))
            .expect("the server takes the text");
        let stored = server.export("{__name__!=\"\"}").expect("the server exports");
        let read: Vec<_> = stored
            .into_iter()
            .map(|mut series| {
                let name = series.labels.remove("__name__").unwrap_or_default();
                assert_eq!(series.samples.len(), 1, "{name} is there once");
                let value = series.samples[0].1.unwrap_or(f64::NAN);
                python::Read {
                    name,
                    labels: series.labels,
                    value,
                }
            })
            .collect();
        assert_eq!(read.len() as u64, report.samples, "every line is a series");
        judges::same_numbers(&cases, &read);
    }
}
